"""The prediction log: every answer becomes a row; a sink that fails costs no request."""

import json
import shutil
import time

import pyarrow.parquet as pq
import pytest

from bottega_serving.testing import full_record


def rows(folder):
    files = sorted(folder.glob("predictions/*/*/date=*/*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def wait_for_rows(folder, count):
    until = time.monotonic() + 30
    while len(found := rows(folder)) < count:
        assert time.monotonic() < until, len(found)
        time.sleep(0.2)
    return found


def test_each_answer_is_a_row_with_inputs_features_and_version(make_node, bundles):
    node = make_node()
    node.serve(bundles[0], version=6)
    answers = [node.predict({"records": [full_record(seed), full_record(seed + 1)]}).json() for seed in range(5)]
    found = wait_for_rows(node.settings.home / "artifacts", 10)
    assert len(found) == 10
    by_id = {(row["request_id"], row["row"]): row for row in found}
    for seed, answer in enumerate(answers):
        for number, prediction in enumerate(answer["predictions"]):
            row = by_id[answer["request_id"], number]
            assert (row["output"], row["version"], row["model"], row["arm"]) == (prediction, 6, "risk", "live")
            assert json.loads(row["inputs"])["user"] == full_record(seed + number)["user"]
            assert json.loads(row["features"])["x0"] == full_record(seed + number)["x0"]
            assert row["latency_us"] > 0


@pytest.mark.faults
def test_a_sink_that_fails_is_spooled_and_caught_up_and_no_request_notices(make_node, bundles):
    node = make_node()
    node.serve(bundles[0])
    artifacts = node.settings.home / "artifacts"
    shutil.rmtree(artifacts, ignore_errors=True)
    artifacts.write_text("a file where the sink wants a folder")
    times = []
    for seed in range(200):
        started = time.perf_counter()
        assert node.predict({"records": [full_record(seed)]}).status_code == 200
        times.append(time.perf_counter() - started)
    until = time.monotonic() + 20
    while not list((node.settings.state / "spool").glob("*.log")):
        assert time.monotonic() < until
        time.sleep(0.1)
    artifacts.unlink()
    assert len(wait_for_rows(artifacts, 200)) == 200
