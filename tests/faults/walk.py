"""Walks one job through the crash matrix: its worker stops at every fault point once and is started again."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matrix import ATTEMPT, CALL, ENQUEUE, EVERYWHERE, JOB_KINDS
from processes import Fleet, eventually

from bottega_platform.jobs import leases
from bottega_platform.jobs.clock import DatabaseNow
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.services import wake
from bottega_training.kinds import KINDS as CHILDREN

QUEUE = "faulty"
WORKERS = {"kill": 2, "exception": 1}  # one is warm while the other is started again
END_OF_A_LEASE = {*ATTEMPT, *CALL, *ENQUEUE} - {"after_artifact_before_done"}
"""Points of the worker: whoever stops there leaves the job to its lease."""


@dataclass(frozen=True)
class Case:
    """A queued job of one kind: what a reader ``seen`` of its effect, and what must be true when it has ended."""

    job: Job
    seen: Callable[[], Any]
    check: Callable[[], None]


def expected(kind: str, action: str) -> set[str]:
    """Return the points at which a job of this kind must have been stopped."""
    points = set(JOB_KINDS[kind])
    if action == "kill" and kind in {"load_online", "label_import"}:
        # The doorbell of the job that their publishing asks for rings after the commit: nobody comes to the last point.
        points.remove("after_commit_before_ack")
    return points


class Walk:
    """One job, its faulty workers, and the files by which the points tell that they fired."""

    def __init__(self, fleet: Fleet, case: Case, *, action: str, marks: Path) -> None:
        self._fleet, self._case, self._marks = fleet, case, marks
        faults = ",".join(f"{point}:{action}" for point in sorted(EVERYWHERE))
        self._environment = {"BOTTEGA_FAULT": faults, "BOTTEGA_FAULT_ONCE": str(marks)}
        self._environment["BOTTEGA_CHILD_PLUGINS"] = CHILDREN[case.job.kind].partition(":")[0]
        self._size = WORKERS[action]
        self._workers: list[subprocess.Popen[bytes]] = []
        self._known: set[str] = set()
        self._before = case.seen()
        marks.mkdir()

    def run(self, *, seconds: float = 1500.0) -> None:
        """Return when the job has succeeded; until then readers must see what was there before."""
        Job.objects.filter(pk=self._case.job.pk).update(queue=QUEUE, max_attempts=60)
        self._fleet.scheduler()
        eventually(self._succeeded, seconds=seconds, what="the job to succeed")

    def passed(self) -> set[str]:
        """Return the points that fired so far."""
        return {path.name for path in self._marks.iterdir()}

    def _succeeded(self) -> bool:
        self._keep_workers()
        seen, job = self._case.seen(), self._case.job
        job.refresh_from_db()
        if job.state == "succeeded":
            return True
        assert job.state in {"queued", "running"}, (job.state, job.problem)
        assert seen == self._before, "something was visible before it was published"
        self._let_time_pass(job)
        return False

    def _keep_workers(self) -> None:
        self._workers = [worker for worker in self._workers if worker.poll() is None]
        while len(self._workers) < self._size:
            self._workers.append(self._fleet.worker(slots=1, queue=QUEUE, **self._environment))

    def _let_time_pass(self, job: Job) -> None:
        """End the lease of a worker that was stopped, and the pause before a retry, as if a minute had passed."""
        fresh = self.passed() - self._known
        self._known |= fresh
        mine = Job.objects.filter(pk=job.pk)
        if fresh & END_OF_A_LEASE and mine.filter(state="running").update(lease_until=DatabaseNow()):
            leases.reap()
        if mine.filter(state="queued").update(run_after=DatabaseNow()) and fresh:
            wake(QUEUE)


def walk(fleet: Fleet, case: Case, *, action: str, marks: Path) -> None:
    """Walk the case's job through every fault point that it passes, and check what came of it."""
    walking = Walk(fleet, case, action=action, marks=marks)
    walking.run()
    wanted = expected(case.job.kind, action)
    try:
        eventually(lambda: walking.passed() >= wanted, seconds=60)
    finally:
        assert walking.passed() == wanted
    case.check()
