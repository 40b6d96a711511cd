"""``bottega-serving``: the supervisor of one serving node. It loads no models.

It owns the listening sockets, one per worker slot, so that what has connected waits in the kernel while a
worker is replaced; it starts edge workers, agent and shipper again when they end, later and later.
"""

import argparse
import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from bottega_serving import metrics, process, standalone
from bottega_serving.settings import MAX_UNIX_PATH, Settings, SettingsError, from_environment

log = logging.getLogger("bottega.serving")
BACKOFF = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_SECONDS = 10.0
_LIBC = ctypes.CDLL(None)


@dataclass
class Child:
    """One process to keep alive."""

    name: str
    arguments: list[str]
    descriptors: tuple[int, ...] = ()
    running: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    failures: int = 0
    not_before: float = field(default=0.0)


def listening_sockets(settings: Settings) -> list[socket.socket]:
    """Open one listening socket per worker slot on the same port."""
    sockets = []
    for _ in range(settings.workers):
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if settings.workers > 1:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsError(
                f"port {settings.port} on {settings.host} is taken or not allowed ({error.strerror}); "
                "set BOTTEGA_SERVING_PORT to a free one"
            ) from error
        listener.listen(1024)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets.append(listener)
    return sockets


def prepare_run_folder(settings: Settings) -> Settings:
    """Make the folder of sockets and shared memory, elsewhere when its path is too long for a socket."""
    if len(settings.control_socket(99)) > MAX_UNIX_PATH:
        os.environ["BOTTEGA_SERVING_RUN"] = tempfile.mkdtemp(prefix="bottega-serving-")
        settings = replace(settings, run=Path(os.environ["BOTTEGA_SERVING_RUN"]))
    settings.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    for leftover in settings.run.glob("*.sock"):
        leftover.unlink()
    (settings.run / "reported.json").unlink(missing_ok=True)
    (settings.run / "boot").write_text(uuid.uuid4().hex)
    metrics.create(settings.metrics_file, workers=settings.workers)
    return settings


class Supervisor:
    """Starts the node's processes and keeps them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = False
        self._sockets = listening_sockets(settings)
        self._children = [
            Child(f"edge-{slot}", ["bottega_serving.edge.worker", str(slot), str(sock.fileno())], (sock.fileno(),))
            for slot, sock in enumerate(self._sockets)
        ]
        self._children.append(Child("shipper", ["bottega_serving.shipping.main"]))
        if settings.control_url:
            self._children.append(Child("agent", ["bottega_serving.agent.main"]))

    def run(self) -> None:
        """Keep the children until SIGTERM or SIGINT, then end them in order."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping:
            for child in self._children:
                self._keep(child)
            time.sleep(0.05)
        self._end()

    def _stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._stopping = True

    def _keep(self, child: Child) -> None:
        now = time.monotonic()
        if child.running is not None:
            code = child.running.poll()
            if code is None:
                return
            self._note_end(child, code, now)
        if now >= child.not_before:
            self._start(child, now)

    def _note_end(self, child: Child, code: int, now: float) -> None:
        child.running = None
        child.failures = 0 if now - child.started > STEADY_SECONDS else child.failures + 1
        delay = BACKOFF[min(child.failures, len(BACKOFF) - 1)]
        child.not_before = now + delay
        reason = f"signal {-code}" if code < 0 else f"code {code}"
        log.warning("%s ended with %s; starting it again in %.2f s", child.name, reason, delay)

    def _start(self, child: Child, now: float) -> None:
        environment = dict(os.environ, BOTTEGA_SERVING_PARENT=str(os.getpid()))
        child.running = subprocess.Popen(
            [sys.executable, "-m", *child.arguments],
            pass_fds=child.descriptors,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        child.started = now

    def _end(self) -> None:
        """End the edge workers, then what takes their log and reports on them."""
        for edge in (True, False):
            self._end_all([child for child in self._children if child.name.startswith("edge-") == edge])
        for leftover in Path(self._settings.run).glob("*.sock"):
            leftover.unlink(missing_ok=True)

    def _end_all(self, children: list[Child]) -> None:
        """End children together; kill what does not go within the drain time."""
        running = [child.running for child in children if child.running is not None]
        for one in running:
            if one.poll() is None:
                one.terminate()
        until = time.monotonic() + self._settings.drain_seconds + 3.0
        for one in running:
            try:
                one.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


def main() -> None:
    """Run a serving node as the environment and the command line say."""
    given = _arguments().parse_args()
    os.environ.pop("BOTTEGA_SERVING_PARENT", None)
    # A node needs none of the platform to answer: `bottega up` lets it outlive a killed supervisor.
    process.start("serving", tied=os.environ.get("BOTTEGA_SERVING_OUTLIVES") != "1")
    try:
        settings = _settings(given)
        supervisor = Supervisor(prepare_run_folder(settings))
    except SettingsError as error:
        raise SystemExit(f"bottega-serving: {error}") from error
    log.info("serving on http://%s:%d with %d workers", settings.host, settings.port, settings.workers)
    supervisor.run()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bottega-serving",
        description="Run a serving node: of the control plane at BOTTEGA_CONTROL_URL, or of one bundle on disk.",
    )
    standalone.add_arguments(parser)
    return parser


def _settings(given: argparse.Namespace) -> Settings:
    """Read the environment; a node without a control plane gets its state made first."""
    alone = standalone.from_arguments(given)
    if alone is None:
        settings = from_environment()
        settings.secret()
        return settings
    alone.use_own_home()
    settings = from_environment()
    alone.prepare(settings)
    return settings


if __name__ == "__main__":
    main()
