"""Shapes of the job endpoints."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from bottega_platform.jobs.models import Job
from bottega_platform.jobs.states import JobState
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Role


class JobProgress(msgspec.Struct, frozen=True):
    """How far a job is: ``done`` of ``total`` units."""

    done: float
    total: float | None = None
    message: str = ""
    unit: str = ""


class JobOut(msgspec.Struct, frozen=True):
    """A job as the asking user sees it. ``problem`` says why the last attempt failed."""

    id: str
    project: str
    kind: str
    subject: str
    state: str
    queue: str
    attempt: int
    max_attempts: int
    priority: int
    progress: JobProgress | None
    failure_class: str | None
    problem: dict[str, Any] | None
    cancel_requested: bool
    created_at: datetime
    created_by: str | None
    started_at: datetime | None
    finished_at: datetime | None
    elapsed_seconds: float | None
    allowed_actions: list[str]


class JobDetailOut(JobOut, frozen=True):
    """A job with its specification and result."""

    spec: dict[str, Any]
    result: dict[str, Any] | None


class LogOut(msgspec.Struct, frozen=True):
    """A piece of a log: ask again with ``next_offset``; ``complete`` when nothing will follow."""

    attempt: int
    text: str
    offset: int
    next_offset: int
    complete: bool


def job_out(job: Job, role: Role) -> JobOut:
    """Describe a job for a list."""
    return JobOut(**_common(job, role))


def job_detail_out(job: Job, role: Role) -> JobDetailOut:
    """Describe a job with its specification and result."""
    return JobDetailOut(**_common(job, role), spec=job.spec, result=job.result)


def _common(job: Job, role: Role) -> dict[str, Any]:
    return {
        "id": job.id,
        "project": job.project.slug,
        "kind": job.kind,
        "subject": job.subject,
        "state": job.state,
        "queue": job.queue,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "priority": job.priority,
        "progress": JobProgress(**job.progress) if job.progress else None,
        "failure_class": job.failure_class,
        "problem": job.problem,
        "cancel_requested": job.cancel_requested_at is not None,
        "created_at": job.created_at,
        "created_by": job.created_by.username if job.created_by else None,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "elapsed_seconds": _elapsed(job),
        "allowed_actions": allowed_actions(job, role),
    }


def allowed_actions(job: Job, role: Role) -> list[str]:
    """Return what this role may do with this job now."""
    unfinished = job.state in (JobState.QUEUED, JobState.RUNNING) and job.cancel_requested_at is None
    return permissions.allowed_actions(role, {"cancel": Role.EDITOR}) if unfinished else []


def _elapsed(job: Job) -> float | None:
    if job.started_at is None:
        return None
    seconds = ((job.finished_at or datetime.now(UTC)) - job.started_at).total_seconds()
    return round(max(0.0, seconds), 3)
