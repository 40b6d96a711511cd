"""Killing everything loses nothing, and serving answers without the rest."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def _processes(home: str) -> list[psutil.Process]:
    """Return every process of the platform: what works in its home or was told of it, and all their children."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if process.environ().get("BOTTEGA_HOME") == home or process.cwd().startswith(home):
                found |= {one.pid: one for one in (process, *process.children(recursive=True))}
    found.pop(os.getpid(), None)
    return list(found.values())


def _is_node(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.cmdline()[-2:] == ["-m", "bottega_serving.main"]
    return False


def _predict(platform, **features: Any) -> list[float]:
    """Ask about the demo's keys; with every feature given nothing is looked up."""
    record = {**platform.demo["prediction"]["record"], **features}
    url = f"{platform.serving_url}/v1/endpoints/flights.delay/predict"
    answer = httpx.post(url, json={"records": [record]}, timeout=10, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"]


def _no_features(platform) -> dict[str, None]:
    """Return every feature of the endpoint's views as a null, so that an answer needs no online store."""
    signature = platform.client.get("/projects/flights/models/delay/versions/1")["signature"]
    return {item["name"]: None for item in signature["inputs"] if item["origin"] == "view"}


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def _answered(platform, *, seconds: float = 30, **features: Any) -> list[float]:
    """Return the prediction as soon as there is one."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return _predict(platform, **features)
        except (httpx.HTTPError, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


@pytest.fixture
def restored(running_platform) -> Iterator[Any]:
    """The platform, brought up again whatever a test has killed."""
    yield running_platform
    _kill(_processes(str(running_platform.home)))
    running_platform.bottega("up")


def test_with_every_other_process_killed_the_node_answers_and_starts_again_from_its_disk(restored) -> None:
    features = _no_features(restored)
    before = _predict(restored, **features)
    everything = _processes(str(restored.home))
    (node,) = filter(_is_node, everything)
    command, environment = node.cmdline(), node.environ()
    own = [node, *node.children(recursive=True)]
    _kill([one for one in everything if one not in own])
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{restored.url}/api/v1/health", timeout=5, trust_env=False)
    assert _predict(restored, **features) == before
    _kill(own)
    alone = subprocess.Popen(command, env=environment)
    try:
        assert _answered(restored, **features) == before
    finally:
        alone.kill()
        alone.wait()


def test_after_killing_every_process_up_gives_the_same_endpoint_the_same_prediction(running_platform) -> None:
    before = _predict(running_platform)
    versions = running_platform.client.get("/projects/flights/models/delay/versions")
    _kill(_processes(str(running_platform.home)))
    with pytest.raises(httpx.HTTPError):
        _predict(running_platform)
    running_platform.bottega("up")
    assert _answered(running_platform) == before
    assert running_platform.client.get("/projects/flights/models/delay/versions")["results"] == versions["results"]
    running_platform.bottega("verify")
