"""GPUs of a declared inventory: one lease per device, fenced like the job that holds it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from processes import Fleet, eventually

from bottega_platform.config import env
from bottega_platform.jobs import devices, leases, verify
from bottega_platform.jobs.models import Device, Job
from bottega_platform.jobs.services import enqueue as enqueue_job
from bottega_platform.jobs.testing import run_until_idle


def inventory(*numbers: str, host: str = "here") -> devices.Inventory:
    made = devices.Inventory(replace(env.current(), gpu_devices=numbers), host=host)
    made.announce()
    return made


@pytest.fixture
def gpu_job(project: Any) -> Any:
    """Enqueue a probe job that asks for a GPU."""

    def _enqueue(**spec: Any) -> Job:
        return enqueue_job(project=project, kind="probe", subject="s", spec=spec, queue="gpu")

    return _enqueue


def test_two_devices_run_two_jobs_and_the_third_waits_until_one_has_ended(gpu_job: Any) -> None:
    jobs, ours = [gpu_job() for _ in range(3)], inventory("0", "1")
    first, second = (ours.claim(owner="me") for _ in range(2))
    assert ours.claim(owner="me") is None
    assert [devices.held_by(job) for job in (first, second)] == ["0", "1"]
    assert Job.objects.get(pk=jobs[2].pk).state == "queued"
    leases.succeed(second, {})
    third = ours.claim(owner="me")
    assert (third.pk, devices.held_by(third)) == (jobs[2].pk, "1")
    assert not [found for found in verify.verify() if found.check == "jobs.gpu_job_holds_a_device"]


def test_without_a_job_no_device_is_leased(db: None) -> None:
    assert inventory("0").claim(owner="me") is None
    assert Device.objects.get().job is None


def test_a_lost_attempt_holds_its_device_no_longer(gpu_job: Any) -> None:
    gpu_job()
    ours = inventory("0")
    lost = ours.claim(owner="me", lease_seconds=-1)
    assert leases.reap() == 1
    assert devices.held_by(lost) == "0", "the row still names the attempt; its fence is over"
    Job.objects.update(run_after=lost.created_at)
    again = ours.claim(owner="other")
    assert (again.pk, again.fence > lost.fence, devices.held_by(again)) == (lost.pk, True, "0")
    assert devices.held_by(lost) == ""


def test_a_job_given_back_frees_its_device_and_takes_another_when_that_is_gone(gpu_job: Any) -> None:
    gpu_job()
    ours = inventory("0", "1")
    leases.release(ours.claim(owner="me"))
    other = inventory("1")
    assert devices.held_by(other.claim(owner="me")) == "1"
    assert [device.number for device in Device.objects.all()] == ["1"]


def test_the_devices_of_another_machine_are_not_ours(gpu_job: Any) -> None:
    gpu_job()
    inventory("0", "1", host="there")
    assert inventory(host="here").claim(owner="me") is None
    assert devices.present() == 2


def test_a_device_not_heard_of_for_a_minute_is_not_counted(db: None) -> None:
    inventory("0", "1")
    Device.objects.filter(number="0").update(seen_at="2020-01-01T00:00:00Z")
    assert devices.present() == 1


def test_the_child_sees_the_leased_device_alone_and_other_children_see_none(
    gpu_job: Any, enqueue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = replace(env.current(), gpu_devices=("5",))
    monkeypatch.setattr(env, "current", lambda: declared)
    with_device, without = gpu_job(environment=True), enqueue(environment=True)
    run_until_idle(["gpu", "probe"])
    for job, seen in ((with_device, "5"), (without, "")):
        job.refresh_from_db()
        assert job.result["devices"] == seen


def test_a_worker_of_the_gpu_queue_runs_as_many_jobs_as_it_has_devices_whatever_its_slots(
    fleet: Fleet, shared_project: Any, verified: Any, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    spec = {"until": str(gate), "environment": True}
    jobs = [enqueue_job(project=shared_project, kind="probe", subject="s", spec=spec, queue="gpu") for _ in range(3)]
    fleet.scheduler()
    fleet.worker(slots=3, queue="gpu", BOTTEGA_GPU_DEVICES="0,1")
    eventually(lambda: Job.objects.filter(state="running").count() == 2)
    assert sorted(Device.objects.filter(job__state="running").values_list("number", flat=True)) == ["0", "1"]
    assert Job.objects.get(pk=jobs[2].pk).state == "queued"
    gate.touch()
    eventually(lambda: not Job.objects.exclude(state="succeeded").exists())
    seen = [Job.objects.get(pk=job.pk).result["devices"] for job in jobs]
    assert sorted(seen[:2]) == ["0", "1"]
    assert seen[2] in {"0", "1"}
    verified()
