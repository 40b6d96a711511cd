"""Our own Python processes, as services that the supervisor can run."""

import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bottega_platform.config.env import LOOPBACK, Env
from bottega_platform.embedded.process import Program

# glibc keeps one arena per thread and core by default; ours are many small processes.
_LEAN = {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}


@dataclass(kw_only=True)
class PythonService:
    """One Python process. Without ``health`` it is ready as soon as its ``ready_file`` is there."""

    env: Env
    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    listens: Mapping[str, int] = field(default_factory=dict)
    health: str = ""
    ready_seconds: float = 300.0
    stop_seconds: float = 15.0
    outlives_parent: bool = False

    @property
    def ready_file(self) -> Path:
        """What a process without a port makes when it does its work: see ``BOTTEGA_READY_FILE``."""
        return self.env.home / "run" / f"{self.name}.ready"

    def ports(self) -> dict[str, int]:
        """The ports it listens on, by the variable that moves them."""
        return dict(self.listens)

    def prepare(self) -> None:
        """Forget that an earlier one was ready."""
        self.ready_file.unlink(missing_ok=True)

    def program(self) -> Program:
        """The process."""
        return Program(
            name=self.name,
            argv=[sys.executable, *self.arguments],
            env={**_LEAN, **self.environment, "BOTTEGA_READY_FILE": str(self.ready_file)},
            log=self.env.home / "log" / f"{self.name}.log",
            cwd=self.env.home,
            stop_seconds=self.stop_seconds,
            outlives_parent=self.outlives_parent,
        )

    def ready(self) -> bool:
        """Say whether it does its work."""
        if self.health:
            return _answers(next(iter(self.listens.values())), self.health)
        return self.ready_file.exists()

    def settle(self) -> None:
        """Nothing to do once it is ready."""


def inherited(env: Env) -> dict[str, str]:
    """Return the environment of a platform process: ours, with the home written out."""
    return {**os.environ, "BOTTEGA_HOME": str(env.home), "DJANGO_SETTINGS_MODULE": "bottega_platform.config.settings"}


def minimal(env: Env) -> dict[str, str]:
    """Return an environment without anything that was not asked for."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"BOTTEGA_HOME": str(env.home)}


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
