"""Waiting for jobs."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from bottega.problems import ProblemError

if TYPE_CHECKING:
    from bottega.client.http import Client

Result = TypeVar("Result")
FINAL_STATES = frozenset({"succeeded", "failed", "cancelled"})
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0


class JobFailed(ProblemError):
    """A job ended as failed or cancelled; the message holds its own reason."""

    code = "job_failed"
    title = "The job did not succeed"


def _failure(job: dict[str, Any]) -> JobFailed:
    problem = job.get("problem") or {}
    reason = problem.get("detail") or job["state"]
    return JobFailed(f"{job['kind']} {job['id']} {job['state']}: {reason}", job=job)


def wait_for_job(
    client: "Client", job_id: str, *, on_progress: Callable[[dict[str, Any]], None] | None = None
) -> dict[str, Any]:
    """Poll until the job is final; pauses grow from 0.1 s to 1 s."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        job: dict[str, Any] = client.get(f"/jobs/{job_id}")
        if on_progress is not None:
            on_progress(job)
        if job["state"] == "succeeded":
            return job
        if job["state"] in FINAL_STATES:
            raise _failure(job)
        time.sleep(pause)
        pause = min(pause * 1.3, LONGEST_PAUSE_SECONDS)


def poll_until(attempt: Callable[[], Result | None], *, seconds: float) -> Result:
    """Call ``attempt`` until it returns something; raise ``TimeoutError`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = attempt()
        if result is not None:
            return result
        time.sleep(FIRST_PAUSE_SECONDS)
    raise TimeoutError(f"nothing after {seconds:g} s")


def follow_log(
    client: "Client", job_id: str, *, follow: bool = False, attempt: int | None = None, pause: float = 0.5
) -> Iterator[str]:
    """Yield a job's log piece by piece; with ``follow`` go on until the job has ended."""
    offset, query = 0, {} if attempt is None else {"attempt": attempt}
    while True:
        piece = client.get(f"/jobs/{job_id}/logs", offset=offset, **query)
        if piece["text"]:
            yield piece["text"]
        moved = piece["next_offset"] > offset
        offset = piece["next_offset"]
        if piece["complete"] or not (follow or moved):
            return
        if not moved:
            time.sleep(pause)
