"""A kit for testing what serves and what deploys: real bundles, small and synthetic.

``make_bundle`` trains a LightGBM model of a few trees and writes a complete bundle folder; two bundles of
different ``seed`` answer differently, so that a test can tell versions apart.
"""

import hashlib
import json
import math
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np

from bottega.bundle import FileEntry, Manifest, ModelInput, OnlineView, Signature, Stamps
from bottega.specs.data import Column
from bottega.specs.features import ExpressionFeature, RequestField

NUMERIC = [f"x{number}" for number in range(6)]
COLOURS = ["blue", "green", "red"]


@dataclass(frozen=True)
class MadeBundle:
    """A bundle folder, its digest, and what is needed to check answers."""

    folder: Path
    digest: str
    manifest: Manifest

    def sample(self) -> dict[str, Any]:
        """Return a predict body with a full feature set."""
        return {"records": [full_record(0)]}


def full_record(seed: int) -> dict[str, Any]:
    """Return one record with keys, request fields and every view feature."""
    random = np.random.default_rng(seed)
    features = {name: round(float(value), 4) for name, value in zip(NUMERIC, random.normal(size=6), strict=True)}
    return key_record(seed) | features


def key_record(seed: int) -> dict[str, Any]:
    """Return one record with keys and request fields only."""
    return {
        "user": f"u{seed % 100}",
        "shop": seed % 10,
        "amount": float(seed % 7) + 0.5,
        "colour": COLOURS[seed % 3],
        "at": "2024-05-01T12:00:00Z",
    }


def signature(*, ttl_seconds: int | None = 86_400) -> Signature:
    """Return a signature with two views, two request fields, one category and one expression."""
    numbers = [Column(name, "float64") for name in NUMERIC]
    user = [Column("user", "string", nullable=False)]
    views = [
        OnlineView("users", "fv_users", "aaaaaaaaaaaa", user, numbers[:4], ttl_seconds),
        OnlineView(
            "shops", "fv_shops", "bbbbbbbbbbbb", [*user, Column("shop", "int64", nullable=False)], numbers[4:], None
        ),
    ]
    inputs = [ModelInput(name, "float64", "view", "users") for name in NUMERIC[:4]]
    inputs += [ModelInput(name, "float64", "view", "shops") for name in NUMERIC[4:]]
    inputs += [
        ModelInput("amount", "float64", "request"),
        ModelInput("colour", "string", "request", categories=COLOURS),
        ModelInput("log_amount", "float64", "expression"),
        ModelInput("hour", "float64", "expression"),
    ]
    return Signature(
        keys=[*user, Column("shop", "int64", nullable=False)],
        request=[RequestField("amount", "float64"), RequestField("colour", "string"), RequestField("at", "timestamp")],
        event_time="at",
        inputs=inputs,
        views=views,
        expressions=[
            ExpressionFeature("log_amount", "LN(amount + 1)", "float64"),
            ExpressionFeature("hour", "HOUR(at)", "float64"),
        ],
        output="probability",
        sample=full_record(0),
    )


def _train(seed: int, width: int, trees: int, leaves: int) -> Any:
    import lightgbm

    random = np.random.default_rng(seed)
    matrix = random.normal(size=(2000, width))
    if width == 10:
        matrix[:, 7] = random.integers(0, 3, size=2000)
    labels = (matrix[:, 0] + matrix[:, 1] * (seed % 5 - 2) + random.normal(size=2000) > 0).astype(int)
    parameters = {"objective": "binary", "num_leaves": leaves, "verbose": -1, "num_threads": 1, "seed": seed}
    data = lightgbm.Dataset(matrix, labels, categorical_feature=[7] if width == 10 else [])
    return lightgbm.train(parameters, data, trees), matrix


def make_bundle(
    parent: Path, *, seed: int = 1, shape: Signature | None = None, trees: int = 20, leaves: int = 15
) -> MadeBundle:
    """Train a small model and write its bundle below ``parent``, in a folder named by its digest."""
    shape = shape or signature()
    booster, matrix = _train(seed, len(shape.inputs), trees, leaves)
    return write_bundle(parent, booster.model_to_string().encode(), shape, matrix[:20], booster.predict(matrix[:20]))


def make_onnx_bundle(parent: Path, *, seed: int = 1) -> MadeBundle:
    """Write the bundle of a logistic model in ONNX below ``parent``; needs the package ``onnx``."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    shape, random = signature(), np.random.default_rng(seed)
    weights, matrix = random.normal(size=(len(shape.inputs), 1)), random.normal(size=(20, len(shape.inputs)))
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["rows", "weights"], ["score"]),
            helper.make_node("Sigmoid", ["score"], ["probability"]),
        ],
        "logistic",
        [helper.make_tensor_value_info("rows", TensorProto.DOUBLE, [None, len(shape.inputs)])],
        [helper.make_tensor_value_info("probability", TensorProto.DOUBLE, [None, 1])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    outputs = 1 / (1 + np.exp(-matrix @ weights[:, 0]))
    return write_bundle(parent, model.SerializeToString(), shape, matrix, outputs, model_format="onnx")


def write_bundle(
    parent: Path, model: bytes, shape: Signature, golden: Any, outputs: Any, *, model_format: str = "lightgbm"
) -> MadeBundle:
    """Write a bundle of these model bytes and golden rows."""
    name = "model.txt" if model_format == "lightgbm" else "model.onnx"
    mlmodel = b"flavors: {}\n"
    files = [_entry(name, model), _entry("MLmodel", mlmodel)]
    manifest = Manifest(
        task="binary",
        format=model_format,  # type: ignore[arg-type]
        model_file=name,
        signature=shape,
        feature_service="service",
        files=files,
        golden_inputs=[[None if math.isnan(value) else float(value) for value in row] for row in golden],
        golden_outputs=[float(value) for value in outputs],
        metrics={"auc": 0.9},
        measured={"p50_us": 3.0},
        stamps=Stamps("0" * 40, "ts_x", "trun_x", {}, {}, "usr_x", "2024-05-01T00:00:00Z"),
    )
    raw = msgspec.json.encode(manifest)
    digest = hashlib.sha256(raw).hexdigest()
    folder = parent / digest
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(model)
    (folder / "MLmodel").write_bytes(mlmodel)
    (folder / "manifest.json").write_bytes(raw)
    return MadeBundle(folder, digest, manifest)


def _entry(path: str, data: bytes) -> FileEntry:
    return FileEntry(path, hashlib.sha256(data).hexdigest(), len(data))


def pretty(document: Any) -> str:
    """Return readable JSON for a test's message."""
    return json.dumps(document, indent=1, sort_keys=True)


