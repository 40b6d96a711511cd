"""Shapes of the endpoints of ground truth."""

from datetime import datetime
from typing import Any

import msgspec

from bottega.specs import LabelImportSpec
from bottega_platform.ground_truth.models import ImportState, Label, LabelImport
from bottega_platform.jobs.models import Job


class LabelsOut(msgspec.Struct, frozen=True):
    """What became of the labels of one call. ``job`` brings the endpoint's quality up to date with them."""

    received: int
    new: int
    corrected: int
    unchanged: int
    job: str


class LabelOut(msgspec.Struct, frozen=True):
    """A label as it was told. ``number`` counts what was told about this prediction; the greatest is valid.

    ``day`` is the UTC day of the prediction; null while the log has no such request.
    """

    id: int
    number: int
    value: float
    request_id: str | None
    row: int | None
    keys: dict[str, Any] | None
    event_time: datetime | None
    day: str | None
    received_at: datetime
    by: str | None


class LabelImportIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where labels come from."""

    spec: LabelImportSpec


class LabelImportOut(msgspec.Struct, frozen=True):
    """An import. ``counts`` says what became of its rows: new, corrected, unchanged, unlabelled, not known yet."""

    id: str
    endpoint: str
    spec: LabelImportSpec
    state: str
    job: str
    counts: dict[str, int]
    problem: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None
    by: str | None


def label_out(row: Label) -> LabelOut:
    """Render a label."""
    by_request = bool(row.request_id)
    return LabelOut(
        id=row.pk,
        number=row.number,
        value=row.value,
        request_id=row.request_id or None,
        row=row.row if by_request else None,
        keys=row.keys,
        event_time=row.event_time,
        day=row.day.isoformat() if row.day else None,
        received_at=row.received_at,
        by=row.created_by.get_username() if row.created_by else None,
    )


def import_out(row: LabelImport, job: Job | None) -> LabelImportOut:
    """Render an import."""
    running = row.state == ImportState.QUEUED and job is not None and job.state == "running"
    return LabelImportOut(
        id=row.pk,
        endpoint=row.endpoint.name,
        spec=msgspec.convert(row.spec, LabelImportSpec),
        state="running" if running else str(row.state),
        job=row.job_id,
        counts=row.counts if row.state == ImportState.SUCCEEDED else {},
        problem=row.problem,
        created_at=row.created_at,
        finished_at=row.finished_at,
        by=row.created_by.get_username() if row.created_by else None,
    )
