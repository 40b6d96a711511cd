"""Shapes of the endpoints of uploads and sources."""

from datetime import datetime
from typing import Any

import msgspec

from bottega.specs import CsvFormat, FileInspection, SourceSpec
from bottega_platform.api.shapes import Changed, New, ResourceOut, common
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Role
from bottega_platform.sources.models import Inspection, Source, Upload

ACTIONS = {"ingest": Role.EDITOR, "edit": Role.EDITOR, "delete": Role.EDITOR}


class UploadOut(msgspec.Struct, frozen=True):
    """An uploaded file."""

    id: str
    digest: str
    size: int
    filename: str
    created_at: datetime


class InspectionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the file is written; without ``format`` that is guessed."""

    format: CsvFormat | None = None


class InspectionOut(msgspec.Struct, frozen=True):
    """An inspection; ``found`` once it is ready, ``problem`` where the file cannot be read."""

    id: str
    upload: str
    filename: str
    state: str
    job: str
    found: FileInspection | None
    problem: dict[str, Any] | None
    created_at: datetime


class SourceIn(New[SourceSpec], frozen=True):
    """A new source."""


class SourceChange(Changed[SourceSpec], frozen=True):
    """A source's new spec."""


class SourceOut(ResourceOut, frozen=True):
    """A source with its table and its newest ingest."""

    description: str
    spec: dict[str, Any]
    table: str
    rows: int | None
    version: str | None
    job: str | None
    state: str
    problem: dict[str, Any] | None


def upload_out(upload: Upload) -> UploadOut:
    """Render an upload."""
    return UploadOut(upload.pk, upload.digest, upload.size, upload.filename, upload.created_at)


def inspection_out(row: Inspection) -> InspectionOut:
    """Render an inspection."""
    return InspectionOut(
        id=row.pk,
        upload=row.upload.digest,
        filename=row.upload.filename,
        state=str(row.state),
        job=row.job_id,
        found=msgspec.convert(row.found, FileInspection | None),
        problem=row.problem,
        created_at=row.created_at,
    )


def source_out(source: Source, job: Job | None, role: Role) -> SourceOut:
    """Render a source."""
    version = source.table.current
    return SourceOut(
        **common(source, role, ACTIONS),
        description=source.spec.get("description", ""),
        spec=source.spec,
        table=source.table.name,
        rows=version.rows if version else None,
        version=version.pk if version else None,
        job=source.job_id or None,
        state=str(job.state) if job else "new",
        problem=job.problem if job else None,
    )