class Answers:
    """Stands where a client's connection is and keeps what it is answered."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.headers: list[bytes] = []

    def answer(self, request: Any, status: int, body: bytes, content_type: bytes = b"", extra: bytes = b"") -> None:
        """Keep an answer."""
        del request, content_type
        self.answers.append((status, json.loads(body)))
        self.headers.append(extra)


class EdgeInProcess:
    """An edge worker's handler without sockets, serving one bundle as ``demo.risk``; needs a running loop."""

    def __init__(self, folder: Path, bundle: MadeBundle, *, max_rows: int = 10_000) -> None:
        from concurrent.futures import ThreadPoolExecutor

        from bottega.serving_contract import DesiredRoute, DesiredState
        from bottega_serving import metrics
        from bottega_serving.edge.app import App
        from bottega_serving.edge.call import Tools
        from bottega_serving.edge.endpoint import Endpoint
        from bottega_serving.edge.plan import Plan
        from bottega_serving.edge.ring import Ring
        from bottega_serving.models import load_bundle
        from bottega_serving.settings import from_environment

        metrics.create(folder / "metrics.shm", workers=1)
        board = metrics.Board(folder / "metrics.shm", slot=0)
        self.app = App(from_environment({"BOTTEGA_HOME": str(folder)}), board)
        self.ring = Ring(str(folder / "none.sock"))
        self.tools = Tools(ring=self.ring, store=None, executor=ThreadPoolExecutor(1), max_rows=max_rows)
        self.plan = Plan(bundle.manifest.signature, "prj_01")
        route = DesiredRoute("demo.risk", "ep_01", "prj_01", "dep_1", "risk", 1, bundle.digest)
        counter = board.counter(metrics.SeriesKey("ep_01", 1, "demo.risk"))
        self.endpoint = Endpoint(route, load_bundle(bundle.folder, bundle.digest), self.plan, counter, self.tools)
        self.app.swap(DesiredState(1, [route]), {"demo.risk": self.endpoint})
        self.counter = counter

    def send(self, body: bytes) -> Answers:
        """Hand in a predict body; a request of many rows is answered in later turns of the loop."""
        from bottega_serving.edge.http import Request

        request, client = Request(), Answers()
        request.url, request.method, request.body = b"/v1/endpoints/demo.risk/predict", b"POST", body
        request.host, request.content_type = b"127.0.0.1", b"application/json"
        self.app.handle(client, request)
        return client

    async def answered(self, client: Answers) -> tuple[int, dict[str, Any]]:
        """Wait for the answer to what was sent."""
        import asyncio

        while not client.answers:  # noqa: ASYNC110 - nothing else than turns of the loop is waited for
            await asyncio.sleep(0)
        return client.answers[0]


class StandaloneNode:
    """``bottega-serving --bundle …`` as a process; ``command`` is how to call it, ``environment`` all it gets."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.command = list(command)
        self.environment = dict(environment)
        self.url = f"http://127.0.0.1:{self.environment['BOTTEGA_SERVING_PORT']}"
        self._process: subprocess.Popen[str] | None = None

    def start(self, *arguments: object, seconds: float = 60.0) -> None:
        """Start it and wait until it is ready; raise RuntimeError with what it said when it ends instead."""
        command = [*self.command, *map(str, arguments)]
        self._process = subprocess.Popen(command, env=self.environment, text=True, stderr=subprocess.PIPE)
        until = time.monotonic() + seconds
        while not self._ready(self._process):
            if time.monotonic() > until:
                raise TimeoutError(f"the node is not ready after {seconds:.0f} s")
            time.sleep(0.05)

    def refusal(self, *arguments: object) -> str:
        """Return the last line of what it says when it does not start."""
        command = [*self.command, *map(str, arguments)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 1:
            raise RuntimeError(f"ended with {done.returncode}: {done.stderr}")
        return done.stderr.strip().splitlines()[-1]

    def predict(self, endpoint: str, body: object, **headers: str) -> httpx.Response:
        """Post a predict body."""
        url = f"{self.url}/v1/endpoints/{endpoint}/predict"
        return httpx.post(url, json=body, headers=headers, trust_env=False)

    def stop(self) -> None:
        """End it, as a service manager would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.communicate(timeout=30)
            self._process = None

    def _ready(self, process: "subprocess.Popen[str]") -> bool:
        if process.poll() is not None:
            raise RuntimeError(process.communicate()[1])
        try:
            return httpx.get(f"{self.url}/v2/health/ready", timeout=1, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False
