"""Claim, renew, finish: every statement that moves a job, each under its fence and on the database clock."""

import json
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import ExpressionWrapper, F
from django.db.models.fields import DateTimeField

from bottega.faults import fault_point
from bottega.protocol import RETRIED, FailureClass
from bottega_platform.events import services as events
from bottega_platform.jobs import kinds
from bottega_platform.jobs.clock import DatabaseNow
from bottega_platform.jobs.models import Job, JobPublication
from bottega_platform.jobs.problems import StaleFence
from bottega_platform.jobs.states import JobState

LEASE_SECONDS = 60
RENEW_SECONDS = 15
BACKOFF_SECONDS = 2.0
BACKOFF_LIMIT_SECONDS = 120.0
_log = logging.getLogger(__name__)

CLAIM = f"""
WITH claimed AS (
  UPDATE jobs_job SET state = 'running', lease_owner = %(owner)s, fence = fence + 1, attempt = attempt + 1,
         lease_until = bottega_now() + make_interval(secs => %(lease)s),
         started_at = COALESCE(started_at, bottega_now()), progress = NULL
   WHERE id = (SELECT id FROM jobs_job
                WHERE state = 'queued' AND queue = %(queue)s AND kind = ANY(%(kinds)s)
                  AND run_after <= (SELECT bottega_now())
                ORDER BY queue, priority DESC, run_after, id
                FOR UPDATE SKIP LOCKED LIMIT 1)
  RETURNING *
), event AS ({events.INSERT_CHANGED.format(rows="claimed")})
SELECT claimed.*, event.id AS event_id FROM claimed, event
"""  # noqa: S608 - constants only
FINISH = f"""
WITH finished AS (
  UPDATE jobs_job SET state = 'succeeded', result = %(result)s::jsonb, finished_at = bottega_now(),
         lease_until = NULL, lease_owner = NULL
   WHERE id = %(id)s AND fence = %(fence)s AND state = 'running'
  RETURNING *
), proof AS (
  INSERT INTO jobs_jobpublication (job_id, project_id, fence) SELECT id, project_id, fence FROM finished
), event AS ({events.INSERT_CHANGED.format(rows="finished")})
SELECT id FROM event
"""  # noqa: S608 - constants only
RENEW = """
UPDATE jobs_job SET lease_until = bottega_now() + make_interval(secs => %(lease)s)
  FROM unnest(%(ids)s::text[], %(fences)s::bigint[]) AS held(held_id, held_fence)
 WHERE id = held_id AND fence = held_fence AND state = 'running' AND lease_until > bottega_now()
RETURNING id, cancel_requested_at IS NOT NULL
"""


def claim(*, queue: str, owner: str, lease_seconds: float = LEASE_SECONDS) -> Job | None:
    """Take the next runnable job of a queue, if there is one; nobody else can take it meanwhile."""
    parameters = {"owner": owner, "queue": queue, "kinds": kinds.names(), "lease": lease_seconds}
    job = next(iter(Job.objects.raw(CLAIM, parameters)), None)
    if job is not None:
        fault_point("after_claim")
        events.tell_changed(job, job.event_id)  # type: ignore[attr-defined]  # a column of the statement
    return job


def renew(held: dict[str, int], *, lease_seconds: float = LEASE_SECONDS) -> dict[str, bool]:
    """Extend the leases of held jobs (id → fence).

    Returns:
        For each job that is still ours, whether somebody asked to cancel it; the others are lost.
    """
    parameters: dict[str, Any] = {"ids": list(held), "fences": list(held.values()), "lease": lease_seconds}
    with connection.cursor() as cursor:
        cursor.execute(RENEW, parameters)
        return dict(cursor.fetchall())


def cancel_requests(held: dict[str, int]) -> list[str]:
    """Return which of the held jobs somebody asked to cancel."""
    asked = Job.objects.filter(pk__in=held, cancel_requested_at__isnull=False)
    return list(asked.values_list("pk", flat=True))


@contextmanager
def fenced(job: Job) -> Iterator[Job]:
    """Open a transaction that holds the job's row while this attempt still owns it.

    Raises:
        StaleFence: somebody else owns the job, or it ended.
    """
    with transaction.atomic():
        current = Job.objects.select_for_update().filter(pk=job.pk, fence=job.fence, state=JobState.RUNNING).first()
        if current is None:
            raise StaleFence(f"{job.pk} at fence {job.fence}")
        yield current


def progress(job: Job, progress: dict[str, Any]) -> None:
    """Record how far the attempt is, under the fence."""
    with transaction.atomic():
        _update(job, progress=progress)
        events.job_progressed(job)


