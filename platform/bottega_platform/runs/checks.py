"""What ``bottega verify`` checks about runs, studies and trials."""

from collections.abc import Iterable

from django.db.models import Count

from bottega_platform.artifacts.services import blobs
from bottega_platform.jobs import verify
from bottega_platform.jobs.models import Job
from bottega_platform.runs.models import FINAL_TRIAL_STATES, RunState, Study, TrainingRun, Trial, TrialState


def register() -> None:
    """Make the checks known."""
    verify.check("runs.open_has_open_job")(_open_runs)
    verify.check("runs.results_exist")(_results)
    verify.check("runs.open_trial_has_open_job")(_open_trials)
    verify.check("runs.trial_has_one_effect")(_trial_effects)
    verify.check("runs.study_is_complete")(_studies)


def _open_jobs() -> set[str]:
    return set(Job.objects.filter(state__in=["queued", "running"]).values_list("pk", flat=True))


def _open_runs(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    rows = TrainingRun.objects.filter(state=RunState.QUEUED).exclude(job_id__in=_open_jobs())
    for run in rows:
        yield run.pk, f"is waiting, but its job {run.job_id} has ended"


def _results(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    for run in TrainingRun.objects.filter(state=RunState.SUCCEEDED):
        digests = [run.report, run.predictions, *(item["sha256"] for item in run.files)]
        for digest in digests:
            if not blobs().exists(digest):
                yield run.pk, f"names {digest}, which is not stored"


def _open_trials(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    rows = Trial.objects.exclude(state__in=FINAL_TRIAL_STATES).exclude(job_id__in=_open_jobs())
    for trial in rows:
        yield str(trial), f"is {trial.state}, but its job {trial.job_id} has ended"


def _trial_effects(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    ended = {TrialState.COMPLETED, TrialState.PRUNED}
    succeeded = Job.objects.filter(kind="trial", state="succeeded").values_list("pk", flat=True)
    for trial in Trial.objects.filter(state__in=ended).exclude(job_id__in=list(succeeded)):
        yield str(trial), f"is {trial.state}, but its job {trial.job_id} published nothing"
    for trial in Trial.objects.filter(state=TrialState.FAILED, job_id__in=list(succeeded)):
        yield str(trial), f"failed, but its job {trial.job_id} published a value"


def _studies(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    done = Study.objects.filter(state=RunState.SUCCEEDED).annotate(found=Count("trials"))
    for study in done:
        if study.found != study.spec["trials"]:
            yield study.pk, f"has {study.found} trials instead of {study.spec['trials']}"
    for trial in Trial.objects.filter(study__state__in=[RunState.SUCCEEDED]).exclude(state__in=FINAL_TRIAL_STATES):
        yield str(trial), "its study has ended, but it has not"
