"""The control plane's half of ``train``, ``study`` and ``trial``."""

from typing import Any, ClassVar

from django.utils import timezone

from bottega_platform.api.errors import Conflict
from bottega_platform.jobs import outbox
from bottega_platform.jobs.kinds import HandleCall, JobKind
from bottega_platform.jobs.models import Job
from bottega_platform.runs import checkpoints, placement, services, studies, training_sets
from bottega_platform.runs.ledger.handlers import TOPIC as LEDGER_TOPIC
from bottega_platform.runs.models import RunState, Study, TrainingRun, Trial, TrialState

RESULTS = (
    "metrics",
    "comparisons",
    "threshold",
    "report",
    "predictions",
    "files",
    "inputs",
    "environment",
    "seconds",
)
STUDY_SECONDS = 24 * 3600.0


def _fit_inputs(run: TrainingRun, *, threads: int) -> dict[str, Any]:
    """Resolve what a fit reads; a training set that was deleted since is named."""
    training_set = run.training_set
    if training_set.deleted_at is not None:
        raise training_sets.gone(training_set)
    return {"training_set": training_sets.as_input(training_set), "threads": threads}


def settle_run(run: TrainingRun, job: Job) -> None:
    """Record that a run's job failed for good or was cancelled."""
    if run.state != RunState.QUEUED:
        return
    run.state = RunState.CANCELLED if job.state == "cancelled" else RunState.FAILED
    run.problem = job.problem
    run.finished_at = timezone.now()
    run.save(update_fields={"state", "problem", "finished_at"})
    outbox.put(topic=LEDGER_TOPIC, payload={"run": run.id}, project=run.project)


class TrainKind(JobKind):
    """One fit with its evaluation and report; the refit of a study is one, too."""

    name: ClassVar[str] = "train"
    queue: ClassVar[str] = "cpu"
    other_queues: ClassVar[tuple[str, ...]] = ("gpu",)
    timeout_seconds: ClassVar[float] = 6 * 3600.0
    connections: ClassVar[tuple[str, ...]] = ("artifacts",)

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give the splits, and the predictions of earlier runs to compare with."""
        run = TrainingRun.objects.select_related("training_set").get(pk=job.subject)
        others = [
            {"name": other.name, "trainer": other.trainer, "predictions": other.predictions}
            for other in services.comparable(run)
        ]
        return {**_fit_inputs(run, threads=services.threads()), "others": others}

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Write the results into the run, once."""
        run = TrainingRun.objects.select_for_update().get(pk=job.subject)
        if run.published_by:
            raise Conflict(f"The results of this run were published by {run.published_by} already.")
        for name in RESULTS:
            setattr(run, name, result[name])
        run.format = result["format"] or ""
        run.device = result.get("device", {})
        run.params |= job.spec["run"].get("params", {})
        run.state, run.published_by, run.finished_at = RunState.SUCCEEDED, job.id, timezone.now()
        run.save()
        checkpoints.release(job)
        outbox.put(topic=LEDGER_TOPIC, payload={"run": run.id}, project=run.project)

    def failed(self, job: Job) -> None:
        """Fail the run; a refit that failed is told by its study."""
        checkpoints.release(job)
        run = TrainingRun.objects.select_for_update().get(pk=job.subject)
        if run.job_id == job.id:
            settle_run(run, job)


class ImportModelKind(TrainKind):
    """Checks the model of an uploaded package and evaluates it as one that was fitted here."""

    name: ClassVar[str] = "import_model"
    timeout_seconds: ClassVar[float] = 3600.0


class StudyKind(JobKind):
    """The coordinator of a study; it waits most of the time and has a queue of its own."""

    name: ClassVar[str] = "study"
    queue: ClassVar[str] = "control"
    timeout_seconds: ClassVar[float] = STUDY_SECONDS
    max_attempts: ClassVar[int] = 10
    connections: ClassVar[tuple[str, ...]] = ("optuna",)
    calls: ClassVar[dict[str, HandleCall]] = {
        "trial.list": studies.list_trials,
        "trial.start": studies.start_trial,
        "refit.start": studies.start_refit,
        "refit.state": studies.refit_state,
    }

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give the study's name in Optuna and the room there is."""
        study = studies.of(job)
        room = placement.parallel(study.run.spec, services.slots())
        return {"study": study.id, "parallel": study.spec.get("parallel") or room}

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Record the best trial; its refit has published the run's results before."""
        study = studies.of(job)
        study.state = RunState.SUCCEEDED
        study.best_number, study.best_value = result["best"], result["value"]
        study.save()
        outbox.put(topic=LEDGER_TOPIC, payload={"run": study.run_id}, project=study.project)

    def failed(self, job: Job) -> None:
        """Stop what still runs for the study, then fail it and its run."""
        study = studies.of(job)
        studies.stop(study)
        study.state = RunState.CANCELLED if job.state == "cancelled" else RunState.FAILED
        study.save(update_fields={"state"})
        settle_run(TrainingRun.objects.select_for_update().get(pk=study.run_id), job)


class TrialKind(JobKind):
    """One fit of a study."""

    name: ClassVar[str] = "trial"
    queue: ClassVar[str] = "cpu"
    other_queues: ClassVar[tuple[str, ...]] = ("gpu",)
    timeout_seconds: ClassVar[float] = 2 * 3600.0
    connections: ClassVar[tuple[str, ...]] = ("artifacts",)
    calls: ClassVar[dict[str, HandleCall]] = {"trial.begin": studies.begin, "trial.report": studies.report}

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give the splits that a trial may see; the hold-out is not among them."""
        run = Study.objects.select_related("run__training_set").get(pk=job.subject).run
        inputs = _fit_inputs(run, threads=services.threads())
        inputs["training_set"]["splits"].pop("test", None)
        return inputs

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Write the trial's value, once."""
        trial = Trial.objects.select_for_update().get(job_id=job.id)
        if trial.is_final:
            raise Conflict(f"Trial {trial.number} has its value already.")
        trial.state, trial.value = TrialState(result["state"]), result["value"]
        trial.finished_at = timezone.now()
        trial.save(update_fields={"state", "value", "finished_at"})
        checkpoints.release(job)

    def failed(self, job: Job) -> None:
        """Fail the trial; the study goes on."""
        checkpoints.release(job)
        trial = Trial.objects.select_for_update().get(job_id=job.id)
        if not trial.is_final:
            trial.state, trial.problem, trial.finished_at = TrialState.FAILED, job.problem, timezone.now()
            trial.save(update_fields={"state", "problem", "finished_at"})


KINDS = (TrainKind, ImportModelKind, StudyKind, TrialKind)
