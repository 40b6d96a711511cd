"""Asking what an uploaded file holds, and settling the answer."""

import codecs
from typing import Any

import msgspec
from django.db import transaction

from bottega.ids import new_id
from bottega.problems import Fault
from bottega.specs import CsvFormat
from bottega_platform.api.errors import Invalid
from bottega_platform.audit import services as audit
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.sources.models import Inspection, InspectionState, Upload


@transaction.atomic
def inspect(*, actor: Any, upload: Upload, csv_format: CsvFormat | None) -> Inspection:
    """Start an inspection of an upload; a format that is given is taken as it is, without one it is guessed.

    Raises:
        Invalid: the format cannot be used.
    """
    faults = format_faults(csv_format, "/format") if csv_format else []
    if faults:
        raise Invalid(faults[0].detail, code="spec_invalid", errors=faults)
    row = Inspection(
        id=new_id("inspection"),
        project=upload.project,
        created_by=actor,
        upload=upload,
        format=msgspec.to_builtins(csv_format),
    )
    job = jobs.enqueue(project=upload.project, kind="inspect", subject=row.pk, spec={}, actor=actor, natural_key=row.pk)
    row.job_id = job.id
    row.save(force_insert=True)
    audit.record(
        actor=actor, project=upload.project, action="upload.inspect", subject=upload, after={"inspection": row.pk}
    )
    return row


def settle(job: Job, found: dict[str, Any]) -> None:
    """Keep what the job found."""
    Inspection.objects.filter(pk=job.subject).update(state=InspectionState.READY, found=found)


def settle_failed(job: Job) -> None:
    """Keep why the file cannot be read (a cancelled job has no reason)."""
    problem = job.problem or {"code": "cancelled", "detail": "The job was cancelled."}
    Inspection.objects.filter(pk=job.subject).update(state=InspectionState.FAILED, problem=problem)


def format_faults(csv_format: CsvFormat, pointer: str) -> list[Fault]:
    """Return what no reader could do with a format."""
    faults = []
    mark = csv_format.delimiter
    if len(mark) != 1 or mark in '"\r\n' or ord(mark) > 127:
        detail = "The delimiter is one ASCII character, and no quote or line break."
        faults.append(Fault("bad_delimiter", detail, pointer=f"{pointer}/delimiter", got=mark[:20]))
    try:
        codecs.lookup(csv_format.encoding)
    except (LookupError, ValueError):
        detail = "There is no such encoding: use utf-8, utf-16, latin-1, windows-1252, …"
        faults.append(Fault("encoding", detail, pointer=f"{pointer}/encoding", got=csv_format.encoding[:40]))
    return faults
