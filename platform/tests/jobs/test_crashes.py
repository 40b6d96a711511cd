"""Killed at the worst moments: a quick part of the crash matrix; all of it runs in ``tests/faults``."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from crash import ENQUEUE_POINTS, check_effects, crash_at
from processes import Fleet, eventually

from bottega import faults
from bottega_platform.jobs.models import Job


def test_a_worker_killed_around_its_commit_gives_each_effect_once(
    fleet: Fleet, shared_project: Any, verified: Any, tmp_path: Path
) -> None:
    points = ("after_claim", "after_publish_before_commit", "after_commit_before_ack")
    jobs = crash_at(fleet, shared_project, points, "kill", tmp_path)
    check_effects(jobs, tmp_path)
    attempts = {point: job.attempt for point, job in zip(points, jobs, strict=True)}
    assert attempts == {"after_claim": 2, "after_publish_before_commit": 2, "after_commit_before_ack": 1}
    verified()


def test_an_enqueue_killed_before_its_commit_leaves_nothing_and_after_it_everything(
    fleet: Fleet, shared_project: Any, verified: Any
) -> None:
    for point in ENQUEUE_POINTS:
        fleet.enqueuer(shared_project.pk, point, BOTTEGA_FAULT=f"{point}:kill").wait(60)
    assert [job.natural_key for job in Job.objects.all()] == ["after_commit_before_doorbell"]
    fleet.scheduler()
    fleet.worker()
    eventually(lambda: Job.objects.get().state == "succeeded")
    verified()


def test_a_fault_point_is_silent_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.fault_point("anywhere")
    monkeypatch.setenv("BOTTEGA_FAULT", "here:exception")
    faults.fault_point("elsewhere")
    with pytest.raises(faults.InjectedFault):
        faults.fault_point("here")
    faults.fault_point("here")
    monkeypatch.setenv("BOTTEGA_FAULT", "there:nonsense")
    with pytest.raises(ValueError, match="unknown action"):
        faults.fault_point("there")


def test_a_fault_that_fires_once_for_all_lets_the_next_process_pass(tmp_path: Path) -> None:
    code = "from bottega.faults import fault_point; fault_point('first'); fault_point('second')"
    environment = {**os.environ, "BOTTEGA_FAULT": "first:kill,second:kill", "BOTTEGA_FAULT_ONCE": str(tmp_path)}
    ended = [subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode for _ in range(3)]
    assert ended == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert {path.name for path in tmp_path.iterdir()} == {"first", "second"}
