"""A real web process on the tests' database."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bottega_platform.config.env import current

sys.path.insert(0, str(Path(__file__).parents[1] / "jobs"))

from engine_fixtures import *  # noqa: F403


@pytest.fixture
def web(transactional_db: None) -> Iterator[str]:
    """Base address of the API of a running web process."""
    env = current()
    command = [sys.executable, "-m", "uvicorn", "bottega_platform.config.asgi:application", "--port", str(env.port)]
    process = subprocess.Popen([*command, "--log-level", "warning", "--timeout-graceful-shutdown", "1"])
    try:
        _wait(f"{env.url}/api/v1/health")
        yield f"{env.url}/api/v1"
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(url)


@pytest.fixture
def token(shared_project: Any) -> str:
    """The token of a viewer of the project."""
    from bottega_platform.api.testing import client_as
    from bottega_platform.projects.models import Role

    found = client_as(Role.VIEWER, shared_project).token
    assert found
    return found
