"""A sweep without any grace takes the garbage of a platform that has worked, and nothing else."""

import json
import os
import time
from pathlib import Path

import httpx
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def _sweep(platform, *options: str) -> dict:
    return json.loads(platform.bottega("sweep", "-o", "json", "--grace-hours", "0", *options))["sweepers"]


def _blob(platform, digest: str) -> Path:
    path = platform.home / "artifacts" / "blobs" / "sha256" / digest[:2] / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _staged(platform) -> Path:
    """Return a folder that a lost attempt would have left in a table that is published."""
    table = next(path.parent for path in (platform.home / "artifacts" / "tables").glob("*/*/metadata"))
    folder = table / "job_00000000000000000000000000-1"
    folder.mkdir()
    (folder / "part-0.parquet").write_bytes(b"half a file")
    return folder


def _predict(platform) -> list[float]:
    url = f"{platform.serving_url}/v1/endpoints/flights.delay/predict"
    answer = httpx.post(url, json={"records": [platform.demo["prediction"]["record"]]}, timeout=10, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"]


def test_after_the_loop_a_sweep_takes_what_was_lost_and_every_promise_still_holds(running_platform) -> None:
    before = _predict(running_platform)
    blob, staged = _blob(running_platform, "ab" * 32), _staged(running_platform)
    blob.write_bytes(b"nobody names me")
    long_ago = time.time() - 2 * 24 * 3600
    for path in (blob, staged / "part-0.parquet"):
        os.utime(path, (long_ago, long_ago))
    told = _sweep(running_platform, "--dry-run")
    assert blob.exists()
    assert staged.exists()
    assert "ab" * 32 in told["blobs"]["subjects"]
    _sweep(running_platform)
    assert not blob.exists()
    assert not staged.exists()
    running_platform.bottega("verify")
    run = running_platform.client.get("/projects/flights/training-runs")["results"][0]["name"]
    assert running_platform.client.get(f"/projects/flights/training-runs/{run}/report")["metrics"]
    assert running_platform.client.get("/projects/flights/tables/flights/preview")["rows"]
    assert _predict(running_platform) == before
    assert _sweep(running_platform)["blobs"]["count"] == 0
