"""Asking for training sets, and settling how they ended."""

from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone

from bottega.ids import new_id
from bottega.problems import Fault
from bottega.specs import TableRead, TrainingSetSpec
from bottega.specs.data import DataType
from bottega.specs.resolved import ResolvedService
from bottega_feature_store.point_in_time.splits import check_split
from bottega_platform.api.errors import BadRequest, Conflict, Invalid, NameTaken
from bottega_platform.artifacts.services import blobs
from bottega_platform.audit import services as audit
from bottega_platform.features.services import resolve_service
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project
from bottega_platform.projects.services import check_slug
from bottega_platform.tables import services as tables
from bottega_platform.training_sets.models import TrainingSet, TrainingSetState

SPLITS = ("train", "valid", "test")
QUEUES = {"duckdb": "cpu", "spark": "spark"}


@transaction.atomic
def create(*, actor: Any, project: Project, name: str, spec: TrainingSetSpec) -> TrainingSet:
    """Create a training set and its job; labels and features are pinned to what is published now.

    Raises:
        Invalid: a column that the service needs is not in the labels, or the split is not possible.
        NameTaken: the project has a training set of this name.
    """
    check_slug(name, pointer="/name")
    if TrainingSet.objects.in_project(project).filter(name=name).exists():
        raise NameTaken(name)
    labels = tables.read_of(tables.published(project, spec.labels))
    service = resolve_service(project, spec.feature_service)
    check(spec, labels, service)
    row = TrainingSet(
        id=new_id("training_set"),
        project=project,
        created_by=actor,
        name=name,
        spec=msgspec.to_builtins(spec),
        service=msgspec.to_builtins(service),
        data=versions(labels, service),
    )
    row.job_id = _enqueue(actor, row, spec, labels).id
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(name) from error
    audit.record(actor=actor, project=project, action="training_set.create", subject=row, after={"spec": row.spec})
    return row


@transaction.atomic
def delete(*, actor: Any, training_set: TrainingSet) -> None:
    """Take a training set out of sight; runs made from it keep pointing at it."""
    training_set.soft_delete()
    audit.record(actor=actor, project=training_set.project, action="training_set.delete", subject=training_set)


def settle_failed(job: Job) -> None:
    """Mark the job's training set as failed, with the reason (a cancelled job has none)."""
    TrainingSet.objects.filter(pk=job.subject).update(
        state=TrainingSetState.FAILED,
        problem=job.problem or {"code": "cancelled", "detail": "The job was cancelled."},
        finished_at=timezone.now(),
    )


def check(spec: TrainingSetSpec, labels: TableRead, service: ResolvedService) -> None:
    """Refuse a training set that could not be built; all faults at once."""
    types = {column.name: column.type for column in labels.columns}
    keys = service.keys()
    times = [spec.event_time] if spec.event_time is not None else []
    needed = [spec.label, *times, *(key.name for key in keys), *(field.name for field in service.request)]
    found = ", ".join(types)
    faults = [
        Fault("unknown_column", f"“{spec.labels}” has no column {name}; it has {found}.", "/spec/labels", got=name)
        for name in dict.fromkeys(needed)
        if name not in types
    ]
    faults += _time_faults(spec, types, service)
    if types.get(spec.label) in {"string", "timestamp", "date"}:
        faults.append(Fault("type_mismatch", f"{spec.label} is no number or bool.", "/spec/label"))
    faults += check_split(spec)
    if faults:
        raise Invalid(faults[0].detail, code="spec_invalid", errors=faults)


def _time_faults(spec: TrainingSetSpec, types: dict[str, DataType], service: ResolvedService) -> list[Fault]:
    if spec.event_time is None:
        return _timeless_faults(spec, service)
    if types.get(spec.event_time, "timestamp") == "timestamp":
        return []
    return [Fault("type_mismatch", f"{spec.event_time} is no timestamp.", "/spec/event_time")]


def _timeless_faults(spec: TrainingSetSpec, service: ResolvedService) -> list[Fault]:
    """Rows without a time have nothing to be joined with as it was known, and no past to be split from."""
    reasons = {
        "the features of its views are looked up as known at it": bool(service.views),
        "a split by time goes by it": spec.split.kind == "time",
        "start and end are compared with it": bool(spec.start or spec.end),
    }
    return [
        Fault("required", f"Name the event_time: {reason}.", "/spec/event_time")
        for reason, needed in reasons.items()
        if needed
    ]


def splits(row: TrainingSet, split: str | None) -> list[str]:
    """Return the digest of one split's rows, or of all three.

    Raises:
        BadRequest: there is no such split.
        Conflict: the training set is not built.
    """
    if row.state != TrainingSetState.READY:
        raise Conflict(f"The training set “{row.name}” is {row.state}: it has no rows.", code="not_ready")
    if split is not None and split not in SPLITS:
        raise BadRequest(f"split is one of {', '.join(SPLITS)}.", code="bad_filter")
    return [row.splits[name] for name in SPLITS if split in {None, name}]


def columns(digest: str) -> list[str]:
    """Return the names of the columns of a split's rows."""
    import pyarrow.parquet as pq  # half a second, and most processes read no rows

    with blobs().open(digest) as source:
        names: list[str] = pq.read_schema(source).names
    return names


def versions(labels: TableRead, service: ResolvedService) -> dict[str, str]:
    """Return the snapshot of every table that takes part, as text: the ids exceed 2**53."""
    reads = [labels, *(view.read for view in service.views)]
    return {read.name: str(read.snapshot_id) for read in reads}


def _enqueue(actor: Any, row: TrainingSet, spec: TrainingSetSpec, labels: TableRead) -> Job:
    return jobs.enqueue(
        project=row.project,
        kind="training_set",
        subject=row.pk,
        spec={"labels": msgspec.to_builtins(labels)},
        actor=actor,
        queue=QUEUES[spec.engine],
        natural_key=row.pk,
    )
