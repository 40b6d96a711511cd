"""Parts alone: an environment with one wheel and what it declares, and the part does its work there."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from bottega_platform.embedded import ports
from bottega_serving.testing import StandaloneNode, full_record, make_onnx_bundle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
HEAVY = {"django", "pandas", "mlflow", "feast", "pyspark", "celery", "scikit-learn", "bottega-platform"}

EXPRESSIONS = """
import json
import numpy as np
from bottega_feature_store.codec import Vector
from bottega_feature_store.expressions import parse

expression = parse("LN(amount + 1) * 2", {"amount": "float64"})
row = expression.compile_row()
column = expression.compile_numpy()({"amount": Vector(np.array([0.0, 1.0]), np.array([False, False]))}, 2)
print(json.dumps([row({"amount": 0.0}), row({"amount": 1.0}), row({"amount": None}), column.values.tolist()]))
"""

READING = """
import json, sys
from bottega.specs.data import Column
from bottega_feature_store.codec import ViewCodec
from bottega_feature_store.online.client import ReadClient
from bottega_feature_store.online.reader import OnlineView, Reader
from bottega_feature_store.online.writer import Writer, flip
import redis

columns, (url, project) = [Column("trips", "int64"), Column("rating", "float64")], sys.argv[1:]
with redis.Redis.from_url(url) as store:
    Writer(store, project, "drivers", "v1").load([["ada"]], [ViewCodec(columns).pack(1_000_000, [7, 4.5])])
    flip(store, project, "drivers", "v1")
with ReadClient(url) as client:
    rows = Reader(client, OnlineView(project, "drivers", columns, 60)).read([["ada"], ["bob"]], 2_000_000)
print(json.dumps([[row.status, list(row.values)] for row in rows]))
"""


@pytest.fixture(scope="module")
def serving(dist: Path, new_environment: Callable[..., Path]) -> Path:
    """An environment with the serving wheel."""
    return new_environment(dist, "bottega-serving")


@pytest.fixture(scope="module")
def feature_store(dist: Path, new_environment: Callable[..., Path]) -> Path:
    """An environment with the feature store's base."""
    return new_environment(dist, "bottega-feature-store")


def run(environment: Path, code: str, *arguments: str) -> object:
    """Run code with the environment's Python, which sees nothing else, and return the JSON that it prints."""
    command = [environment / "bin" / "python", "-I", "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def installed(environment: Path) -> set[str]:
    code = "import importlib.metadata as m, json; print(json.dumps([d.name.lower() for d in m.distributions()]))"
    found = run(environment, code)
    assert isinstance(found, list)
    return set(found)


def test_the_serving_wheel_brings_nothing_of_the_control_plane(serving: Path) -> None:
    found = installed(serving)
    assert {"bottega", "bottega-feature-store", "bottega-serving", "onnxruntime"} <= found
    assert found & HEAVY == set()


def test_the_serving_wheel_alone_serves_an_onnx_bundle_from_disk(serving: Path, tmp_path: Path) -> None:
    bundle = make_onnx_bundle(tmp_path / "bundles")
    (port,) = ports.pick(1)
    environment = {"PATH": "/usr/bin:/bin", "BOTTEGA_HOME": str(tmp_path / "home"), "BOTTEGA_SERVING_PORT": str(port)}
    node = StandaloneNode([str(serving / "bin" / "bottega-serving")], environment)
    try:
        node.start("--bundle", bundle.folder, "--endpoint", "demo.risk")
        answer = node.predict("demo.risk", {"records": [full_record(0), full_record(1)]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["degraded"] == []
        assert node.predict("demo.risk", {"records": [{"surprise": 1}]}).status_code == 422
    finally:
        node.stop()
    assert answer.json()["predictions"] == pytest.approx(by_the_library(bundle.folder / "model.onnx", 2))


def by_the_library(model: Path, count: int) -> list[float]:
    """Return what ONNX Runtime says to the first full records, encoded by hand."""
    rows = []
    for record in map(full_record, range(count)):
        views = [record[f"x{number}"] for number in range(6)]
        colour = ["blue", "green", "red"].index(record["colour"])
        rows.append([*views, record["amount"], colour, np.log(record["amount"] + 1), 12.0])
    found = onnxruntime.InferenceSession(str(model)).run(None, {"rows": np.array(rows, np.float64)})[0]
    return [float(value) for value in found[:, 0]]


def test_the_feature_stores_base_is_small_and_computes_expressions(feature_store: Path) -> None:
    assert installed(feature_store) & (HEAVY | {"redis", "pyarrow", "duckdb"}) == set()
    assert run(feature_store, EXPRESSIONS) == [0.0, 2 * np.log(2), None, [0.0, 2 * np.log(2)]]


def test_the_feature_store_reads_online_values_from_a_valkey(
    dist: Path, new_environment: Callable[..., Path], online_store_url: str
) -> None:
    reading = new_environment(dist, "bottega-feature-store[online]")
    assert installed(reading) & (HEAVY | {"pyarrow", "duckdb"}) == set()
    found = run(reading, READING, online_store_url, "prj_parts_alone")
    assert found == [["present", [7, 4.5]], ["not_found", [None, None]]]
