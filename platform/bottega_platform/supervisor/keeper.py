"""Keeps one process of the plan: starts it, waits until it is ready, starts it again when it ends."""

import asyncio
import os
import signal
import time
from collections.abc import Callable

from bottega.problems import ProblemError
from bottega_platform.embedded import process, run
from bottega_platform.embedded.ports import require_free
from bottega_platform.embedded.process import Child, Identity
from bottega_platform.supervisor import state as states
from bottega_platform.supervisor.plan import Unit
from bottega_platform.supervisor.state import ProcessState

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0
POLL_SECONDS = 0.1


class Keeper:
    """One process of the plan and its place in the state file."""

    def __init__(self, unit: Unit, *, marker: str, generation: str, changed: Callable[[], None]) -> None:
        self.unit = unit
        self.state = ProcessState(name=unit.name, generation=generation)
        self.ready = asyncio.Event()
        self._marker = marker
        self._changed = changed
        self._child: Child | None = None
        self._adopted: Identity | None = None
        self._failures = 0

    async def keep(self, needed: list["Keeper"]) -> None:
        """Run the process for ever, or once.

        Raises:
            ProblemError: when its first start fails; later failures are tried again, later and later.
        """
        await asyncio.gather(*(other.ready.wait() for other in needed))
        if self._adopted is None:
            await self._start()
        while not self.unit.once:
            began = time.monotonic()
            await self._exit()
            self.ready.clear()
            self._failures = 0 if time.monotonic() - began > STEADY_SECONDS else self._failures + 1
            await self._start_again()

    def adopt(self, old: ProcessState) -> bool:
        """Take over a process of an earlier supervisor, if it is the very program we would start."""
        program = self.unit.service.program()
        if not (program.outlives_parent and old.alive() and old.fingerprint == program.fingerprint()):
            return False
        self._adopted = Identity(old.pid, old.started)
        self.state = old
        self._become(states.READY)
        self.ready.set()
        return True

    async def stop(self) -> None:
        """End the process, if it runs."""
        if self._child is not None or self._adopted is not None:
            self._become(states.STOPPING)
        if self._child is not None:
            await asyncio.to_thread(self._child.stop)
        if self._adopted is not None:
            await asyncio.to_thread(self._stop_adopted, self._adopted)
        self._child = self._adopted = None
        self._become(states.DONE if self.state.state == states.DONE else states.STOPPED)

    async def _start(self) -> None:
        began = time.monotonic()
        service = self.unit.service
        await asyncio.to_thread(service.prepare)
        await asyncio.to_thread(require_free, service.ports())
        # From the main thread: the kernel ends the child with the thread that started it.
        self._child = process.spawn(service.program(), marker=self._marker)
        self._note_start(self._child)
        await (self._finish(self._child) if self.unit.once else self._wait_ready(self._child))
        self.state.seconds = round(time.monotonic() - began, 2)
        self._become(states.DONE if self.unit.once else states.READY)
        self.ready.set()

    async def _start_again(self) -> None:
        while True:
            delay = BACKOFF[min(self._failures, len(BACKOFF) - 1)]
            self.state.restarts += 1
            self._become(states.RESTARTING, f"ended; starts again in {delay:g} s")
            await asyncio.sleep(delay)
            try:
                await self._start()
            except ProblemError as error:
                self._failures += 1
                self.state.detail = error.problem.detail
            else:
                return

    async def _wait_ready(self, child: Child) -> None:
        deadline = time.monotonic() + self.unit.service.ready_seconds
        while child.returncode() is None and time.monotonic() < deadline:
            if await asyncio.to_thread(self.unit.service.ready):
                await asyncio.to_thread(self.unit.service.settle)
                return
            await asyncio.sleep(POLL_SECONDS)
        await asyncio.to_thread(child.kill)
        raise run.failure(child)

    async def _finish(self, child: Child) -> None:
        await self._exit()
        self._child = None
        if child.popen.wait():
            raise run.failure(child)

    async def _exit(self) -> None:
        """Wait for the end of the process without polling."""
        identity = self._adopted or (self._child.identity if self._child is not None else None)
        if identity is not None and identity.alive():
            await _end_of(identity.pid)
        if self._child is not None and not self.unit.once:
            await asyncio.to_thread(self._child.kill)  # what is left of its group
            self._child = None
        self._adopted = None

    def _stop_adopted(self, identity: Identity) -> None:
        program = self.unit.service.program()
        process.end_all([identity], signum=program.stop_signal, seconds=program.stop_seconds)

    def _note_start(self, child: Child) -> None:
        self.state.pid, self.state.started = child.identity.pid, child.identity.started
        self.state.fingerprint = child.program.fingerprint()
        self._become(states.STARTING)

    def _become(self, state: str, detail: str = "") -> None:
        self.state.state, self.state.detail, self.state.since = state, detail, time.time()
        self._changed()


async def _end_of(pid: int) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def end_leftovers(home_marker: str, recorded: list[Identity], *, keep_groups: set[int]) -> None:
    """End what earlier supervisors of this home left running, but not the groups we keep."""
    left = {*recorded, *process.marked(home_marker)}
    doomed = [each for each in left if _group(each.pid) not in keep_groups and each.pid != os.getpid()]
    process.end_all(doomed, signum=signal.SIGTERM, seconds=10)


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0
