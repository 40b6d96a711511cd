"""One attempt, with a real zygote and real children, in the test's own transaction."""

import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from probe_kinds import Probe

from bottega.protocol import FailureClass
from bottega_platform.artifacts import services as artifacts
from bottega_platform.jobs import leases
from bottega_platform.jobs.models import Job, JobEvent, JobPublication
from bottega_platform.jobs.testing import run_until_idle


def run(job: Job) -> Job:
    run_until_idle(["probe"])
    job.refresh_from_db()
    return job


def effects(job: Job, topic: str = "probe.effect") -> list[Any]:
    return list(JobEvent.objects.filter(type=topic, job=job).values_list("data", flat=True))


def log_of(job: Job, attempt: int = 1) -> str:
    return artifacts.logs().read(job.pk, attempt).decode()


def test_a_job_runs_in_a_child_and_its_result_is_published_once(enqueue: Any) -> None:
    job = run(enqueue(steps=3))
    assert job.state == "succeeded"
    assert job.result["greeting"] == "hello"
    assert job.progress == {"done": 3.0, "total": 3.0, "message": "working", "unit": "steps"}
    assert [effect["fence"] for effect in effects(job)] == [1]
    assert JobPublication.objects.get(job=job).fence == 1
    assert job.lease_until is None
    assert job.finished_at is not None


def test_a_call_is_answered_under_the_fence(enqueue: Any) -> None:
    job = run(enqueue(call="probe.echo", params={"value": 7}))
    assert job.result["reply"] == {"job": job.pk, "fence": 1, "value": 7}


def test_a_refused_call_fails_the_job_with_its_problem(enqueue: Any) -> None:
    job = run(enqueue(call="probe.echo", params={"refuse": True}))
    assert (job.state, job.failure_class, job.problem["detail"]) == ("failed", "data", "No more of that.")


def test_a_broken_call_is_the_platforms_fault_and_is_tried_again(enqueue: Any) -> None:
    job = run(enqueue(call="probe.break"))
    assert (job.state, job.failure_class, job.attempt) == ("failed", "platform", 3)


def test_a_problem_of_the_data_fails_at_once_and_says_what_to_do(enqueue: Any) -> None:
    job = run(enqueue(**{"raise": "problem"}))
    assert (job.state, job.failure_class, job.attempt) == ("failed", "data", 1)
    assert job.problem["detail"] == "Row 7 has no label. Remove it."
    assert effects(job) == []
    assert [item["state"] for item in effects(job, "probe.failed")] == ["failed"]


def test_a_job_ends_although_the_clean_up_of_its_kind_is_broken(
    enqueue: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Probe, "failed", _breaks(RuntimeError("a bug of the kind")))
    job = run(enqueue(**{"raise": "problem"}))
    assert (job.state, job.failure_class) == ("failed", "data")
    assert "the clean-up of probe" in caplog.text


def test_a_clean_up_that_meets_a_deadlock_is_not_skipped(enqueue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    job = enqueue()
    claimed = leases.claim(queue="probe", owner="me")
    monkeypatch.setattr(Probe, "failed", _breaks(OperationalError("deadlock detected")))
    with pytest.raises(OperationalError):
        leases.fail(claimed, FailureClass.DATA, {"code": "data_invalid", "detail": "No."})
    job.refresh_from_db()
    assert job.state == "running"


def _breaks(error: Exception) -> Any:
    def failed(self: Probe, job: Job) -> None:
        raise error

    return failed


def test_an_unexpected_exception_is_told_in_the_log_and_not_in_the_problem(enqueue: Any) -> None:
    job = run(enqueue(**{"raise": "crash"}))
    assert (job.failure_class, job.attempt) == ("platform", 3)
    assert "secret detail" not in str(job.problem)
    assert "RuntimeError: secret detail of a bug" in log_of(job, 3)


def test_missing_inputs_fail_the_job_before_any_child_starts(enqueue: Any) -> None:
    job = run(enqueue(bad_inputs=True))
    assert (job.state, job.failure_class) == ("failed", "data")
    assert "Ingest it first" in log_of(job)


def test_a_refused_publish_leaves_no_effect(enqueue: Any) -> None:
    job = run(enqueue(bad_publish=True))
    assert (job.state, job.failure_class) == ("failed", "data")
    assert effects(job) == []
    assert not JobPublication.objects.filter(job=job).exists()


def test_a_memory_error_is_out_of_memory_and_is_not_tried_again(enqueue: Any) -> None:
    job = run(enqueue(**{"raise": "memory"}))
    assert (job.state, job.failure_class, job.attempt) == ("failed", "oom", 1)


def test_a_job_over_its_limit_ends_as_out_of_memory_and_names_the_limit(enqueue: Any) -> None:
    job = run(enqueue(allocate=800))
    assert (job.state, job.failure_class, job.attempt) == ("failed", "oom", 1)
    assert "0.39 GiB" in job.problem["detail"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_child_fails_the_attempt_and_the_job_is_tried_again(enqueue: Any, number: int) -> None:
    job = run(enqueue(die=int(number)))
    assert (job.state, job.failure_class, job.attempt) == ("failed", "platform", 3)
    assert f"signal {int(number)}" in job.problem["detail"]


def test_a_job_over_its_time_is_ended_and_tried_again(enqueue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probe, "timeout_seconds", 0.5)
    monkeypatch.setattr(Probe, "max_attempts", 2)
    job = run(enqueue(sleep=60))
    assert (job.state, job.failure_class, job.attempt) == ("failed", "timeout", 2)


def test_the_log_holds_everything_printed_from_the_first_byte(enqueue: Any) -> None:
    job = run(enqueue())
    assert log_of(job).startswith("probe begins attempt 1")


def test_a_child_inherits_no_setting_no_secret_and_no_descriptor(enqueue: Any) -> None:
    job = run(enqueue(environment=True))
    seen = job.result
    assert [name for name in seen["environment"] if name.startswith("BOTTEGA_")] == ["BOTTEGA_CHILD_PLUGINS"]
    assert not [line for line in seen["initial"] if "SECRET" in line or "URL" in line]
    assert seen["descriptors"][:4] == [0, 1, 2, 3]
    assert len(seen["descriptors"]) <= 5


def test_what_a_child_started_ends_with_it(enqueue: Any, tmp_path: Path) -> None:
    job = run(enqueue(grandchild=str(tmp_path / "pid")))
    assert job.state == "succeeded"
    status = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    assert not status.exists() or status.read_text().split()[2] == "Z"


def test_a_natural_key_makes_enqueue_idempotent(enqueue: Any) -> None:
    first, second = enqueue(natural_key="s1/1", steps=1), enqueue(natural_key="s1/1", steps=2)
    assert first.pk == second.pk
    assert second.spec == {"steps": 1}
