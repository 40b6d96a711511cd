"""Networks as runs: killed and resumed under the next fence, their device told, tuned, refused without PyTorch."""

import io
import sys
from dataclasses import replace
from importlib.util import find_spec

import pyarrow.parquet as pq
import pytest

from bottega_feature_store.checkpoints import Checkpoints
from bottega_platform.api.testing import body_of
from bottega_platform.artifacts.services import logs
from bottega_platform.config import env
from bottega_platform.jobs import devices, kinds, leases, relay, testing
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.runs import studies
from bottega_platform.runs.models import Study, TrainingRun

QUICK = {"epochs": 2, "width": 16, "batch_size": 256}
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="scripts/install_torch installs it")


@pytest.fixture
def faulty_child(monkeypatch):
    """Give the children of the ``cpu`` queue a fault; the next test gets healthy ones again."""

    def _replace(fault: str) -> None:
        monkeypatch.setenv("BOTTEGA_FAULT", fault)
        _end_zygote()

    yield _replace
    monkeypatch.undo()
    _end_zygote()


def _end_zygote() -> None:
    running = testing._zygotes.pop("cpu", None)
    if running is not None:
        running.close()


def predictions(editor, runs, name):
    return pq.read_table(io.BytesIO(body_of(editor.get(f"{runs}/{name}/predictions"))))["prediction"]


@needs_torch
def test_a_run_killed_after_each_epoch_resumes_under_the_next_fence_and_ends_as_one_that_was_not(
    start, editor, runs, faulty_child, monkeypatch
):
    faulty_child("after_checkpoint:kill")
    start("shaken", trainer="neural_network", params=QUICK)
    run_until_idle(("cpu",))
    job = Job.objects.get(pk=TrainingRun.objects.get(name="shaken").job_id)
    assert (job.state, job.attempt) == ("succeeded", 3)
    assert "resumed" not in logs().read(job.pk, 1).decode()
    assert "resumed after epoch 1" in logs().read(job.pk, 2).decode()
    assert "resumed after epoch 2" in logs().read(job.pk, 3).decode()
    monkeypatch.delenv("BOTTEGA_FAULT")
    _end_zygote()
    start("calm", trainer="neural_network", params=QUICK)
    run_until_idle(("cpu",))
    assert predictions(editor, runs, "shaken") == predictions(editor, runs, "calm")


@needs_torch
def test_checkpoints_are_gone_once_the_job_has_ended(start):
    start("kept", trainer="neural_network", params=QUICK)
    run_until_idle(("cpu",))
    run = TrainingRun.objects.get(name="kept")
    kept = Checkpoints(env.current().artifacts, project=run.project_id, job=run.job_id)
    assert kept.newest(Job.objects.get(pk=run.job_id).fence)
    relay.deliver_due()
    assert kept.newest(10**6) is None


@needs_torch
def test_a_run_says_where_it_was_fitted(start, editor, runs):
    import torch

    start("told", trainer="neural_network", params=QUICK, device="cpu")
    start("trees", params={"iterations": 5})
    run_until_idle(("cpu",))
    body = editor.get(f"{runs}/told").json()
    assert body["device"] == {"asked": "cpu", "kind": "cpu", "name": "CPU", "note": ""}
    assert body["environment"]["torch"] == torch.__version__
    assert "device: CPU" in logs().read(body["job"], 1).decode()
    assert editor.get(f"{runs}/trees").json()["device"] is None


@pytest.fixture
def two_gpus(monkeypatch):
    """Declare two devices; PyTorch here sees none of them."""
    declared = replace(env.current(), gpu_devices=("0", "1"))
    monkeypatch.setattr(env, "current", lambda: declared)
    devices.Inventory(declared).announce()


@needs_torch
def test_a_network_goes_to_the_gpu_queue_where_there_is_a_device_unless_it_asks_for_the_cpu(start, two_gpus):
    for device in ("auto", "gpu", "cpu"):
        start(f"on-{device}", trainer="neural_network", params=QUICK, device=device)
    start("trees", params={"iterations": 5})
    queues = {run.name: Job.objects.get(pk=run.job_id).queue for run in TrainingRun.objects.all()}
    assert queues == {"on-auto": "gpu", "on-gpu": "gpu", "on-cpu": "cpu", "trees": "cpu"}


@needs_torch
def test_a_run_on_a_leased_device_that_pytorch_cannot_use_falls_back_or_fails_and_says_so(
    start, editor, runs, two_gpus
):
    import torch

    if torch.cuda.is_available():
        pytest.skip("here is a GPU that PyTorch can use")
    for device in ("auto", "gpu"):
        start(f"on-{device}", trainer="neural_network", params=QUICK, device=device)
    run_until_idle(("gpu",))
    fallen, refused = (editor.get(f"{runs}/on-{device}").json() for device in ("auto", "gpu"))
    assert (fallen["state"], fallen["device"]["kind"]) == ("succeeded", "cpu")
    assert fallen["device"]["note"].endswith("Trained on the CPU.")
    assert (refused["state"], refused["problem"]["code"]) == ("failed", "no_gpu")


@needs_torch
def test_a_run_that_insists_on_a_gpu_is_refused_where_there_is_none(start):
    answer = start("nowhere", trainer="neural_network", device="gpu")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_gpu")
    assert not Job.objects.exists()


@needs_torch
def test_the_trials_of_a_network_run_one_on_each_device(start, two_gpus):
    start("tuned", trainer="neural_network", tune={"trials": 4})
    job = Job.objects.get(kind="study")
    assert (job.queue, kinds.get("study").inputs(job)["parallel"]) == ("control", 2)
    claimed = leases.claim(queue="control", owner="here")
    studies.start_trial(claimed, {"number": 0, "params": {"layers": 1}, "sampler": "random"})
    assert Job.objects.get(kind="trial").queue == "gpu"


@needs_torch
def test_a_network_is_tuned_like_any_model(start, editor, runs):
    start("tuned", trainer="neural_network", params=QUICK, tune={"trials": 3, "startup_trials": 2})
    run_until_idle(("control", "cpu"))
    body = editor.get(f"{runs}/tuned").json()
    assert body["state"] == "succeeded", body["problem"]
    best = Study.objects.get(run_id=body["id"]).trials.get(number=body["study"]["best_number"])
    assert set(best.params) == {"learning_rate", "layers", "width", "dropout", "weight_decay"}
    assert body["metrics"]["valid"]["auc"]["value"] == pytest.approx(best.value, abs=1e-9)


def test_without_torch_the_trainer_is_listed_as_unavailable_and_refused_with_the_command(start, editor, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    listed = {entry["name"]: entry for entry in editor.get("/trainers").json()["results"]}
    missing = listed["neural_network"]["unavailable"]
    assert missing["code"] == "trainer_unavailable"
    assert "torch==2.13.0" in missing["install"]
    assert "unavailable" not in listed["lightgbm"]
    answer = start("refused", trainer="neural_network")
    assert (answer.status_code, answer.json()["code"]) == (409, "trainer_unavailable")
    assert missing["install"] in answer.json()["detail"]
    assert not Job.objects.exists()