def succeed(job: Job, result: dict[str, Any]) -> None:
    """Publish the result and end the job in one transaction; a repeated call after a lost answer is harmless."""
    try:
        with transaction.atomic():
            _finish(job, result)
            kinds.get(job.kind).publish(job, result)
            fault_point("after_publish_before_commit")
    except StaleFence:
        if not JobPublication.objects.filter(job=job, fence=job.fence).exists():
            raise
    fault_point("after_commit_before_ack")


def _finish(job: Job, result: dict[str, Any]) -> None:
    """End the job as succeeded, leave the proof of its one effect and tell who listens, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(FINISH, {"id": job.pk, "fence": job.fence, "result": json.dumps(result)})
        written = cursor.fetchone()
    if written is None:
        raise StaleFence(f"{job.pk} at fence {job.fence}")
    job.state, job.result, job.lease_until, job.lease_owner = JobState.SUCCEEDED, result, None, None
    events.tell_changed(job, written[0])


def fail(job: Job, failure_class: FailureClass, problem: dict[str, Any]) -> None:
    """End an attempt that failed: queue the job again when its class is retried, else fail it for good."""
    with fenced(job) as current:
        _settle_failure(current, failure_class, problem)


def cancel(job: Job) -> None:
    """End a running job because somebody asked to."""
    with fenced(job) as current:
        _settle(current, JobState.CANCELLED)


def release(job: Job) -> None:
    """Give a job back untried, because its worker stops: the attempt does not count."""
    with transaction.atomic():
        _update(job, state=JobState.QUEUED, lease_owner=None, lease_until=None, attempt=F("attempt") - 1)
        job.attempt -= 1
        events.job_changed(job)


def reap(*, limit: int = 100) -> int:
    """End every attempt whose lease ran out: queue it again, cancel or fail it. Return how many there were."""
    with transaction.atomic():
        expired = list(
            Job.objects.select_for_update(skip_locked=True)
            .filter(state=JobState.RUNNING, lease_until__lt=DatabaseNow())
            .order_by("lease_until")[:limit]
        )
        for job in expired:
            _log.warning("%s lost its worker %s at attempt %s", job.pk, job.lease_owner, job.attempt)
            if job.cancel_requested_at is not None:
                _settle(job, JobState.CANCELLED)
            else:
                _settle_failure(job, FailureClass.LOST_WORKER, lost_worker_problem(job))
    return len(expired)


def lost_worker_problem(job: Job) -> dict[str, Any]:
    """Return the problem of a job whose worker was not heard of until the lease ran out."""
    detail = (
        f"The worker {job.lease_owner} was not heard of for {LEASE_SECONDS} s during attempt {job.attempt} of "
        f"{job.max_attempts}. Look at the job's log and at the worker's machine, then start it again."
    )
    return {"code": "lost_worker", "title": "The worker was lost", "status": 500, "detail": detail}


def _settle_failure(job: Job, failure_class: FailureClass, problem: dict[str, Any]) -> None:
    if job.cancel_requested_at is not None:
        _settle(job, JobState.CANCELLED)
    elif failure_class in RETRIED and job.attempt < job.max_attempts:
        _queue_again(job, failure_class, problem)
    else:
        _settle(job, JobState.FAILED, failure_class=failure_class, problem=problem)


def _queue_again(job: Job, failure_class: FailureClass, problem: dict[str, Any]) -> None:
    longest = min(BACKOFF_LIMIT_SECONDS, BACKOFF_SECONDS * 2 ** (job.attempt - 1))
    later = timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
    run_after = ExpressionWrapper(DatabaseNow() + later, output_field=DateTimeField())
    ended = _ended(JobState.QUEUED)
    _update(job, **ended, run_after=run_after, failure_class=failure_class, problem=problem, fence=job.fence + 1)
    events.job_changed(job)


def _settle(job: Job, state: JobState, **reason: Any) -> None:
    """Bring a locked running job to an unsuccessful end and let its kind settle the subject."""
    _update(job, finished_at=DatabaseNow(), **_ended(state), **reason)
    try:
        with transaction.atomic():
            kinds.get(job.kind).failed(job)
    except (OperationalError, InterfaceError):
        raise  # a lost connection or a deadlock: the whole transaction is run again, clean-up included
    except Exception:  # noqa: BLE001 - a job must end even when its kind's own clean-up is broken
        _log.exception("the clean-up of %s %s failed", job.kind, job.pk)
    events.job_changed(job)


def _ended(state: JobState) -> dict[str, Any]:
    return {"state": state, "lease_until": None, "lease_owner": None}


def _update(job: Job, **changes: Any) -> None:
    """Change a running job's row under its fence, and the object with it."""
    changed = Job.objects.filter(pk=job.pk, fence=job.fence, state=JobState.RUNNING).update(**changes)
    if not changed:
        raise StaleFence(f"{job.pk} at fence {job.fence}")
    for name, value in changes.items():
        if not hasattr(value, "resolve_expression"):
            setattr(job, name, value)
