"""Killing everything loses nothing, and serving answers without the rest."""

import os
import signal
import time

import httpx
import psutil
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def _processes(home: str) -> list[psutil.Process]:
    mine = []
    for process in psutil.process_iter():
        try:
            if (process.environ().get("BOTTEGA_HOME") == home and process.pid != os.getpid()) or (
                home in " ".join(process.cmdline()) and process.pid != os.getpid()
            ):
                mine.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return mine


def _predict(platform) -> list[float]:
    record = platform.demo["prediction"]["record"]
    url = f"{platform.serving_url}/v1/endpoints/flights.delay/predict"
    answer = httpx.post(url, json={"records": [record]}, timeout=10, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"]


def test_after_killing_every_process_up_gives_the_same_endpoint_the_same_prediction(running_platform) -> None:
    before = _predict(running_platform)
    versions = running_platform.client.get("/projects/flights/models/delay/versions")
    for process in _processes(str(running_platform.home)):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    with pytest.raises(httpx.HTTPError):
        _predict(running_platform)
    running_platform.bottega("up")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            after = _predict(running_platform)
            break
        except (httpx.HTTPError, AssertionError):
            time.sleep(0.3)
    assert after == before
    assert running_platform.client.get("/projects/flights/models/delay/versions")["results"] == versions["results"]
    running_platform.bottega("verify")
