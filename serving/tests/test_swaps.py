"""Swapping versions under load: no refused request, no answer of two versions, the old one kept on failure."""

import importlib.util
import json
import os
import signal
import time
from pathlib import Path

import msgspec
import pytest

from bottega.serving_contract import Stage
from bottega_serving.testing import full_record, write_bundle

_spec = importlib.util.spec_from_file_location("load", Path(__file__).with_name("load.py"))
load = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(load)
BODY = {"records": [full_record(0)]}


def swaps(node, bundles, *, seconds):
    """Five swaps and five rollbacks, spread over the time."""
    for number in range(10):
        time.sleep(seconds / 11)
        version = number % 2 + 1
        node.serve(bundles[version - 1], version=version, previous_bundle=bundles[2 - version].digest)
    time.sleep(seconds / 11)


async def check_swaps(node, bundles, seconds):
    node.serve(bundles[1], version=2)
    expected = {}
    for version, bundle in ((1, bundles[0]), (2, bundles[1])):
        node.serve(bundle, version=version)
        expected[version] = node.predict(BODY).json()["predictions"][0]
    assert expected[1] != expected[2]
    body = json.dumps(BODY).encode()
    seen = await load.under_load(node.settings.port, body, lambda: swaps(node, bundles, seconds=seconds))
    assert seen.broken == []
    assert {status for status, _, _ in seen.answers} == {200}
    mixed = [answer for answer in seen.answers if expected[answer[1]] != answer[2]]
    assert mixed == []
    assert {version for _, version, _ in seen.answers} == {1, 2}
    return len(seen.answers)


async def test_five_swaps_and_five_rollbacks_under_load_lose_and_mix_nothing(node, bundles):
    assert await check_swaps(node, bundles, 6) > 300


@pytest.mark.slow
async def test_five_swaps_and_five_rollbacks_within_a_minute_lose_and_mix_nothing(node, bundles):
    assert await check_swaps(node, bundles, 60) > 9_000


def failed(node):
    return [(report.code, report.stage) for report in node.reports if report.stage is Stage.FAILED]


def broken(tmp_path, bundles, kind):
    """Return a bundle that must not be served."""
    good = bundles[1]
    model = (good.folder / "model.txt").read_bytes()
    golden, outputs = good.manifest.golden_inputs, good.manifest.golden_outputs
    rows = [[float("nan") if value is None else value for value in row] for row in golden]
    if kind == "golden_mismatch":
        wrong = [value + 0.1 for value in outputs]
        return write_bundle(good.folder.parent, model, good.manifest.signature, rows, wrong)
    if kind == "model_load_failed":
        return write_bundle(good.folder.parent, model[: len(model) // 3], good.manifest.signature, rows, outputs)
    made = write_bundle(good.folder.parent, model + b"\n# other", good.manifest.signature, rows, outputs)
    (made.folder / "model.txt").write_bytes(model.replace(b"1", b"2", 1))
    return made


@pytest.mark.parametrize("kind", ["golden_mismatch", "model_load_failed", "bundle_corrupt"])
def test_a_broken_bundle_is_refused_and_the_old_version_keeps_answering(node, bundles, tmp_path, kind):
    before = node.predict(BODY).json()
    worker = node.children()["bottega_serving.edge.worker"]
    node.serve(broken(tmp_path, bundles, kind), version=9)
    assert failed(node) == [(kind, Stage.FAILED)]
    after = node.predict(BODY).json()
    assert (after["version"], after["predictions"]) == (before["version"], before["predictions"])
    assert node.children()["bottega_serving.edge.worker"] == worker
    node.serve(bundles[1], version=2)
    assert node.predict(BODY).json()["version"] == 2


def test_a_model_that_aborts_its_process_never_reaches_a_worker(node, bundles):
    good = bundles[1]
    model = (good.folder / "model.txt").read_bytes()
    poisoned = model.replace(b"split_feature=", b"split_feature=999999 ", 1).replace(b"num_leaves=", b"num_leaves=9", 1)
    rows = [[float("nan") if value is None else value for value in row] for row in good.manifest.golden_inputs]
    worker = node.children()["bottega_serving.edge.worker"]
    node.serve(write_bundle(good.folder.parent, poisoned, good.manifest.signature, rows, good.manifest.golden_outputs))
    assert failed(node)
    assert failed(node)[0][0] in {"model_load_failed", "golden_mismatch"}
    assert node.predict(BODY).status_code == 200
    assert node.children()["bottega_serving.edge.worker"] == worker


def test_one_failing_endpoint_does_not_hold_up_another(node, bundles, tmp_path):
    node.serve(broken(tmp_path, bundles, "golden_mismatch"), bundles[1], version=3)
    assert failed(node)
    assert node.predict(BODY).json()["version"] == 1
    import httpx

    assert httpx.post(f"{node.url}/v1/endpoints/demo.risk1/predict", json=BODY, trust_env=False).json()["version"] == 3


def test_with_every_other_process_killed_it_answers_and_it_restarts_from_disk_alone(make_node, bundles):
    node = make_node()
    node.serve(bundles[0], version=4)
    expected = node.predict(BODY).json()["predictions"]
    for name, pid in node.children().items():
        if name != "bottega_serving.edge.worker":
            os.kill(pid, signal.SIGKILL)
    assert node.predict(BODY).json()["predictions"] == expected
    node.stop(signal.SIGKILL)
    time.sleep(1)
    node.start()
    answer = node.predict(BODY).json()
    assert (answer["version"], answer["predictions"]) == (4, expected)


@pytest.mark.faults
def test_a_killed_edge_worker_is_back_with_its_version(node, bundles):
    node.serve(bundles[1], version=2)
    os.kill(node.children()["bottega_serving.edge.worker"], signal.SIGKILL)
    assert node.predict(BODY).json()["version"] == 2  # the connection waits in the supervisor's socket


def test_a_forged_or_damaged_last_known_good_state_is_not_served(make_node, bundles):
    node = make_node()
    node.serve(bundles[0])
    node.stop()
    path = node.settings.state / "desired.json"
    envelope = msgspec.json.decode(path.read_bytes())
    envelope["body"] = envelope["body"].replace('"version":1', '"version":7')
    path.write_bytes(msgspec.json.encode(envelope))
    node.start()
    assert node.predict(BODY).status_code == 404
