"""What other apps do with jobs: enqueue and cancel."""

from typing import Any

from django.db import IntegrityError, transaction

from bottega.faults import fault_point
from bottega_platform.audit import services as audit
from bottega_platform.events import services as events
from bottega_platform.events.notify import after_commit
from bottega_platform.jobs import doorbell, kinds, outbox
from bottega_platform.jobs.clock import DatabaseNow
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.states import JobState

WAKE_CHANNEL = "bottega_jobs"


def enqueue(
    *,
    project: Any,
    kind: str,
    subject: str,
    spec: dict[str, Any],
    actor: Any = None,
    queue: str | None = None,
    priority: int = 0,
    natural_key: str | None = None,
) -> Job:
    """Insert a job and its doorbell in one transaction and return the job.

    With a ``natural_key`` the call is idempotent: a second one returns the first job, unchanged.

    Raises:
        UnknownJobKind: no installed app registered ``kind``.
    """
    definition = kinds.get(kind)
    job = Job(
        project=project,
        kind=kind,
        subject=subject,
        spec=spec,
        created_by=actor,
        queue=queue or definition.queue,
        priority=priority,
        natural_key=natural_key,
        max_attempts=definition.max_attempts,
    )
    with transaction.atomic():
        existing = _insert(job)
        if existing is not None:
            return existing
        outbox.put(topic=doorbell.TOPIC, payload={"job": job.id, "queue": job.queue}, project=project)
        events.job_changed(job)
        wake(job.queue)
        fault_point("after_insert_before_commit")
    transaction.on_commit(lambda: doorbell.ring(job.queue, job.id), robust=True)
    return job


def _insert(job: Job) -> Job | None:
    """Insert; return the job that already holds the natural key, if there is one."""
    if job.natural_key is None:
        job.save(force_insert=True)
        return None
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        return Job.objects.get(project=job.project, kind=job.kind, natural_key=job.natural_key)
    return None


def wake(queue: str) -> None:
    """Wake the workers of a queue when the surrounding transaction commits."""
    after_commit(WAKE_CHANNEL, f"queue:{queue}")


def cancel(*, job: Job, actor: Any = None) -> Job:
    """Cancel a queued job at once; ask the worker of a running one to end it. Final jobs stay as they are."""
    with transaction.atomic():
        current = Job.objects.select_for_update(of=("self",)).select_related("project").get(pk=job.pk)
        if actor is not None and not current.is_final and current.cancel_requested_at is None:
            _audit_cancel(current, actor)
        if current.state == JobState.QUEUED:
            return _cancel_queued(current)
        if current.state == JobState.RUNNING and current.cancel_requested_at is None:
            current.cancel_requested_at = DatabaseNow()
            current.save(update_fields=["cancel_requested_at"])
            after_commit(WAKE_CHANNEL, f"cancel:{current.pk}")
            current.refresh_from_db()
    return current


def _audit_cancel(job: Job, actor: Any) -> None:
    before = {"state": job.state, "kind": job.kind, "subject": job.subject}
    audit.record(actor=actor, project=job.project, action="job.cancel", subject=job.pk, before=before)


def _cancel_queued(job: Job) -> Job:
    Job.objects.filter(pk=job.pk).update(
        state=JobState.CANCELLED, finished_at=DatabaseNow(), cancel_requested_at=DatabaseNow()
    )
    job.refresh_from_db()
    kinds.get(job.kind).failed(job)
    events.job_changed(job)
    return job
