"""What the supervisor tells the world: one JSON file, replaced as a whole at every change."""

import fcntl
import os
from pathlib import Path
from typing import IO

import msgspec

from bottega.problems import Problem, ProblemError
from bottega_platform.embedded.process import Identity, start_time

FORMAT = 1

STARTING, RUNNING, STOPPING, FAILED, STOPPED = "starting", "running", "stopping", "failed", "stopped"
WAITING, READY, DONE, RESTARTING = "waiting", "ready", "done", "restarting"


class HomeFormatError(ProblemError):
    """The home was written by a newer Bottega."""

    code = "home_format"
    title = "This home is of a newer version"
    status = 409


class ProcessState(msgspec.Struct, kw_only=True):
    """One process of the plan."""

    name: str
    state: str = WAITING
    pid: int = 0
    started: int = 0
    generation: str = ""
    fingerprint: str = ""
    restarts: int = 0
    seconds: float = 0.0
    since: float = 0.0
    detail: str = ""

    def alive(self) -> bool:
        """Say whether the process written down here still runs."""
        return bool(self.pid) and Identity(self.pid, self.started).alive()


class SupervisorState(msgspec.Struct, kw_only=True):
    """The whole picture. ``generation`` is new with every start of a supervisor."""

    format: int = FORMAT
    generation: str = ""
    pid: int = 0
    started: int = 0
    phase: str = STOPPED
    problem: Problem | None = None
    processes: list[ProcessState] = []

    def alive(self) -> bool:
        """Say whether this supervisor still runs."""
        return bool(self.pid) and start_time(self.pid) == self.started

    def process(self, name: str) -> ProcessState | None:
        """Return the process called ``name``."""
        return next((process for process in self.processes if process.name == name), None)


class StateFile:
    """``run/supervisor.json`` of one home, and the lock that says who may write it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / "run" / "supervisor.json"

    def read(self) -> SupervisorState:
        """Return the last picture; an empty one when there is none."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=SupervisorState)
        except FileNotFoundError:
            return SupervisorState()

    def write(self, state: SupervisorState) -> None:
        """Replace the picture."""
        fresh = self.path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=1))
        fresh.replace(self.path)

    def lock(self) -> IO[bytes] | None:
        """Take the lock for the life of this process; None when another supervisor holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = (self.path.parent / "supervisor.lock").open("wb")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return None
        return handle


def prepare_home(home: Path) -> None:
    """Make the folders of a home and check the number of its layout.

    Raises:
        HomeFormatError: when a newer Bottega wrote it.
    """
    for name in ("", "run", "log", "secrets", "artifacts", "scratch", "serving"):
        (home / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / "format"
    if not file.exists():
        file.write_text(f"{FORMAT}\n")
    found = int(file.read_text())
    if found > FORMAT:
        raise HomeFormatError(
            f"{home} has layout {found}, and this version knows layouts up to {FORMAT}. "
            "Install the newer version again, or set BOTTEGA_HOME to another folder."
        )


def own_identity() -> Identity:
    """Return the identity of this process."""
    return Identity(os.getpid(), start_time(os.getpid()) or 0)
