"""Labels from files and tables: asking for an import, and keeping what its job hands over."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone

from bottega.ground_truth import key_reference, request_reference
from bottega.ids import new_id
from bottega.problems import Fault
from bottega.specs import LabelImportSpec
from bottega_feature_store.types import from_micros
from bottega_platform.api.errors import Invalid
from bottega_platform.audit import services as audit
from bottega_platform.deployments.models import Endpoint
from bottega_platform.ground_truth import labels, quality
from bottega_platform.ground_truth.facts import Truth, truth_of
from bottega_platform.ground_truth.labels import NewLabel
from bottega_platform.ground_truth.models import ImportState, LabelImport
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.sources.models import Upload
from bottega_platform.tables import services as tables

KIND = "label_import"


@transaction.atomic
def start(*, actor: Any, endpoint: Endpoint, spec: LabelImportSpec) -> LabelImport:
    """Queue an import; a table is pinned to what is published now, and "known" means known now.

    Raises:
        Invalid: the spec names no source, two, or a column, upload or key that is not there.
        NotPublished: the table has no data yet.
    """
    truth = truth_of(endpoint)
    read = tables.read_of(tables.published(endpoint.project, spec.table)) if spec.table else None
    _check(endpoint, spec, truth, [column.name for column in read.columns] if read else None)
    row = LabelImport(
        id=new_id("label_import"),
        project=endpoint.project,
        endpoint=endpoint,
        created_by=actor,
        spec=msgspec.to_builtins(spec),
    )
    job_spec = {"read": msgspec.to_builtins(read), "task": truth.task, "now": truth.now.isoformat()}
    job_spec["keys"] = msgspec.to_builtins(truth.keys)
    job = jobs.enqueue(
        project=endpoint.project, kind=KIND, subject=row.pk, spec=job_spec, actor=actor, natural_key=row.pk
    )
    row.job_id = job.pk
    row.save(force_insert=True)
    audit.record(
        actor=actor, project=endpoint.project, action="labels.import", subject=endpoint, after={"spec": row.spec}
    )
    return row


def _check(endpoint: Endpoint, spec: LabelImportSpec, truth: Truth, columns: list[str] | None) -> None:
    faults = [*_source_faults(endpoint, spec), *_naming_faults(spec, truth)]
    if columns is not None:
        faults += _column_faults(spec, truth, columns)
    if faults:
        raise Invalid(faults[0].detail, code="spec_invalid", errors=faults)


def _source_faults(endpoint: Endpoint, spec: LabelImportSpec) -> list[Fault]:
    if (spec.upload is None) == (spec.table is None):
        return [Fault("required", "Name one place to read from: an upload or a table.", pointer="/spec")]
    if spec.upload is None or Upload.objects.in_project(endpoint.project).filter(digest=spec.upload).exists():
        return []
    detail = "This project has no upload with this digest: upload the file first."
    return [Fault("unknown_upload", detail, pointer="/spec/upload", got=spec.upload[:80])]


def _naming_faults(spec: LabelImportSpec, truth: Truth) -> list[Fault]:
    if (spec.request_id is None) == (spec.event_time is None):
        detail = "Name the predictions either by request_id, or by event_time and the entity keys."
        code = "label_unnamed" if spec.request_id is None else "label_named_twice"
        return [Fault(code, detail, pointer="/spec/request_id")]
    known = [column.name for column in truth.keys]
    return [
        Fault("unknown_key", f"There is no key “{name[:60]}”; the keys are {', '.join(known)}.", "/spec/keys")
        for name in spec.keys
        if name not in known
    ]


def _column_faults(spec: LabelImportSpec, truth: Truth, columns: list[str]) -> list[Fault]:
    named = {"value": spec.value, "request_id": spec.request_id, "row": spec.row, "event_time": spec.event_time}
    named["known_at"] = spec.known_at
    wanted = {f"/spec/{field}": column for field, column in named.items() if column is not None}
    if spec.event_time is not None:
        wanted |= {f"/spec/keys/{key.name}": spec.keys.get(key.name, key.name) for key in truth.keys}
    return [
        Fault("unknown_column", f"The table has no column {name}; it has {', '.join(columns)}.", pointer, got=name)
        for pointer, name in wanted.items()
        if name not in columns
    ]


def inputs(job: Job) -> dict[str, Any]:
    """Return what an import's child reads."""
    row = LabelImport.objects.get(pk=job.subject)
    return {"spec": row.spec, **job.spec}


def add(job: Job, params: dict[str, Any]) -> dict[str, int]:
    """Keep a batch of checked labels; one that an earlier attempt handed over answers what became of it then."""
    row = LabelImport.objects.select_for_update(of=("self",)).select_related("endpoint").get(pk=job.subject)
    batch = str(params["batch"])
    if batch not in row.counts:
        found = [_label(item) for item in params["labels"]]
        kept = labels.keep(endpoint=row.endpoint, labels=found, actor=job.created_by)
        row.counts[batch] = msgspec.to_builtins(kept)
        row.save(update_fields={"counts"})
    counts: dict[str, int] = row.counts[batch]
    return counts


def _label(item: dict[str, Any]) -> NewLabel:
    """One row as the child sends it: value, and request id and row, or keys and time in microseconds."""
    if "request_id" in item:
        name, row = item["request_id"], item["row"]
        return NewLabel(request_reference(name, row), item["value"], request_id=name, row=row)
    keys, micros = item["keys"], item["time_us"]
    moment: datetime = from_micros(micros).astimezone(UTC)
    return NewLabel(key_reference(keys, micros), item["value"], keys=keys, event_time=moment)


def publish(job: Job, result: dict[str, Any]) -> None:
    """Settle the import as succeeded and follow its labels."""
    row = LabelImport.objects.select_related("endpoint__project").get(pk=job.subject)
    row.state, row.counts, row.finished_at = ImportState.SUCCEEDED, result["counts"], timezone.now()
    row.save(update_fields={"state", "counts", "finished_at"})
    quality.follow(row.endpoint)


def settle_failed(job: Job) -> None:
    """Settle the import as failed or cancelled, with the reason."""
    state = ImportState.CANCELLED if job.state == "cancelled" else ImportState.FAILED
    LabelImport.objects.filter(pk=job.subject).update(state=state, problem=job.problem, finished_at=timezone.now())
