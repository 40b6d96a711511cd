"""Uploading files, keeping sources, starting ingests."""

import zoneinfo
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from bottega.ids import new_id
from bottega.problems import Fault
from bottega.specs import SourceSpec
from bottega_feature_store.blobs import Blob
from bottega_platform.api.errors import Invalid, NameTaken
from bottega_platform.audit import services as audit
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project
from bottega_platform.projects.services import check_slug
from bottega_platform.sources.inspections import format_faults
from bottega_platform.sources.models import Source, Upload
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import TableKind


@transaction.atomic
def keep_upload(*, actor: Any, project: Project, blob: Blob, filename: str) -> tuple[Upload, bool]:
    """Record that a project holds this blob; return the upload, and whether it is new."""
    upload, made = Upload.objects.get_or_create(
        project=project,
        digest=blob.sha256,
        defaults={"size": blob.size, "filename": filename[:255], "created_by": actor},
    )
    if made:
        after = {"digest": blob.sha256, "size": blob.size}
        audit.record(actor=actor, project=project, action="upload.create", subject=upload, after=after)
    return upload, made


@transaction.atomic
def create_source(*, actor: Any, project: Project, name: str, spec: SourceSpec) -> Source:
    """Create a source and its table.

    Raises:
        Invalid: the spec names an unknown upload, column, zone or encoding.
        NameTaken: a source or a view's table has the name.
    """
    check_slug(name, pointer="/name")
    check_spec(project, spec)
    if Source.objects.in_project(project).filter(name=name).exists():
        raise NameTaken(name)
    table = tables.ensure_table(
        project=project, name=name, kind=TableKind.SOURCE, actor=actor, description=spec.description
    )
    source = Source(
        id=new_id("source"), project=project, created_by=actor, name=name, spec=msgspec.to_builtins(spec), table=table
    )
    try:
        with transaction.atomic():
            source.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(name) from error
    audit.record(actor=actor, project=project, action="source.create", subject=source, after={"spec": source.spec})
    return source


@transaction.atomic
def change_source(*, actor: Any, source: Source, spec: SourceSpec) -> Source:
    """Replace a source's spec; what is published stays until the next ingest."""
    check_spec(source.project, spec)
    before = source.spec
    source.spec = msgspec.to_builtins(spec)
    source.save()
    audit.record(
        actor=actor,
        project=source.project,
        action="source.change",
        subject=source,
        before={"spec": before},
        after={"spec": source.spec},
    )
    return source


@transaction.atomic
def delete_source(*, actor: Any, source: Source) -> None:
    """Take the source away; its table and published versions stay."""
    source.soft_delete()
    audit.record(actor=actor, project=source.project, action="source.delete", subject=source)


@transaction.atomic
def ingest(*, actor: Any, source: Source) -> Job:
    """Start an ingest, or return the one that is under way for this very spec."""
    locked = Source.objects.select_for_update().get(pk=source.pk)
    active = Job.objects.filter(pk=locked.job_id, state__in=["queued", "running"]).first()
    if active is not None and active.spec == {"source": locked.spec}:
        return active
    job = jobs.enqueue(
        project=locked.project, kind="ingest", subject=locked.pk, spec={"source": locked.spec}, actor=actor
    )
    Source.objects.filter(pk=locked.pk).update(job_id=job.id)
    source.job_id = job.id
    audit.record(actor=actor, project=locked.project, action="source.ingest", subject=locked, after={"job": job.id})
    return job


def check_spec(project: Project, spec: SourceSpec) -> None:
    """Refuse what no ingest could do; all faults at once."""
    faults = [*_upload_faults(project, spec), *format_faults(spec.format, "/spec/format"), *_column_faults(spec)]
    if faults:
        raise Invalid(faults[0].detail, code="spec_invalid", errors=faults)


def _upload_faults(project: Project, spec: SourceSpec) -> list[Fault]:
    if Upload.objects.in_project(project).filter(digest=spec.upload).exists():
        return []
    detail = "This project has no upload with this digest: upload the file first."
    return [Fault("unknown_upload", detail, pointer="/spec/upload", got=spec.upload[:80])]


def _column_faults(spec: SourceSpec) -> list[Fault]:
    faults, seen = [], set()
    for place, column in enumerate(spec.columns):
        pointer = f"/spec/columns/{place}"
        if column.name.lower() in seen or not column.name.strip():
            detail = "Give each column its own name."
            faults.append(Fault("duplicate_column", detail, f"{pointer}/name", got=column.name))
        seen.add(column.name.lower())
        if column.timezone is not None and column.timezone not in zoneinfo.available_timezones():
            detail = "There is no such zone: use an IANA name such as Europe/Paris."
            faults.append(Fault("tz_unknown", detail, f"{pointer}/timezone", got=column.timezone[:60]))
    named = {column.name for column in spec.columns}
    wanted = [*spec.keys, *([spec.event_time] if spec.event_time else [])]
    unknown = [name for name in wanted if spec.columns and name not in named]
    return faults + [Fault("unknown_column", f"There is no column {name}.", "/spec/columns") for name in unknown]
