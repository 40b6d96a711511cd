"""Shapes of the endpoints of training runs."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from bottega.specs import TrainingRunSpec
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Role
from bottega_platform.runs import services
from bottega_platform.runs.models import Study, TrainingRun, Trial

Name = Annotated[str, msgspec.Meta(max_length=63)]


class TrainingRunIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new training run."""

    name: Name
    spec: TrainingRunSpec


class Ref(msgspec.Struct, frozen=True):
    """A resource by id and name."""

    id: str
    name: str


class TrainingRunOut(msgspec.Struct, frozen=True):
    """A training run in a list. ``metrics`` are by split, each value with its 95 % interval."""

    id: str
    name: str
    trainer: str
    task: str
    training_set: Ref
    state: str
    job: str
    tuned: bool
    progress: dict[str, Any] | None
    metrics: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    created_by: str | None
    allowed_actions: list[str]


class StudyOut(msgspec.Struct, frozen=True):
    """A run's study."""

    id: str
    state: str
    metric: str
    direction: str
    spec: dict[str, Any]
    counts: dict[str, int]
    best_number: int | None
    best_value: float | None


class DeviceOut(msgspec.Struct, frozen=True):
    """Where a run was fitted: what was ``asked`` for, ``cpu`` or ``cuda``, the device's name.

    ``note`` says why it was the CPU although a GPU would have been taken.
    """

    asked: str
    kind: str
    name: str
    note: str


class TrainingRunDetail(TrainingRunOut, frozen=True):
    """A training run with its results. ``device`` is set for trainers that can use a GPU."""

    spec: dict[str, Any]
    params: dict[str, Any]
    threshold: float | None
    comparisons: list[dict[str, Any]]
    study: StudyOut | None
    problem: dict[str, Any] | None
    code: str
    environment: dict[str, Any]
    seconds: dict[str, float]
    device: DeviceOut | None
    registrable: bool
    has_report: bool
    updated_at: datetime
    revision: int


class TrialOut(msgspec.Struct, frozen=True):
    """One trial. ``reports`` are [step, validation value]; ``sampler`` is how its point was drawn."""

    number: int
    sampler: str
    state: str
    params: dict[str, Any]
    value: float | None
    reports: list[list[float]]
    job: str
    problem: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def _common(run: TrainingRun, job: Job | None, role: Role) -> dict[str, Any]:
    state = services.live_state(run.state, job)
    editor = role.includes(Role.EDITOR)
    cancel = ["cancel"] if editor and state in {"queued", "running"} else []
    register = ["register"] if editor and state == "succeeded" and run.files else []
    return {
        "id": run.id,
        "name": run.name,
        "trainer": run.trainer,
        "task": run.task,
        "training_set": Ref(run.training_set_id, run.training_set.name),
        "state": state,
        "job": run.job_id,
        "tuned": run.spec.get("tune") is not None,
        "progress": job.progress if job is not None and job.state == "running" else None,
        "metrics": run.metrics,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "created_by": run.created_by.get_username() if run.created_by else None,
        "allowed_actions": [*cancel, *register],
    }


def run_out(run: TrainingRun, job: Job | None, role: Role) -> TrainingRunOut:
    """Render a run for a list."""
    return TrainingRunOut(**_common(run, job, role))


def run_detail(run: TrainingRun, job: Job | None, role: Role) -> TrainingRunDetail:
    """Render a run with its results."""
    study = Study.objects.filter(run=run).first()
    return TrainingRunDetail(
        **_common(run, job, role),
        spec=run.spec,
        params=run.params,
        threshold=run.threshold,
        comparisons=run.comparisons,
        study=study_out(study) if study else None,
        problem=run.problem,
        code=run.code,
        environment=run.environment,
        seconds=run.seconds,
        device=DeviceOut(**run.device) if run.device else None,
        registrable=bool(run.files),
        has_report=bool(run.report),
        updated_at=run.updated_at,
        revision=run.revision,
    )


def study_out(study: Study) -> StudyOut:
    """Render a study; the best trial so far is read from the trials while it runs."""
    counts: dict[str, int] = {}
    for state in study.trials.values_list("state", flat=True):
        counts[state] = counts.get(state, 0) + 1
    best = services.best_trial(study)
    return StudyOut(
        id=study.id,
        state=study.state,
        metric=study.metric,
        direction=study.direction,
        spec=study.spec,
        counts=counts,
        best_number=best.number if best else None,
        best_value=best.value if best else None,
    )


def trial_out(trial: Trial) -> TrialOut:
    """Render a trial."""
    return TrialOut(
        number=trial.number,
        sampler=trial.sampler,
        state=trial.state,
        params=trial.params,
        value=trial.value,
        reports=trial.reports,
        job=trial.job_id,
        problem=trial.problem,
        created_at=trial.created_at,
        started_at=trial.started_at,
        finished_at=trial.finished_at,
    )
