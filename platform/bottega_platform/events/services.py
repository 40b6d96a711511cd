"""Write an event: one row for those who come back later, one notification for those who listen now."""

import json
from typing import Any

from django.db import connection

from bottega_platform.events.notify import after_commit
from bottega_platform.jobs.models import Job

CHANNEL = "bottega_events"
_NOTIFY_LIMIT = 7000

# What an event says about a job, the same as job_data(); {rows} names the changed rows of an UPDATE.
INSERT_CHANGED = """
  INSERT INTO jobs_jobevent (project_id, job_id, type, data)
  SELECT project_id, id, 'job.state', jsonb_build_object(
           'id', id, 'kind', kind, 'subject', subject, 'state', state, 'attempt', attempt, 'progress', progress,
           'failure_class', failure_class,
           'problem', CASE WHEN jsonb_typeof(problem) = 'object' THEN jsonb_build_object(
               'code', problem->'code', 'title', problem->'title', 'detail', problem->'detail') END)
    FROM {rows}
  RETURNING id
"""
INSERT = "INSERT INTO jobs_jobevent (project_id, job_id, type, data) VALUES (%s, %s, %s, %s::jsonb) RETURNING id"


def publish(*, project_id: str, type: str, data: dict[str, Any], job_id: str | None = None) -> None:  # noqa: A002
    """Record an event and wake the streams after the surrounding transaction is committed."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [project_id, job_id, type, json.dumps(data)])
        event_id = cursor.fetchone()[0]
    tell(event_id, project_id=project_id, type=type, data=data, job_id=job_id)


def tell(event_id: int, *, project_id: str, type: str, data: dict[str, Any], job_id: str | None) -> None:  # noqa: A002
    """Wake the streams. A notification holds at most 8,000 bytes: of more they hear only that it is there."""
    message = {"id": event_id, "project": project_id, "job": job_id, "type": type, "data": data}
    text = json.dumps(message, separators=(",", ":"))
    if len(text.encode()) > _NOTIFY_LIMIT:
        text = json.dumps({**message, "data": None})
    after_commit(CHANNEL, text)


def job_data(job: Job) -> dict[str, Any]:
    """Return what an event says about a job: enough to draw it without asking again."""
    problem = {key: job.problem.get(key) for key in ("code", "title", "detail")} if job.problem else None
    return {
        "id": job.id,
        "kind": job.kind,
        "subject": job.subject,
        "state": job.state,
        "attempt": job.attempt,
        "progress": job.progress,
        "failure_class": job.failure_class,
        "problem": problem,
    }


def job_changed(job: Job) -> None:
    """Record that a job's state changed."""
    publish(project_id=job.project_id, job_id=job.id, type="job.state", data=job_data(job))


def job_progressed(job: Job) -> None:
    """Record that a job made progress."""
    publish(project_id=job.project_id, job_id=job.id, type="job.progress", data=job_data(job))


def tell_changed(job: Job, event_id: int) -> None:
    """Wake the streams for a change of state whose event is written already."""
    tell(event_id, project_id=job.project_id, type="job.state", data=job_data(job), job_id=job.id)
