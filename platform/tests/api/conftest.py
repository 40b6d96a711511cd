"""A real web process on the reserved port, with the tests' database."""

import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from bottega_platform.config.env import current


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[str]:
    """Address of a running web process."""
    env = current()
    command = [sys.executable, "-m", "uvicorn", "bottega_platform.config.asgi:application", "--port", str(env.port)]
    process = subprocess.Popen([*command, "--log-level", "warning"])
    try:
        wait(env.url)
        yield env.url
    finally:
        process.terminate()
        process.wait(10)


def wait(url: str) -> None:
    for _ in range(150):
        try:
            if httpx.get(f"{url}/api/v1/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(url)
