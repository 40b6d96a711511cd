"""Child processes that die with their parent, and that a later start can recognise for sure.

A pid alone proves nothing: numbers are used again. A process is the one we started if its start time, which
the kernel keeps in clock ticks since boot, is the one we wrote down.
"""

import contextlib
import ctypes
import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bottega.problems import ProblemError

MARKER = "BOTTEGA_SUPERVISED"
MAX_LOG_BYTES = 16 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class ServiceFailedError(ProblemError):
    """A process ended or did not become ready in its time; the detail ends with its last log lines."""

    code = "service_failed"
    title = "A service of the platform could not be started"
    status = 503


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run. ``env`` is the whole environment: nothing is inherited."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    cwd: Path | None = None
    uid: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    outlives_parent: bool = False

    def fingerprint(self) -> str:
        """Tell this program, its arguments and environment from any other."""
        text = repr((list(self.argv), sorted(self.env.items()), self.uid))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Identity:
    """One process, told apart from a later one with the same number."""

    pid: int
    started: int

    def alive(self) -> bool:
        """Say whether this very process still runs; a zombie does not."""
        return start_time(self.pid) == self.started

    def send(self, signum: signal.Signals, *, group: bool = False) -> None:
        """Send a signal, if the process is still this one."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.pid, signum)


@dataclass
class Child:
    """A running child of this process."""

    program: Program
    popen: subprocess.Popen[bytes]
    identity: Identity
    began: float = field(default_factory=time.monotonic)

    def returncode(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self.popen.poll()

    def stop(self) -> None:
        """Ask it to end, and end its whole group when it does not in its time."""
        if self.popen.poll() is None:
            self.popen.send_signal(self.program.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(self.program.stop_seconds)
        self.kill()

    def kill(self) -> None:
        """End it and everything in its process group at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


def spawn(program: Program, *, marker: str = "") -> Child:
    """Start ``program`` in a process group of its own; it gets its stop signal when our thread ends.

    ``marker`` goes into its environment, where its own children inherit it: ``marked`` finds them all.
    """
    _rotate(program.log)
    with program.log.open("ab") as log:
        popen = subprocess.Popen(
            list(program.argv),
            env={**program.env, MARKER: marker},
            cwd=program.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
            umask=0o077,
            preexec_fn=_child_setup(program),
            **_user(program.uid),
        )
    return Child(program, popen, Identity(popen.pid, start_time(popen.pid) or 0))


def start_time(pid: int) -> int | None:
    """Return the start time of ``pid`` in clock ticks since boot; None when it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])


def inside(folder: Path) -> list[Identity]:
    """Return every process whose working directory is ``folder``: what a killed server left behind."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == folder and (started := start_time(int(entry.name))):
                found.append(Identity(int(entry.name), started))
    return found


def marked(marker: str) -> list[Identity]:
    """Return every process whose environment holds a marker that begins with ``marker``."""
    wanted = f"{MARKER}={marker}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            environment = (entry / "environ").read_bytes().split(b"\0")
            if any(item.startswith(wanted) for item in environment) and (began := start_time(int(entry.name))):
                found.append(Identity(int(entry.name), began))
    return found


def end_all(processes: Sequence[Identity], *, signum: signal.Signals, seconds: float) -> None:
    """Send ``signum`` to all, then SIGKILL to those still there after ``seconds``."""
    for process in processes:
        process.send(signum)
    wait_for(lambda: not any(process.alive() for process in processes), seconds=seconds)
    for process in processes:
        process.send(signal.SIGKILL)
    wait_for(lambda: not any(process.alive() for process in processes), seconds=10)


def wait_for(condition: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Poll ``condition`` until it holds; say whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def tail(log: Path, *, lines: int = 15) -> str:
    """Return the last lines of a log."""
    if not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])


def _rotate(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _child_setup(program: Program) -> Callable[[], None]:
    parent, prctl, signum = os.getpid(), _LIBC.prctl, int(program.stop_signal)

    def setup() -> None:
        if program.outlives_parent:
            return
        prctl(_PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return setup


def _user(uid: int | None) -> dict[str, Any]:
    return {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
