"""Real workers and schedulers: nothing is lost, nothing takes effect twice."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import redis
from django.db import connection
from processes import Fleet, eventually

from bottega_platform.config import env
from bottega_platform.jobs import doorbell, leases, services
from bottega_platform.jobs.models import Job, JobEvent


def state(job: Job) -> str:
    job.refresh_from_db()
    return job.state


def effects(*jobs: Job) -> list[str]:
    found = JobEvent.objects.filter(type="probe.effect", job__in=jobs)
    return sorted(found.values_list("job_id", flat=True))


def expire(job: Job) -> None:
    """Let the lease run out, as if a minute had passed."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_job SET lease_until = bottega_now() - interval '1 s' WHERE id = %s", [job.pk])


def test_hundreds_of_jobs_and_several_workers_give_each_effect_once(fleet: Fleet, submit: Any, verified: Any) -> None:
    jobs = [submit() for _ in range(200)]
    fleet.scheduler()
    for _ in range(2):
        fleet.worker(slots=4)
    eventually(lambda: not Job.objects.exclude(state="succeeded").exists(), seconds=180)
    assert effects(*jobs) == sorted(job.pk for job in jobs)
    verified()


def test_a_queued_job_is_woken_and_cancel_ends_the_child_long_before_it_would(
    fleet: Fleet, submit: Any, verified: Any
) -> None:
    fleet.worker()
    fleet.scheduler()
    job = submit(sleep=120)
    eventually(lambda: state(job) == "running")
    services.cancel(job=job)
    eventually(lambda: state(job) == "cancelled")
    assert JobEvent.objects.filter(type="probe.failed", job=job).count() == 1
    verified()


def test_a_child_that_ignores_sigterm_is_killed_on_cancel(fleet: Fleet, submit: Any, verified: Any) -> None:
    fleet.worker()
    fleet.scheduler()
    job = submit(sleep=120, stubborn=True)
    eventually(lambda: state(job) == "running")
    time.sleep(1)
    services.cancel(job=job)
    eventually(lambda: state(job) == "cancelled", seconds=5)
    verified()


def test_a_killed_worker_takes_its_children_along_and_another_finishes_the_job(
    fleet: Fleet, submit: Any, verified: Any, tmp_path: Path
) -> None:
    first = fleet.worker()
    job = submit(sleep=3, grandchild=str(tmp_path / "pid"))
    eventually(lambda: (tmp_path / "pid").exists())
    family = psutil.Process(first.pid).children(recursive=True)
    assert len(family) >= 3
    first.kill()
    eventually(lambda: not any(_runs(process) for process in family), seconds=5)
    expire(job)
    fleet.scheduler()
    fleet.worker()
    eventually(lambda: state(job) == "succeeded")
    assert (job.attempt, effects(job)) == (2, [job.pk])
    verified()


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_worker_paused_past_its_lease_changes_nothing_when_it_wakes(fleet: Fleet, submit: Any, verified: Any) -> None:
    fleet.scheduler()
    paused = fleet.worker(slots=1)
    job = submit(sleep=2)
    eventually(lambda: state(job) == "running")
    os.kill(paused.pid, signal.SIGSTOP)
    expire(job)
    fleet.worker(slots=1)
    eventually(lambda: state(job) == "succeeded")
    finished = Job.objects.get(pk=job.pk)
    os.kill(paused.pid, signal.SIGCONT)
    eventually(lambda: "not ours any more" in fleet.output())
    assert Job.objects.get(pk=job.pk).result == finished.result
    assert effects(job) == [job.pk]
    assert finished.publication.fence == finished.fence
    verified()


def test_a_flushed_broker_a_doubled_and_a_foreign_message_do_no_harm(fleet: Fleet, submit: Any, verified: Any) -> None:
    broker = redis.Redis.from_url(env.current().broker_url)
    fleet.scheduler()
    jobs = [submit() for _ in range(10)]
    broker.delete("probe")
    fleet.worker()
    for job in jobs:
        doorbell.ring("probe", job.pk)
        doorbell.ring("probe", job.pk)
    doorbell.ring("probe", "job_unknown")
    broker.lpush("probe", b"\x80\x04rubbish")
    eventually(lambda: not Job.objects.exclude(state="succeeded").exists())
    later = submit()
    eventually(lambda: state(later) == "succeeded")
    assert effects(*jobs, later) == sorted(job.pk for job in [*jobs, later])
    verified()


def test_without_a_broker_jobs_run_all_the_same(fleet: Fleet, submit: Any, verified: Any) -> None:
    nowhere = "redis://127.0.0.1:9/0"
    fleet.scheduler(BOTTEGA_BROKER_URL=nowhere)
    fleet.worker(BOTTEGA_BROKER_URL=nowhere)
    job = submit()
    eventually(lambda: state(job) == "succeeded")
    verified()


def test_a_worker_told_to_stop_gives_its_job_back_untried(fleet: Fleet, submit: Any, verified: Any) -> None:
    fleet.scheduler()
    first = fleet.worker()
    job = submit(sleep=30)
    eventually(lambda: state(job) == "running")
    first.terminate()
    first.wait(15)
    assert (state(job), job.attempt) == ("queued", 0)
    services.cancel(job=job)
    verified()


def test_a_lost_job_is_tried_as_often_as_allowed_and_then_fails_with_a_reason(
    fleet: Fleet, submit: Any, verified: Any
) -> None:
    job = submit()
    for _ in range(3):
        Job.objects.filter(pk=job.pk).update(run_after=job.created_at)
        assert leases.claim(queue="probe", owner="nobody").pk == job.pk
        expire(job)
        assert leases.reap() == 1
    assert (state(job), job.failure_class, job.attempt) == ("failed", "lost_worker", 3)
    assert "nobody" in job.problem["detail"]
    fleet.scheduler()
    verified()


def test_a_dead_zygote_fails_only_its_attempts_and_is_replaced(fleet: Fleet, submit: Any, verified: Any) -> None:
    fleet.scheduler()
    worker = fleet.worker()
    job = submit(sleep=2)
    eventually(lambda: state(job) == "running")
    eventually(lambda: len(psutil.Process(worker.pid).children(recursive=True)) >= 2)
    psutil.Process(worker.pid).children()[0].kill()
    eventually(lambda: state(job) == "succeeded")
    assert job.attempt == 2
    verified()
