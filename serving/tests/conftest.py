"""A real node: supervisor, edge worker and shipper, driven as the agent drives it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from bottega.serving_contract import DesiredRoute, DesiredState, ObservedDeployment
from bottega_serving.agent.apply import Applier
from bottega_serving.agent.bundles import BundleStore
from bottega_serving.agent.workers import Workers
from bottega_serving.settings import Settings, from_environment
from bottega_serving.testing import MadeBundle, make_bundle

ENDPOINT = "ep_01"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(happened: Callable[[], object], seconds: float = 20.0) -> object:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := happened():
            return found
        time.sleep(0.02)
    raise TimeoutError(f"not within {seconds} s")


@dataclass
class Node:
    """A running node and what its agent would do."""

    settings: Settings
    origin: Path
    environment: dict[str, str]
    process: "subprocess.Popen[bytes]"
    reports: list[ObservedDeployment] = field(default_factory=list)
    generation: int = 0
    project: str = "prj_01"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def applier(self) -> Applier:
        store = BundleStore(self.settings.bundles, self.copy)
        return Applier(self.settings, store, Workers(self.settings), self.reports.append)

    def copy(self, digest: str, path: str, target: Path) -> None:
        shutil.copyfile(self.origin / digest / path, target)

    def serve(self, *bundles: MadeBundle, version: int = 1, **route: object) -> None:
        self.generation += 1
        routes = [
            DesiredRoute(
                f"demo.risk{number or ''}", f"{ENDPOINT}{number or ''}", self.project,
                f"dep_{self.generation}_{number}", "risk", version, bundle.digest, **route,
            )
            for number, bundle in enumerate(bundles)
        ]  # fmt: skip
        self.applier().apply(DesiredState(self.generation, routes))

    def predict(self, body: object, **headers: str) -> httpx.Response:
        url = f"{self.url}/v1/endpoints/demo.risk/predict"
        return httpx.post(url, json=body, headers=headers, trust_env=False)

    def raw(self, data: bytes, *, seconds: float = 5.0) -> bytes:
        with socket.create_connection(("127.0.0.1", self.settings.port), timeout=seconds) as connection:
            connection.sendall(data)
            received = b""
            while True:
                chunk = connection.recv(65536)
                if not chunk:
                    return received
                received += chunk

    def alive(self) -> bool:
        try:
            return httpx.get(f"{self.url}/v2/health/ready", timeout=1, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def children(self) -> dict[str, int]:
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                status = (folder / "status").read_text()
                command = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"PPid:\t{self.process.pid}\n" in status:
                name = next((part.decode() for part in command if part.startswith(b"bottega_serving.")), "?")
                found[name] = int(folder.name)
        return found

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "bottega_serving.main"], env=self.environment)
        wait_for(self.alive)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(15)


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("origin")


@pytest.fixture(scope="session")
def bundles(origin: Path) -> list[MadeBundle]:
    return [make_bundle(origin, seed=seed) for seed in (1, 2)]


def launch(home: Path, origin: Path, **settings: str) -> Node:
    (home / "secrets").mkdir(parents=True)
    (home / "secrets" / "node").write_text("n" * 40)
    run = home / "r" if len(str(home)) < 60 else Path(tempfile.mkdtemp(prefix="bs-"))
    own = {
        "BOTTEGA_HOME": str(home),
        "BOTTEGA_SERVING_PORT": str(free_port()),
        "BOTTEGA_SERVING_RUN": str(run),
        "BOTTEGA_SERVING_DRAIN": "1",
        **settings,
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOTTEGA_")} | own
    node = Node(from_environment(environment), origin, environment, None)  # type: ignore[arg-type]
    node.start()
    return node


@pytest.fixture
def make_node(tmp_path: Path, origin: Path) -> Iterator[Callable[..., Node]]:
    nodes: list[Node] = []

    def make(**settings: str) -> Node:
        nodes.append(launch(tmp_path / f"h{len(nodes)}", origin, **settings))
        return nodes[-1]

    yield make
    for node in nodes:
        node.stop()


@pytest.fixture(scope="session")
def one_node(tmp_path_factory: pytest.TempPathFactory, origin: Path) -> Iterator[Node]:
    node = launch(tmp_path_factory.mktemp("n"), origin)
    yield node
    node.stop()


@pytest.fixture
def node(one_node: Node, bundles: list[MadeBundle]) -> Node:
    one_node.serve(bundles[0])
    one_node.reports.clear()
    return one_node
