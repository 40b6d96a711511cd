"""The crash harness: set a fault off at a named point of one job, then let a healthy worker finish it."""

from pathlib import Path
from typing import Any

from processes import Fleet, eventually

from bottega_platform.jobs.models import Job, JobEvent
from bottega_platform.jobs.services import enqueue

WORKER_POINTS = (
    "after_claim",
    "after_child_started",
    "after_done_before_publish",
    "after_publish_before_commit",
    "after_commit_before_ack",
)
CHILD_POINTS = ("mid_artifact", "after_artifact_before_done")
ENQUEUE_POINTS = ("after_insert_before_commit", "after_commit_before_doorbell")


def crash_at(fleet: Fleet, project: Any, points: tuple[str, ...], action: str, folder: Path) -> list[Job]:
    """Run one job for each point, each on a queue of its own with a worker that fails there.

    Then end every lease, as if a minute had passed, and let one healthy worker finish what is left.
    """
    fleet.scheduler()
    jobs = [_enqueue(project, f"probe-{number}", folder) for number in range(len(points))]
    faulty = [
        fleet.worker(slots=1, queue=f"probe-{number}", BOTTEGA_FAULT=f"{point}:{action}", BOTTEGA_FAULT_SECONDS="8")
        for number, point in enumerate(points)
    ]
    eventually(lambda: all(_was_tried(job) for job in jobs), seconds=90, what="every fault to go off")
    if action == "kill":
        eventually(lambda: _ended(faulty, points), seconds=60, what="the killed workers to be gone")
    Job.objects.filter(pk__in=[job.pk for job in jobs], state="queued").update(queue="probe")
    end_leases()
    fleet.worker(slots=2)
    eventually(lambda: _all_succeeded(jobs), seconds=120, what="every job to succeed")
    return jobs


def _enqueue(project: Any, queue: str, folder: Path) -> Job:
    return enqueue(project=project, kind="probe", subject="s", spec={"stage": str(folder)}, queue=queue)


def _was_tried(job: Job) -> bool:
    job.refresh_from_db()
    return job.attempt > 0


def _ended(workers: list[Any], points: tuple[str, ...]) -> bool:
    pairs = zip(workers, points, strict=True)
    return all(point in CHILD_POINTS or worker.poll() is not None for worker, point in pairs)


def _all_succeeded(jobs: list[Job]) -> bool:
    unfinished = Job.objects.filter(pk__in=[job.pk for job in jobs]).exclude(state="succeeded")
    unfinished.filter(state="queued").exclude(queue="probe").update(queue="probe")
    if unfinished.exists():
        end_leases(owner_queue="probe-")
        return False
    return True


def end_leases(owner_queue: str = "probe") -> None:
    """Let the leases of workers on these queues run out, as if a minute had passed."""
    from bottega_platform.jobs.clock import DatabaseNow

    running = Job.objects.filter(state="running", lease_owner__contains=f"/{owner_queue}")
    running.update(lease_until=DatabaseNow())


def check_effects(jobs: list[Job], folder: Path) -> None:
    """Every job took effect exactly once, under the fence it was published with, completely staged."""
    for job in jobs:
        job.refresh_from_db()
        effects = list(JobEvent.objects.filter(type="probe.effect", job=job).values_list("data", flat=True))
        assert len(effects) == 1, (job.pk, effects)
        assert effects[0]["fence"] == job.publication.fence == job.fence == job.result["fence"]
        assert (folder / f"{job.pk}-{job.fence}").read_text() == "half"
