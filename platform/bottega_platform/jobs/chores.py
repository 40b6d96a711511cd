"""Reaper, relay, purge and sweep, each when it is due.

Any number may run at once: every step takes its rows with ``SKIP LOCKED`` or is harmless when repeated.
"""

import logging
import random
import signal
import threading
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

from bottega_platform.jobs import leases, outbox, purge, relay
from bottega_platform.jobs.listen import Listener
from bottega_platform.supervisor import ready
from bottega_platform.sweep import periodic

REAP_SECONDS = 5.0
RELAY_SECONDS = 5.0
PURGE_SECONDS = 600.0
_log = logging.getLogger("bottega.scheduler")
_registered: list[tuple[Callable[[], object], float]] = []


def register(chore: Callable[[], object], *, seconds: float) -> None:
    """Have the scheduler call ``chore`` every so many seconds; an app's ``ready()`` does this."""
    _registered.append((chore, seconds))


class Scheduler:
    """Does each chore when it is due, and the relay at once when somebody notifies."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._chores: list[tuple[Callable[[], object], float]] = [
            (leases.reap, REAP_SECONDS),
            (relay.deliver_due, RELAY_SECONDS),
            (purge.purge, PURGE_SECONDS),
            (periodic.cheap, periodic.CHEAP_SECONDS),
            *_registered,
        ]
        whole = periodic.Whole()
        self._chores.append((whole, periodic.WHOLE_SECONDS))
        self._due: dict[Callable[[], object], float] = {whole: time.monotonic() + periodic.FIRST_SECONDS}

    def run(self) -> None:
        """Work until told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        listener = Listener([outbox.CHANNEL], lambda *_: self._hurry(), self._hurry)
        listener.start()
        ready.announce()
        _log.info("scheduler is ready; outbox topics: %s", ", ".join(outbox.topics()))
        while not self._stopping.is_set():
            self.step()
            self._wake.wait(self._pause())
            self._wake.clear()
        listener.stop()

    def stop(self) -> None:
        """Ask the scheduler to stop."""
        self._stopping.set()
        self._wake.set()

    def step(self) -> None:
        """Do every chore that is due."""
        for chore, seconds in self._chores:
            if time.monotonic() >= self._due.get(chore, 0.0):
                self._due[chore] = time.monotonic() + seconds * random.uniform(0.8, 1.2)  # noqa: S311
                self._do(chore)

    def _do(self, chore: Callable[[], object]) -> None:
        try:
            chore()
        except (OperationalError, InterfaceError) as error:
            _log.warning("%s has to wait for the database: %s", chore.__name__, error)
            connection.close()
        except Exception:  # noqa: BLE001 - told in the log; the process goes on
            _log.exception("%s broke; it is tried again", chore.__name__)

    def _hurry(self) -> None:
        self._due[relay.deliver_due] = 0.0
        self._wake.set()

    def _pause(self) -> float:
        return max(0.05, min(self._due.values()) - time.monotonic())
