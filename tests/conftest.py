"""One started platform for every end-to-end test: its own home and ports, the example run once."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pytest

from bottega.client import Client
from bottega_platform.config.env import PORTS, URLS
from bottega_platform.embedded import ports

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
START_SECONDS = 300
BLOCK_SECONDS = 900
ACT = re.compile(r"^\d+\. (?P<words>.+)$")
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
    try:
        platform.bottega("up")
        platform.demo = platform.run_demo()
        _second_version(platform)
        yield platform
    finally:
        platform.bottega("down")


def _second_version(platform: Platform) -> None:
    versions = f"/projects/{platform.project}/models/delay/versions"
    accepted = platform.client.post(versions, {"training_run": "logistic_regression"})
    platform.client.wait(accepted["job"])


@dataclass
class Step:
    """One thing that a page tells its reader to do: a block of commands, or an act in the browser."""

    kind: Literal["commands", "act"]
    text: str
    place: str
    shown: str = ""

    def check(self, printed: str) -> None:
        """Compare what was printed with the output on the page, in which … stands for anything."""
        whole, at = " ".join(printed.split()), 0
        for piece in self.shown.split("…"):
            words = " ".join(piece.split())
            found = whole.find(words, at)
            assert found >= 0, f"{self.place}: {words!r} was not printed\n{printed}"
            at = found + len(words)


class Reader:
    """Somebody who follows a page: its ``sh`` blocks in one folder, what a block exports kept for the next one."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform = platform
        self._exports = folder / "exports"
        self._folder = folder / "work"
        self._folder.mkdir()
        self._environment = {
            **platform.environment,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "BOTTEGA_CONFIG": str(folder / "login"),
            "BACKUP": str(folder / "backup"),
            "COLUMNS": "200",
        }

    def steps(self, page: str) -> Iterator[Step]:
        """Yield the steps of a page in order; a ``text`` block is the output of the block above it."""
        fence: list[str] | None = None
        found: list[Step] = []
        for number, line in enumerate((DOCS / page).read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith("```"):
                fence = [line] if fence is None else self._ended(fence, found, f"{page}:{number}")
            elif fence is not None:
                fence.append(line)
            elif act := ACT.match(line):
                found.append(Step("act", act["words"], f"{page}:{number}"))
        yield from found

    def _ended(self, fence: list[str], found: list[Step], place: str) -> None:
        text = "\n".join(fence[1:])
        if fence[0] == "```sh":
            found.append(Step("commands", text, place))
        elif fence[0] == "```text":
            found[-1].shown = text

    def run(self, step: Step) -> None:
        """Run a block of commands, which has to succeed and to print what the page shows."""
        link = f"LINK='{self._platform.signin_link()}'" if "$LINK" in step.text else ""
        kept = f"[ ! -e {self._exports} ] || . {self._exports}"
        script = f"set -euo pipefail\n{kept}\n{link}\n{step.text}\nexport -p >{self._exports}"
        done = subprocess.run(
            ["bash", "-c", script],
            env=self._environment,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BLOCK_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{step.place}: {step.text}\n{done.stdout}"
        step.check(done.stdout)

    def follow(self, page: str) -> int:
        """Run every block of a page that has commands alone, and return how many there were."""
        steps = list(self.steps(page))
        for step in steps:
            assert step.kind == "commands", f"{step.place}: {step.text} is for a browser"
            self.run(step)
        return len(steps)


@pytest.fixture
def reader(running_platform: Platform, tmp_path: Path) -> Reader:
    """A reader of the documentation, at the running platform."""
    return Reader(running_platform, tmp_path)
