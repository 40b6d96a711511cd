"""Starting runs, and reading how they stand."""

import os
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from bottega.bundle import MAX_PACKAGE_BYTES
from bottega.ids import new_id
from bottega.problems import Fault
from bottega.specs import TrainingRunSpec, TuneSpec
from bottega.specs.trainers import TRAINERS
from bottega.specs.training import UPLOADED
from bottega_platform.api.errors import Invalid, NameTaken, TooLarge
from bottega_platform.audit import services as audit
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project
from bottega_platform.projects.services import check_slug
from bottega_platform.runs import code, placement, trainers, training_sets, validation
from bottega_platform.runs.models import RunState, Study, TrainingRun, Trial, TrialState
from bottega_platform.sources.models import Upload

OBJECTIVES = {"binary": ("auc", "maximize"), "regression": ("rmse", "minimize")}


@transaction.atomic
def start(*, actor: Any, project: Project, name: str, spec: TrainingRunSpec) -> TrainingRun:
    """Create a run and its job: ``train``, ``study`` where the spec tunes, ``import_model`` for a package.

    Raises:
        Invalid: the spec cannot be run.
        Conflict: the trainer is not available here, or it insists on a GPU and there is none.
        NameTaken: the project has a run of this name.
    """
    check_slug(name, pointer="/name")
    validation.check(spec)
    if spec.trainer in TRAINERS:
        trainers.check(TRAINERS[spec.trainer])
        placement.check(spec.device)
    if TrainingRun.objects.in_project(project).filter(name=name).exists():
        raise NameTaken(name)
    run = _create(actor, project, name, _ready(spec))
    audit.record(actor=actor, project=project, action="training_run.start", subject=run, after={"spec": run.spec})
    return run


def _ready(spec: TrainingRunSpec) -> TrainingRunSpec:
    """Write the ready search space into a spec that leaves it out, so that the record is complete."""
    if spec.tune is None or spec.tune.space:
        return spec
    tune = msgspec.structs.replace(spec.tune, space=TRAINERS[spec.trainer].space)
    return msgspec.structs.replace(spec, tune=tune)


def _create(actor: Any, project: Project, name: str, spec: TrainingRunSpec) -> TrainingRun:
    run = TrainingRun(
        id=new_id("training_run"),
        project=project,
        created_by=actor,
        name=name,
        training_set=training_sets.find(project, spec.training_set),
        spec=msgspec.to_builtins(spec),
        trainer=spec.trainer,
        task=spec.task,
        params={**TRAINERS[spec.trainer].defaults(), **spec.params} if spec.trainer in TRAINERS else {},
        code=code.version(),
    )
    _check_columns(run, spec)
    _check_package(project, spec)
    job = jobs.enqueue(
        project=project,
        kind=_kind(spec),
        subject=run.id,
        spec={"run": run.spec},
        actor=actor,
        queue=None if spec.tune else placement.queue(run.spec),
        natural_key=run.id,
    )
    run.job_id = job.id
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(name) from error
    if spec.tune:
        _create_study(run, spec)
    return run


def _kind(spec: TrainingRunSpec) -> str:
    if spec.trainer == UPLOADED:
        return "import_model"
    return "study" if spec.tune else "train"


def _check_package(project: Project, spec: TrainingRunSpec) -> None:
    """Refuse a package that the project does not have, or one that no job would open."""
    if spec.package is None:
        return
    upload = Upload.objects.in_project(project).filter(digest=spec.package).first()
    if upload is None:
        detail = "This project has no upload with this digest: upload the package first."
        fault = Fault("unknown_upload", detail, pointer="/spec/package", got=spec.package[:80])
        raise Invalid(detail, code="spec_invalid", errors=[fault])
    if upload.size > MAX_PACKAGE_BYTES:
        raise TooLarge(f"A model package has at most {MAX_PACKAGE_BYTES} bytes; this one has {upload.size}.")


def _check_columns(run: TrainingRun, spec: TrainingRunSpec) -> None:
    """Refuse grouping columns that the training set does not have; only a ready set is known well enough."""
    names = [item["name"] for item in training_sets.features(run.training_set)]
    unknown = [name for name in spec.params.get("by") or [] if names and name not in names]
    if unknown:
        detail = f"The training set has no input {', '.join(unknown)}; it has {', '.join(names)}."
        raise Invalid(detail, code="unknown_column")


def _create_study(run: TrainingRun, spec: TrainingRunSpec) -> None:
    metric, direction = OBJECTIVES[spec.task]
    Study.objects.create(
        project=run.project,
        created_by=run.created_by,
        run=run,
        spec={name: msgspec.to_builtins(getattr(spec.tune, name)) for name in TuneSpec.__struct_fields__},
        metric=metric,
        direction=direction,
    )


def slots() -> int:
    """Return how many jobs the ``cpu`` queue runs at once: what the supervisor gives its worker."""
    return min(8, max(2, os.cpu_count() or 1))


def threads() -> int:
    """Return the threads of one fit while every slot is taken."""
    return max(1, (os.cpu_count() or 1) // slots())


def live_state(stored: str, job: Job | None) -> str:
    """Return a run's state as users see it: a queued one whose job runs is running."""
    return str(job.state) if stored == RunState.QUEUED and job is not None and job.state == "running" else stored


def comparable(run: TrainingRun, limit: int = 5) -> list[TrainingRun]:
    """Return the newest finished runs with the same task on the same training set."""
    others = TrainingRun.objects.in_project(run.project).filter(
        training_set=run.training_set, task=run.task, state=RunState.SUCCEEDED
    )
    return list(others.exclude(pk=run.pk).order_by("-finished_at")[:limit])


def best_trial(study: Study) -> Trial | None:
    """Return the best completed trial, the earlier one of equals."""
    order = "-value" if study.direction == "maximize" else "value"
    return study.trials.filter(state=TrialState.COMPLETED).order_by(order, "number").first()
