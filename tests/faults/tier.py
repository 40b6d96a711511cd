"""A real web process and a real serving node whose parts stop at fault points, and a caller who never pauses."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from processes import eventually

from bottega_platform.api.testing import ApiClient
from bottega_platform.config import env
from bottega_serving.testing import full_record

ENDPOINTS = "/api/v1/projects/harbour/endpoints"
RECORD = {"records": [full_record(3)]}


def faults(points: Iterable[str], action: str, marks: Path) -> dict[str, str]:
    """Return the environment of processes that stop once at each of these points."""
    marks.mkdir()
    return {"BOTTEGA_FAULT": ",".join(f"{point}:{action}" for point in points), "BOTTEGA_FAULT_ONCE": str(marks)}


def fired(marks: Path) -> set[str]:
    """Return the points that fired."""
    return {path.name for path in marks.iterdir()}


def predict() -> tuple[int, float]:
    """Ask the node; return the version that answered and what it said."""
    url = f"{env.current().serving_url}/v1/endpoints/harbour.risk/predict"
    answer = httpx.post(url, json=RECORD, trust_env=False, timeout=30)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["version"], body["predictions"][0]


class Caller(threading.Thread):
    """Asks for the same prediction for as long as it is let, and keeps what it was told."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.answers: list[tuple[int, Any]] = []
        self.refused: list[str] = []
        self.broken: list[str] = []
        self._over = threading.Event()

    def run(self) -> None:
        """Ask until told to stop."""
        while not self._over.wait(0.02):
            try:
                self.answers.append(predict())
            except AssertionError as error:
                self.refused.append(str(error))
            except httpx.TransportError as error:
                self.broken.append(f"{type(error).__name__} after {len(self.answers)} answers")

    def stop(self) -> None:
        """Stop asking and wait for the last answer."""
        self._over.set()
        self.join(60)


@contextmanager
def calling() -> Iterator[Caller]:
    """Have somebody ask all the time."""
    caller = Caller()
    caller.start()
    try:
        yield caller
    finally:
        caller.stop()


def versions_in_turn(caller: Caller) -> list[int]:
    """Return the versions that answered, in their order, each change once."""
    return [version for version, _ in itertools.groupby(version for version, _ in caller.answers)]


@dataclass
class Web:
    """A web process that is started again when it ends, and a client that repeats what was not answered."""

    client: ApiClient
    environment: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep it running."""
        over, starts = threading.Event(), threading.Thread(target=lambda: self._keep(over), daemon=True)
        starts.start()
        try:
            yield
        finally:
            over.set()
            starts.join(60)

    def _keep(self, over: threading.Event) -> None:
        while not over.is_set():
            running = self._start()
            while running.poll() is None and not over.wait(0.05):
                pass
            if running.poll() is None:
                running.send_signal(signal.SIGTERM)
                running.wait(30)

    def _start(self) -> "subprocess.Popen[bytes]":
        port, app = str(env.current().port), "bottega_platform.config.asgi:application"
        command = [sys.executable, "-m", "uvicorn", app, "--port", port, "--log-level", "warning"]
        return subprocess.Popen(command, env={**os.environ, **self.environment})

    def post(self, path: str, body: Any, key: str) -> dict[str, Any]:
        """Post until it is accepted, always under the same key."""
        answer = eventually(lambda: self._try(path, body, key), seconds=600, what="the request to be accepted")
        return dict(answer)

    def _try(self, path: str, body: Any, key: str) -> dict[str, Any] | None:
        headers = {"Authorization": f"Bearer {self.client.token}", "Idempotency-Key": key}
        try:
            answer = httpx.post(f"{env.current().url}{path}", json=body, headers=headers, trust_env=False, timeout=30)
        except httpx.TransportError:
            time.sleep(0.2)
            return None
        return answer.json() if answer.status_code in {200, 201, 202} else None
