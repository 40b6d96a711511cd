"""One started platform for every end-to-end test: its own home and ports, the example run once."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from bottega.client import Client
from bottega_platform.config.env import PORTS, URLS
from bottega_platform.embedded import ports

ROOT = Path(__file__).parents[1]
START_SECONDS = 300
DEMO_SECONDS = 1500


@dataclass
class Platform:
    """A platform that runs in the background, as a user's would."""

    home: Path
    environment: dict[str, str]
    project: str = "flights"
    demo: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where console and API are."""
        return f"http://127.0.0.1:{self.environment['BOTTEGA_PORT']}"

    @property
    def serving_url(self) -> str:
        """Where predictions are answered."""
        return f"http://127.0.0.1:{self.environment['BOTTEGA_SERVING_PORT']}"

    @cached_property
    def client(self) -> Client:
        """A client of the platform's administrator."""
        return Client(self.url, self.manage("api_token", "--name", "tests").strip())

    def signin_link(self) -> str:
        """Return a fresh one-time link."""
        return self.manage("signin_link").strip()

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed."""
        return self._run([sys.executable, str(ROOT / "platform" / "manage.py"), *arguments], seconds=120)

    def bottega(self, *arguments: str, seconds: float = START_SECONDS) -> str:
        """Run the command line and return what it printed; fail with its output when it fails."""
        return self._run([str(Path(sys.executable).parent / "bottega"), *arguments], seconds=seconds)

    def run_demo(self) -> dict[str, Any]:
        """Run the example and return the JSON object on its last line."""
        output = self.bottega("demo", seconds=DEMO_SECONDS)
        result: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
        return result

    def _run(self, command: list[str], *, seconds: float) -> str:
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, (
            f"{command} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
        return done.stdout


def _environment(home: Path) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in {*URLS, "DJANGO_SETTINGS_MODULE"}}
    environment["BOTTEGA_HOME"] = str(home)
    environment.update({name: str(port) for name, port in zip(PORTS, ports.pick(len(PORTS)), strict=True)})
    return environment


@pytest.fixture(scope="session")
def running_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform on which the example has run and whose model has two versions."""
    home = tmp_path_factory.mktemp("platform") / "home"
    platform = Platform(home, _environment(home))
    platform.bottega("up")
    try:
        platform.demo = platform.run_demo()
        _second_version(platform)
        yield platform
    finally:
        platform.bottega("down")


def _second_version(platform: Platform) -> None:
    versions = f"/projects/{platform.project}/models/delay/versions"
    accepted = platform.client.post(versions, {"training_run": "logistic_regression"})
    platform.client.wait(accepted["job"])
