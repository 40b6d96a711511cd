"""An edge worker process: serves the listening socket it was given until it is told to go.

``python -m bottega_serving.edge.worker <slot> <descriptor>``
"""

import asyncio
import gc
import itertools
import logging
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import uvloop

from bottega.serving_contract import DesiredState
from bottega_serving import process, state
from bottega_serving.edge.app import App
from bottega_serving.edge.call import Tools
from bottega_serving.edge.control import ControlServer, Models
from bottega_serving.edge.http import HttpConnection
from bottega_serving.edge.ring import Ring
from bottega_serving.edge.store import OnlineStore
from bottega_serving.metrics import Board
from bottega_serving.settings import Settings, from_environment

COLLECT_SECONDS = 10
log = logging.getLogger("bottega.serving")


class Worker:
    """The parts of one edge worker, wired together."""

    def __init__(self, settings: Settings, slot: int) -> None:
        self.settings = settings
        self.slot = slot
        self.executor = ThreadPoolExecutor(2, thread_name_prefix="predict")
        url, budget = settings.online_store_url, settings.feature_budget
        self.store = OnlineStore(url, budget=budget) if url else None
        self.ring = Ring(settings.log_socket)
        self.app = App(settings, Board(settings.metrics_file, slot=slot))
        self.tools = Tools(ring=self.ring, store=self.store, executor=self.executor, max_rows=settings.max_rows)
        self.models = Models(self.app, self.tools, self.executor, settings.bundles)
        self._tasks: list[asyncio.Task[None]] = []

    async def serve(self, listener: socket.socket) -> None:
        """Load the last known good, listen, and stay until SIGTERM."""
        await self.models.boot(self._last_known_good())
        loop = asyncio.get_running_loop()
        control = await ControlServer(self.models, self.app).start(self.settings.control_socket(self.slot))
        server = await loop.create_server(lambda: HttpConnection(self.app, loop), sock=listener, backlog=1024)
        jobs = (self.ring.run(), self.models.follow_pointers(), self._sweep())
        self._tasks = [loop.create_task(job) for job in jobs]
        self._settle_memory()
        self.app.ready = True
        log.info("edge worker %d serves generation %d", self.slot, self.app.state.generation)
        await self._until_told()
        control.close()
        await self._drain(server)

    def _last_known_good(self) -> DesiredState:
        try:
            return state.load(self.settings.state / "desired.json", self.settings.secret())
        except state.StateError as error:
            log.error("the last known good state is not used: %s", error)  # noqa: TRY400
            return DesiredState(generation=0, routes=[])

    @staticmethod
    def _settle_memory() -> None:
        """Take what is loaded out of the collector's sight; from now on it runs when we say, not amid requests."""
        gc.collect()
        gc.freeze()
        gc.disable()

    @staticmethod
    async def _until_told() -> None:
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        await told.wait()

    async def _sweep(self) -> None:
        for second in itertools.count(1):
            await asyncio.sleep(1.0)
            now = self.app.clock = asyncio.get_running_loop().time()
            for connection in list(self.app.connections):
                connection.check_deadline(now)
            if second % COLLECT_SECONDS == 0:
                gc.collect()

    async def _drain(self, server: asyncio.AbstractServer) -> None:
        """Say not ready, close politely, finish what is under way, at most ``drain_seconds``."""
        self.app.draining = True
        until = time.monotonic() + self.settings.drain_seconds
        server.close()
        while self.app.connections and time.monotonic() < until:
            for connection in list(self.app.connections):
                connection.close_if_idle()
            await asyncio.sleep(0.02)
        await self.ring.flush(max(0.5, until - time.monotonic()))
        for task in self._tasks:
            task.cancel()
        if self.store is not None:
            self.store.close()
        self.executor.shutdown(wait=False, cancel_futures=True)


def main() -> None:
    """Run the worker of the slot and descriptor named on the command line."""
    process.start("edge")
    slot, descriptor = int(sys.argv[1]), int(sys.argv[2])
    settings = from_environment()
    listener = socket.socket(fileno=descriptor)
    listener.setblocking(False)

    async def run() -> None:
        await Worker(settings, slot).serve(listener)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


if __name__ == "__main__":
    main()
