"""What a coordinator and its trials may ask for; each call runs under the asking job's fence."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from bottega_platform.api.errors import Conflict, Invalid
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.runs import placement, pruning
from bottega_platform.runs.models import FINAL_TRIAL_STATES, Study, TrainingRun, Trial, TrialState


def of(job: Job) -> Study:
    """Return the study that a coordinator's job works for, locked."""
    study: Study = Study.objects.select_for_update(of=("self",)).select_related("run").get(run_id=job.subject)
    return study


def list_trials(job: Job, params: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: ARG001
    """Return every trial of the study by number; reports only of pruned ones, which Optuna is told."""
    trials = Trial.objects.filter(study__run_id=job.subject).order_by("number")
    return [
        {
            "number": trial.number,
            "state": trial.state,
            "params": trial.params,
            "value": trial.value,
            "reports": trial.reports if trial.state == TrialState.PRUNED else [],
        }
        for trial in trials
    ]


def start_trial(job: Job, params: dict[str, Any]) -> dict[str, Any]:
    """Write the row of trial ``number`` and queue its job; asked again, return the one that is there."""
    study, number = of(job), int(params["number"])
    trial = Trial.objects.filter(study=study, number=number).first()
    if trial is None:
        if number >= study.spec["trials"]:
            raise Invalid(f"This study has {study.spec['trials']} trials; there is no trial {number}.")
        trial = _create_trial(study, number, params, job)
    return {"number": trial.number, "state": trial.state, "job": trial.job_id}


def _create_trial(study: Study, number: int, params: dict[str, Any], job: Job) -> Trial:
    point = params["params"]
    queued = jobs.enqueue(
        project=study.project,
        kind="trial",
        subject=study.id,
        spec={"run": _without_tune(study.run), "params": point, "number": number},
        actor=job.created_by,
        queue=placement.queue(study.run.spec),
        natural_key=f"{study.id}:{number}",
    )
    return Trial.objects.create(
        project=study.project,
        study=study,
        number=number,
        params=point,
        sampler=params["sampler"],
        job_id=queued.id,
    )


def _without_tune(run: TrainingRun, **params: Any) -> dict[str, Any]:
    return {**run.spec, "params": {**run.spec.get("params", {}), **params}, "tune": None}


def start_refit(job: Job, params: dict[str, Any]) -> dict[str, Any]:
    """Queue the fit of the best point as the run's results; asked again, return the one that is there."""
    study = of(job)
    if not study.refit_job_id:
        best = Trial.objects.get(study=study, number=params["number"])
        queued = jobs.enqueue(
            project=study.project,
            kind="train",
            subject=study.run_id,
            spec={"run": _without_tune(study.run, **best.params)},
            actor=job.created_by,
            queue=placement.queue(study.run.spec),
            natural_key=f"{study.run_id}:refit",
        )
        study.refit_job_id = queued.id
        study.save(update_fields={"refit_job_id"})
    return _refit(study)


def refit_state(job: Job, params: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    """Return how far the refit is."""
    return _refit(of(job))


def _refit(study: Study) -> dict[str, Any]:
    refit = Job.objects.get(pk=study.refit_job_id)
    return {
        "job": refit.pk,
        "state": refit.state,
        "message": (refit.progress or {}).get("message", ""),
        "detail": (refit.problem or {}).get("detail", ""),
    }


def begin(job: Job, params: dict[str, Any]) -> None:  # noqa: ARG001
    """Note that an attempt at a trial has begun."""
    trial = _open_trial(job)
    trial.state, trial.started_at = TrialState.RUNNING, timezone.now()
    trial.save(update_fields={"state", "started_at"})


def report(job: Job, params: dict[str, Any]) -> dict[str, Any]:
    """Keep a trial's report and decide, with the reason, whether it goes on; a new attempt begins with no reports."""
    trial = _open_trial(job)
    reports = trial.reports if trial.reports_fence == job.fence else []
    trial.reports = [*reports, [int(params["step"]), float(params["value"])]]
    trial.reports_fence = job.fence
    trial.save(update_fields={"reports", "reports_fence"})
    verdict = _verdict(trial)
    return {"prune": verdict.prune, "reason": verdict.reason}


def _open_trial(job: Job) -> Trial:
    trial: Trial = Trial.objects.select_for_update(of=("self",)).select_related("study").get(job_id=job.id)
    if trial.is_final:
        raise Conflict(f"Trial {trial.number} has ended.")
    return trial


def _verdict(trial: Trial) -> pruning.Verdict:
    if not trial.study.spec.get("prune", True):
        return pruning.Verdict(False, "this study prunes nothing")
    completed = Trial.objects.filter(study=trial.study, state=TrialState.COMPLETED)
    return pruning.verdict(
        reports=[(step, value) for step, value in trial.reports],
        completed=list(completed.values_list("reports", flat=True)),
        direction=trial.study.direction,
        startup=min(pruning.STARTUP_COMPLETED, trial.study.spec.get("startup_trials", 6)),
    )


def open_trials(study: Study) -> QuerySet[Trial]:
    """Return the trials that have not ended."""
    return Trial.objects.filter(study=study).exclude(state__in=FINAL_TRIAL_STATES)


def stop(study: Study) -> None:
    """Cancel the jobs that still work for a study."""
    ids = [*open_trials(study).values_list("job_id", flat=True), study.refit_job_id]
    for job in Job.objects.filter(pk__in=[found for found in ids if found]):
        jobs.cancel(job=job)
