"""The worker's side of a zygote: start it, ask it for children, learn how each ended."""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from itertools import count

from bottega_platform.jobs import kinds

READY_SECONDS = 120.0
_log = logging.getLogger(__name__)
_MESSAGE_BYTES = 65536
_KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "JAVA_HOME")
_KEPT_OURS = ("BOTTEGA_FAULT", "BOTTEGA_FAULT_ONCE", "BOTTEGA_FAULT_SECONDS", "BOTTEGA_CHILD_PLUGINS")


class ZygoteGoneError(ConnectionError):
    """The zygote ended; its children ended with it."""


@dataclass
class Child:
    """A forked job child; ``ended`` is set once the zygote has reaped it."""

    pid: int
    ended: threading.Event = field(default_factory=threading.Event)
    status: int | None = None
    peak_kib: int = 0

    def signal_group(self, number: int) -> None:
        """Signal the child's whole process group, unless it is gone (its pid may be somebody else's then)."""
        if not self.ended.is_set():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def end(self, grace_seconds: float) -> None:
        """Ask the group to end, then kill it; wait until it is reaped."""
        self.signal_group(signal.SIGTERM)
        if not self.ended.wait(grace_seconds):
            self.signal_group(signal.SIGKILL)
            self.ended.wait(5)


class Zygote:
    """One running zygote process. Start it from a thread that lives as long as the worker."""

    def __init__(self, queue: str, *, slots: int = 1) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._spawned: dict[int, Child] = {}
        self._arrived = threading.Condition()
        self._children: dict[int, Child] = {}
        self._gone = False
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._process = _start(queue, theirs, slots)
        theirs.close()
        self._await_ready(queue)
        threading.Thread(target=self._listen, name=f"zygote-{queue}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The zygote's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can still fork."""
        return not self._gone

    def spawn(self, frames: socket.socket, log: int) -> Child:
        """Fork a child that owns the frame socket and prints to ``log``.

        Raises:
            ZygoteGoneError: the zygote ended.
        """
        number = next(self._numbers)
        try:
            with self._lock:
                socket.send_fds(self._control, [json.dumps({"spawn": number}).encode()], [frames.fileno(), log])
        except OSError as error:
            raise ZygoteGoneError(str(error)) from error
        with self._arrived:
            self._arrived.wait_for(lambda: self._gone or number in self._spawned, timeout=10)
            child = self._spawned.pop(number, None)
        if child is None:
            raise ZygoteGoneError("the zygote did not fork")
        return child

    def close(self) -> None:
        """End the zygote and with it all its children."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await_ready(self, queue: str) -> None:
        self._control.settimeout(READY_SECONDS)
        body = self._control.recv(_MESSAGE_BYTES)
        self._control.settimeout(None)
        if not body:
            raise ZygoteGoneError(f"the zygote of queue {queue} ended with status {self._process.wait()}")
        ready = json.loads(body)
        _log.info("zygote %s of queue %s imported everything in %s s", ready["ready"], queue, ready["seconds"])
        for line in ready["missing"]:
            _log.warning("zygote of queue %s could not import %s", queue, line)

    def _listen(self) -> None:
        while body := self._receive():
            message = json.loads(body)
            with self._arrived:
                if "spawned" in message:
                    child = self._children[message["pid"]] = Child(message["pid"])
                    self._spawned[message["spawned"]] = child
                else:
                    self._ended(message)
                self._arrived.notify_all()
        self._lost()

    def _receive(self) -> bytes:
        try:
            return self._control.recv(_MESSAGE_BYTES)
        except OSError:
            return b""

    def _ended(self, message: dict[str, int]) -> None:
        child = self._children.pop(message["exited"])
        child.status, child.peak_kib = message["status"], message["peak_kib"]
        child.ended.set()

    def _lost(self) -> None:
        with self._arrived:
            self._gone = True
            for child in self._children.values():
                child.ended.set()
            self._children.clear()
            self._arrived.notify_all()
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)


def _start(queue: str, control: socket.socket, slots: int) -> "subprocess.Popen[bytes]":
    arguments = ["--queue", queue, "--kinds", ",".join(kinds.of_queue(queue))]
    command = [sys.executable, "-m", "bottega_training.zygote", *arguments, "--control-fd", str(control.fileno())]
    return subprocess.Popen(
        command, env=clean_environment(slots), pass_fds=[control.fileno()], stdin=subprocess.DEVNULL
    )


def clean_environment(slots: int) -> dict[str, str]:
    """Return what a zygote may inherit: no secret, no address; threads shared fairly among the slots."""
    threads = str(max(1, (os.cpu_count() or 1) // slots))
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name in _KEPT_OURS or name.startswith("LC_")
    }
    return {**kept, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads), "PYTHONUNBUFFERED": "1"}
