"""Workers killed at random moments under load: every job ends, every effect is there once."""

import random
import time
from typing import Any

import pytest
from crash import end_leases
from processes import Fleet, eventually

from bottega_platform.jobs.models import Job, JobEvent

pytestmark = [pytest.mark.faults, pytest.mark.slow]
JOBS = 120
KILLS = 5


def test_random_kills_lose_nothing_and_double_nothing(fleet: Fleet, submit: Any, verified: Any) -> None:
    chance = random.Random(7)
    jobs = [submit(steps=2, step_seconds=0.05) for _ in range(JOBS)]
    Job.objects.update(max_attempts=20)
    fleet.scheduler()
    workers = [fleet.worker(slots=2), fleet.worker(slots=2)]
    for _ in range(KILLS):
        eventually(lambda: Job.objects.filter(state="running").exists() or _all_done(), seconds=60)
        time.sleep(chance.uniform(0.2, 2.0))
        victim = workers.pop(0)
        victim.kill()
        victim.wait()
        end_leases(owner_queue="probe")
        workers.append(fleet.worker(slots=2))
    eventually(_all_done, seconds=180)
    effects = JobEvent.objects.filter(type="probe.effect").values_list("job_id", flat=True)
    assert sorted(effects) == sorted(job.pk for job in jobs)
    verified(90.0)


def _all_done() -> bool:
    return not Job.objects.exclude(state="succeeded").exists()
