"""Run jobs in a test or a notebook, without worker processes: claim, child and publish, until nothing is left."""

import atexit
import os
import socket
from collections.abc import Iterable
from functools import partial

from bottega_platform.config import env
from bottega_platform.jobs import devices, gpus, leases
from bottega_platform.jobs.attempt import Attempt
from bottega_platform.jobs.clock import DatabaseNow
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.states import JobState
from bottega_platform.jobs.zygote import Zygote

LONG_LEASE_SECONDS = 3600.0
_zygotes: dict[str, Zygote] = {}


def run_until_idle(queues: Iterable[str] = ("cpu", "spark", "control"), *, limit: int = 1000) -> list[Job]:
    """Run every queued job of these queues, and those they enqueue, in the caller's thread and connection.

    A back-off before a retry is not waited for, and a job that waits for others (a study for its trials) lets
    them run meanwhile. Works inside a test's transaction.

    Returns:
        The jobs as they ended, in the order in which they ended.
    """
    names = tuple(queues)
    ended: list[str] = []
    for _ in range(limit):
        if not _run_one(names, ended):
            return list(Job.objects.filter(pk__in=ended).order_by("finished_at"))
    raise RuntimeError(f"after {limit} attempts there are still jobs to run in {', '.join(names)}")


def _run_one(queues: tuple[str, ...], ended: list[str]) -> bool:
    Job.objects.filter(state=JobState.QUEUED, queue__in=queues).update(run_after=DatabaseNow())
    owner = f"{socket.gethostname()}/{os.getpid()}/inline"
    for queue in queues:
        job = _claim(queue, owner)
        if job is not None:
            others = tuple(name for name in queues if name != queue)
            Attempt(job, zygote(queue), while_waiting=partial(_run_one, others, ended)).run()
            ended.append(job.pk)
            return True
    return False


def _claim(queue: str, owner: str) -> Job | None:
    if queue == gpus.QUEUE:
        inventory = devices.Inventory(env.current())
        inventory.announce()
        return inventory.claim(owner=owner, lease_seconds=LONG_LEASE_SECONDS)
    return leases.claim(queue=queue, owner=owner, lease_seconds=LONG_LEASE_SECONDS)


def zygote(queue: str) -> Zygote:
    """Return this process's zygote for a queue, started on first use and ended with the process."""
    running = _zygotes.get(queue)
    if running is None or not running.alive:
        running = _zygotes[queue] = Zygote(queue)
        atexit.register(running.close)
    return running
