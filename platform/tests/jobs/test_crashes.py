"""Killed at the worst moments: a quick part of the crash matrix; all of it runs in ``tests/faults``."""

import ast
from pathlib import Path
from typing import Any

import pytest
from crash import CHILD_POINTS, ENQUEUE_POINTS, WORKER_POINTS, check_effects, crash_at
from processes import Fleet, eventually

from bottega import faults as sdk_faults
from bottega_platform.jobs import faults
from bottega_platform.jobs.models import Job

ROOT = Path(__file__).parents[3]


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


def test_every_fault_point_in_the_code_is_in_the_matrix() -> None:
    found = set()
    engine = [*(ROOT / "platform/bottega_platform/jobs").rglob("*.py"), ROOT / "training/bottega_training/child.py"]
    for path in engine:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "fault_point":
                found.add(ast.literal_eval(node.args[0]))
    assert found == {*WORKER_POINTS, *ENQUEUE_POINTS, *CHILD_POINTS} - {"mid_artifact"}
    assert set(faults.PLATFORM_POINTS) == {*WORKER_POINTS, *ENQUEUE_POINTS}


def test_a_fault_point_is_silent_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    sdk_faults.fault_point("anywhere")
    monkeypatch.setenv("BOTTEGA_FAULT", "here:exception")
    sdk_faults.fault_point("elsewhere")
    with pytest.raises(faults.InjectedFault):
        sdk_faults.fault_point("here")
    sdk_faults.fault_point("here")
    monkeypatch.setenv("BOTTEGA_FAULT", "there:nonsense")
    with pytest.raises(ValueError, match="unknown action"):
        sdk_faults.fault_point("there")
