"""From a finished run to a version whose bundle answers its golden rows."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import mlflow.pyfunc
import msgspec
import numpy as np
import pandas as pd
import pytest

from bottega.bundle import Manifest
from bottega_feature_store.blobs import BlobDamagedError, BlobStore
from bottega_platform.artifacts.services import blobs, logs
from bottega_platform.config import env
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.jobs.verify import verify
from bottega_platform.registry.models import AliasMove, ModelVersion
from bottega_serving import runtimes
from bottega_training.packaging import bundle
from bottega_training.packaging.runtimes import BrokenModel


@contextmanager
def damaged(digest: str) -> Iterator[None]:
    """Flip a byte of a stored file, and put it right again: other tests store the same content."""
    path = Path(blobs().path(digest))
    content = path.read_bytes()
    path.write_bytes(content[:200] + b"\x00" + content[201:])
    try:
        yield
    finally:
        path.write_bytes(content)


@pytest.fixture
def register(deployer, models, model):
    def _register(run, **body):
        return deployer.post(f"{models}/{model.name}/versions", {"training_run": run.name, **body})

    return _register


def needs_torch(name: str):
    return pytest.param(name, marks=pytest.mark.skipif(find_spec("torch") is None, reason="scripts/install_torch"))


@pytest.mark.parametrize("trainer", ["lightgbm", "logistic_regression", "xgboost", needs_torch("neural_network")])
def test_a_run_becomes_a_version_with_a_complete_bundle(register, fit, deployer, models, tmp_path, trainer):
    run = fit("good", trainer=trainer)
    accepted = register(run, alias="champion")
    assert accepted.status_code == 202, accepted.content
    run_until_idle(("cpu",))
    job = Job.objects.get(pk=accepted.json()["job"])
    assert job.state == "succeeded", job.problem
    body = deployer.get(f"{models}/rented/versions/1").json()
    assert body["aliases"] == ["champion"]
    assert body["stamps"]["training_run"] == run.id
    assert body["stamps"]["code"] == run.code
    assert body["stamps"]["data"] == {"shop_stats": 1}
    assert body["measured"]["parity_difference"] <= 1e-6
    assert body["measured"]["parity_rows"] >= 1_000
    manifest = bundle.fetch(BlobStore(env.current().artifacts), body["bundle"], tmp_path)
    predict = bundle.open_checked(tmp_path, manifest)
    assert len(manifest.golden_inputs) >= 52
    assert all(value is None for value in manifest.golden_inputs[50])
    rows = np.array([[math.nan if x is None else x for x in row] for row in manifest.golden_inputs])
    loaded = mlflow.pyfunc.load_model(str(tmp_path))
    found = np.asarray(loaded.predict(pd.DataFrame(rows))).ravel()
    np.testing.assert_allclose(found, predict(rows), atol=1e-9)


def test_the_signature_says_what_a_request_holds(register, fit, deployer, models):
    register(fit("good"))
    run_until_idle(("cpu",))
    signature = deployer.get(f"{models}/rented/versions/1").json()["signature"]
    assert [key["name"] for key in signature["keys"]] == ["shop"]
    assert [field["name"] for field in signature["request"]] == ["price", "at"]
    inputs = {item["name"]: item for item in signature["inputs"]}
    assert inputs["shop"]["categories"] == ["east", "north", "south", "west"]
    assert inputs["rentals_7d"]["low"] < inputs["rentals_7d"]["high"]
    assert [column["name"] for column in signature["views"][0]["columns"]] == ["rentals_7d", "mean_price_7d", "age"]
    assert set(signature["sample"]) == {"shop", "price", "at"}
    assert signature["sample"]["at"].endswith("Z")


def test_a_baseline_cannot_be_registered(register, fit):
    answer = register(fit("mean", trainer="historical_mean"))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_registrable")


def test_a_run_on_an_unfit_training_set_cannot_be_registered(register, fit):
    answer = register(fit("leaky", fit_for_registration=False))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_registrable")
    assert "known_at" in answer.json()["detail"]


def test_a_run_is_registered_once(register, fit):
    run = fit("good")
    register(run)
    run_until_idle(("cpu",))
    answer = register(run)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_registered")
    assert ModelVersion.objects.count() == 1


def test_a_run_of_another_task_is_refused(register, fit):
    answer = register(fit("values", task="regression"))
    assert (answer.status_code, answer.json()["code"]) == (409, "task_mismatch")


def test_xgboost_is_served_as_onnx_where_that_answers_alike_and_natively_where_not(
    register, fit, deployer, models, tmp_path
):
    good, other = fit("good", trainer="xgboost"), fit("other", trainer="xgboost", params={"iterations": 5})
    register(good)
    run_until_idle(("cpu",))
    assert [item["path"] for item in good.files] == ["model.onnx", "model.ubj"]
    assert deployer.get(f"{models}/rented/versions/1").json()["format"] == "onnx"
    mixed = fit("mixed", trainer="xgboost", params={"iterations": 20})
    mixed.files = [other.files[0], mixed.files[1]]
    mixed.save()
    job = Job.objects.get(pk=register(mixed).json()["job"])
    run_until_idle(("cpu",))
    assert "model.onnx is not served: The exported model differs" in logs().read(job.pk, 1).decode()
    body = deployer.get(f"{models}/rented/versions/2").json()
    assert (body["format"], body["measured"]["parity_difference"] <= 1e-6) == ("xgboost", True)
    manifest = bundle.fetch(BlobStore(env.current().artifacts), body["bundle"], tmp_path)
    assert {item.path for item in manifest.files} == {"model.ubj", "MLmodel"}
    runtime = runtimes.load(
        manifest.format, (tmp_path / "model.ubj").read_bytes(), width=len(manifest.golden_inputs[0])
    )
    rows = np.array([[math.nan if x is None else x for x in row] for row in manifest.golden_inputs])
    np.testing.assert_allclose(runtime.predict_rows(rows), manifest.golden_outputs, atol=1e-9)


def test_a_run_none_of_whose_forms_answers_alike_is_not_registered(register, fit):
    run, other = fit("good", trainer="xgboost"), fit("other", trainer="xgboost", params={"iterations": 5})
    run.files = other.files
    run.save()
    job = Job.objects.get(pk=register(run).json()["job"])
    run_until_idle(("cpu",))
    job.refresh_from_db()
    assert (job.state, job.problem["code"]) == ("failed", "parity_failed")
    assert not ModelVersion.objects.exists()


def test_a_corrupt_model_file_is_detected_and_never_registered(register, fit):
    run = fit("good")
    with damaged(run.files[0]["sha256"]):
        accepted = register(run)
        run_until_idle(("cpu",))
    job = Job.objects.get(pk=accepted.json()["job"])
    assert (job.state, job.problem["code"]) == ("failed", "digest_mismatch")
    assert not ModelVersion.objects.exists()


def test_a_flipped_byte_in_a_bundle_is_detected_by_digest_and_by_golden_rows(register, fit, tmp_path):
    register(fit("good"))
    run_until_idle(("cpu",))
    store, digest = BlobStore(env.current().artifacts), ModelVersion.objects.get().bundle
    manifest = bundle.fetch(store, digest, tmp_path)
    model_file = tmp_path / manifest.model_file
    content = model_file.read_bytes()
    place = content.index(b"leaf_value=") + len(b"leaf_value=")
    changed = content[:place] + (b"9" if content[place : place + 1] != b"9" else b"8") + content[place + 1 :]
    model_file.write_bytes(changed)
    with pytest.raises(BrokenModel) as wrong_digest:
        bundle.open_checked(tmp_path, manifest)
    assert wrong_digest.value.problem.code == "digest_mismatch"
    files = [bundle.entry(tmp_path, item.path) for item in manifest.files]
    with pytest.raises(BrokenModel) as wrong_answer:
        bundle.open_checked(tmp_path, msgspec.structs.replace(manifest, files=files))
    assert wrong_answer.value.problem.code == "golden_mismatch"
    with damaged(manifest.files[0].sha256), pytest.raises(BlobDamagedError):
        bundle.fetch(store, digest, tmp_path)


def test_aliases_move_with_a_history_and_resolve_to_versions(register, fit, deployer, models):
    for name in ("one", "two"):
        register(fit(name), alias="champion")
        run_until_idle(("cpu",))
    assert deployer.get(f"{models}/rented/aliases/champion").json()["version"] == 2
    moved = deployer.put(f"{models}/rented/aliases/champion", {"version": 1, "reason": "two was worse"})
    assert moved.status_code == 200
    assert deployer.get(f"{models}/rented/versions/champion").json()["version"] == 1
    history = deployer.get(f"{models}/rented/alias-history").json()["results"]
    assert [(move["before"], move["after"]) for move in history] == [(2, 1), (1, 2), (None, 1)]
    assert history[0]["reason"] == "two was worse"
    assert AliasMove.objects.count() == 3
    difference = deployer.get(f"{models}/rented/versions/2/signature-diff").json()
    assert (difference["against"], difference["breaking"]) == (1, False)


def test_a_manifest_is_the_last_thing_written_and_decodes_strictly(register, fit):
    register(fit("good"))
    run_until_idle(("cpu",))
    manifest = msgspec.json.decode(blobs().read(ModelVersion.objects.get().bundle), type=Manifest)
    assert all(blobs().exists(item.sha256) for item in manifest.files)
    assert {item.path for item in manifest.files} == {"model.txt", "MLmodel"}


def test_verify_finds_a_damaged_bundle(register, fit):
    register(fit("good"))
    run_until_idle(("cpu",))
    names = ("registry.", "runs.")
    assert not [found for found in verify(at_rest=True) if found.check.startswith(names)]
    version = ModelVersion.objects.get()
    with damaged(version.files[0]["sha256"]):
        broken = [found for found in verify(at_rest=True) if found.check == "registry.bundle_is_complete"]
    assert [found.subject for found in broken] == [version.id]
