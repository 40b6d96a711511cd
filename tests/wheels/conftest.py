"""Wheels built once, and an environment with nothing but them: no checkout, no Node, nothing of this one."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bottega_platform.config.env import PORTS
from bottega_platform.embedded import ports

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
# What a developer's machine has and a user's may not.
HIDDEN = re.compile(
    r"(node|npm|npx|corepack|java|javac|psql|pg_.*|postgres|initdb|redis-.*|valkey-.*|uv|uvx|gcc|cc|g\+\+|docker|python.*|pip.*)$"
)
FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")


@dataclass(frozen=True)
class Installation:
    """An environment with the wheels, and a user's shell in it."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, seconds: float = 300) -> str:
        """Run a program of the environment in an empty folder and return what it printed."""
        argv = [str(self.folder / "venv" / "bin" / command[0]), *command[1:]]
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        done = subprocess.run(
            argv, env=self.environment, cwd=work, capture_output=True, text=True, check=False, timeout=seconds
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    @property
    def url(self) -> str:
        """Where its platform is."""
        return f"http://127.0.0.1:{self.environment['BOTTEGA_PORT']}"


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``make wheels`` makes."""
    target = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [str(ROOT / "scripts" / "wheels"), str(target)], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return target


@pytest.fixture(scope="session")
def new_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Path]:
    """Make an environment with one requirement and what it declares; our packages come from the wheels alone."""

    def make(dist: Path, requirement: str) -> Path:
        folder = tmp_path_factory.mktemp("part") / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=120)
        install(folder, dist, requirement)
        return folder

    return make


def install(environment: Path, dist: Path, *requirements: str) -> None:
    """Install built wheels, everything else in the versions that were tested."""
    command = [UV, "pip", "install", "--quiet", "--python", environment / "bin" / "python"]
    command += ["--find-links", dist, "--constraint", dist / "constraints.txt", *requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, cwd=dist)
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.fixture(scope="session")
def new_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Installation]]:
    """Make an empty environment with a home and ports of its own; its platform is ended at the end."""
    made: list[Installation] = []

    def make(*, pip: bool = False) -> Installation:
        folder = tmp_path_factory.mktemp("installed")
        options = [] if pip else ["--without-pip"]
        subprocess.run([sys.executable, "-m", "venv", *options, folder / "venv"], check=True, timeout=120)
        made.append(Installation(folder, _environment(folder)))
        return made[-1]

    yield make
    for installation in made:
        installation.run("bottega", "down")


@pytest.fixture(scope="session")
def installed(dist: Path, new_installation: Callable[..., Installation]) -> Installation:
    """The wheels, everything else in the versions that were tested."""
    installation = new_installation()
    install(installation.folder / "venv", dist, "bottega-platform[embedded]", "bottega-examples")
    return installation


def _environment(folder: Path) -> dict[str, str]:
    tools = folder / "bin"
    tools.mkdir()
    for program in (entry for name in FOLDERS for entry in Path(name).glob("*")):
        if not HIDDEN.match(program.name) and not (tools / program.name).exists() and os.access(program, os.X_OK):
            (tools / program.name).symlink_to(program)
    assert shutil.which("node", path=str(tools)) is None
    numbers = dict(zip(PORTS, map(str, ports.pick(len(PORTS))), strict=True))
    home = {"HOME": str(folder / "user"), "BOTTEGA_HOME": str(folder / "home"), "LANG": "C.UTF-8"}
    return {"PATH": str(tools), **home, **numbers}
