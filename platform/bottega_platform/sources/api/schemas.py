"""Shapes of the endpoints of uploads and sources."""

from datetime import datetime
from typing import Any

import msgspec

from bottega.specs import SourceSpec
from bottega_platform.api.shapes import Changed, New, ResourceOut, common
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Role
from bottega_platform.sources.models import Source, Upload

ACTIONS = {"ingest": Role.EDITOR, "edit": Role.EDITOR, "delete": Role.EDITOR}


class UploadOut(msgspec.Struct, frozen=True):
    """An uploaded file."""

    id: str
    digest: str
    size: int
    filename: str
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
