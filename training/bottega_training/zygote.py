"""The zygote: a process that has imported everything and computed nothing, and forks one child per job.

``python -m bottega_training.zygote --queue cpu --kinds train,trial --control-fd 3`` is started by a worker.
The control socket keeps message boundaries: the worker sends ``{"spawn": n}`` with two descriptors (the
job's frame socket, its log), the zygote answers ``{"spawned": n, "pid": p}`` and later ``{"exited": p, …}``.
It must never compute: a fork of a process that ever trained hangs in OpenMP.
"""

import argparse
import contextlib
import ctypes
import faulthandler
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from typing import Any, NoReturn

from bottega.protocol import Channel
from bottega_training import child, kinds

PLUGINS_VARIABLE = "BOTTEGA_CHILD_PLUGINS"
COMMON_MODULES = ("numpy", "pyarrow", "fsspec", "bottega_feature_store.blobs")
_FRAME_FD = 3
_MESSAGE_BYTES = 4096
_PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number: int, parent: int) -> None:
    """Get a signal when the parent ends, and end now if it has ended already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def preload(kind_names: list[str]) -> list[str]:
    """Import what the kinds need; return a line for each module that cannot be imported."""
    for plugin in filter(None, os.environ.get(PLUGINS_VARIABLE, "").split(",")):
        importlib.import_module(plugin)
    modules = [kinds.KINDS[name].partition(":")[0] for name in kind_names if name in kinds.KINDS]
    missing = []
    for module in dict.fromkeys([*COMMON_MODULES, *modules]):
        try:
            importlib.import_module(module)
        except ImportError as error:
            missing.append(f"{module}: {error}")
    gc.collect()
    gc.freeze()
    return missing


class Zygote:
    """Forks children on request and reports how each one ended. One thread, one selector."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: set[int] = set()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)

    def serve(self) -> None:
        """Work until the worker closes the control socket; then take all children along."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while self._step([key.fileobj for key, _ in selector.select()]):
                pass
        self.kill_all()

    def _step(self, ready: list[Any]) -> bool:
        if self._wake_read in ready:
            with contextlib.suppress(BlockingIOError):
                self._wake_read.recv(_MESSAGE_BYTES)
            self._reap()
        return self._control not in ready or self._request()

    def kill_all(self) -> None:
        """Kill the process group of every child."""
        for pid in self._children:
            _kill_group(pid)

    def _request(self) -> bool:
        """Handle one request; false when the worker is gone."""
        try:
            body, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, 2)
        except ConnectionResetError:
            return False
        if not body:
            return False
        self._spawn(json.loads(body)["spawn"], descriptors)
        return True

    def _spawn(self, number: int, descriptors: list[int]) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(descriptors, parent)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        self._children.add(pid)
        for descriptor in descriptors:
            os.close(descriptor)
        self._tell(spawned=number, pid=pid)

    def _become_child(self, descriptors: list[int], parent: int) -> NoReturn:
        try:
            _isolate(descriptors, parent)
            status = child.run(Channel(socket.socket(fileno=_FRAME_FD)))
        except BaseException:  # noqa: BLE001 - nothing may return into the zygote's loop
            sys.excepthook(*sys.exc_info())
            status = 70
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)

    def _reap(self) -> None:
        """Report every child that ended, after killing what is left of its process group."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            _kill_group(ended.si_pid)
            pid, status, usage = os.wait4(ended.si_pid, 0)
            self._children.discard(pid)
            self._tell(exited=pid, status=os.waitstatus_to_exitcode(status), peak_kib=usage.ru_maxrss)

    def _tell(self, **message: Any) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._control.send(json.dumps(message).encode())


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _isolate(descriptors: list[int], parent: int) -> None:
    """Make the fork a process of its own: group, death signal, standard streams, nothing else open."""
    os.setpgid(0, 0)
    die_with_parent(signal.SIGKILL, parent)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    frames, log = (os.dup2(fd, 100 + place) for place, fd in enumerate(descriptors))
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2), (frames, _FRAME_FD)):
        os.dup2(source, target)
    os.closerange(_FRAME_FD + 1, os.sysconf("SC_OPEN_MAX"))
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    faulthandler.enable()
    _reseed()


def _reseed() -> None:
    """Children must not share numpy's global random state."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def _leave(zygote: Zygote) -> None:
    """End every child, then this process, without the interpreter's farewell."""
    zygote.kill_all()
    os._exit(0)


def main() -> None:
    """Run a zygote for one queue."""
    parser = argparse.ArgumentParser(prog="bottega_training.zygote", description="Fork job children.")
    parser.add_argument("--queue", required=True)
    parser.add_argument("--kinds", default="")
    parser.add_argument("--control-fd", type=int, required=True)
    arguments = parser.parse_args()
    parent = os.getppid()
    began = time.monotonic()
    missing = preload([name for name in arguments.kinds.split(",") if name])
    control = socket.socket(fileno=arguments.control_fd)
    zygote = Zygote(control)
    signal.signal(signal.SIGTERM, lambda *_: _leave(zygote))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(signal.SIGTERM, parent)
    seconds = round(time.monotonic() - began, 2)
    control.send(json.dumps({"ready": os.getpid(), "seconds": seconds, "missing": missing}).encode())
    zygote.serve()


if __name__ == "__main__":
    main()
