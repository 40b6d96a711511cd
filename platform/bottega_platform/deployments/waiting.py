"""Waking nodes that wait for a newer desired state: one LISTEN connection a process, none per waiting node.

A notification is only a hint to look again; nodes also look again every few seconds, because a change of a
project's clock or name notifies nobody.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bottega_platform.events.services import CHANNEL
from bottega_platform.jobs.listen import Listener

LOOK_AGAIN_SECONDS = 3.0


class Waiter:
    """One waiting coroutine of one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Wake the coroutine, from any thread."""
        self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float) -> None:
        """Return at the next announcement, at the latest after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
        self._event.clear()


class Hub:
    """Wakes waiting coroutines, of any event loop, when something was announced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[Waiter] = set()
        self._listener: Listener | None = None

    @contextmanager
    def waiter(self) -> Iterator["Waiter"]:
        """Give a waiter that hears of everything announced from now on."""
        self._listen()
        waiter = Waiter()
        with self._lock:
            self._waiting.add(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                self._waiting.discard(waiter)

    def _listen(self) -> None:
        with self._lock:
            if self._listener is None:
                self._listener = Listener([CHANNEL], self._heard, self._wake)
                self._listener.start()

    def _heard(self, _: str, payload: str) -> None:
        if '"deployment.' in payload:
            self._wake()

    def _wake(self) -> None:
        with self._lock:
            for waiter in self._waiting:
                waiter.wake()


hub = Hub()
