"""One LISTEN connection for a whole web process; every stream is fed from it and holds no connection.

A notification is lost when the connection is away, and a slow reader's queue is bounded: then the stream is
told to look into the database again (:data:`AGAIN`), which holds every event.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import psycopg

from bottega_platform.events.services import CHANNEL
from bottega_platform.jobs.listen import conninfo

AGAIN: dict[str, Any] = {}
QUEUE_SIZE = 256
RECONNECT_SECONDS = 1.0
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Subscription:
    """One stream's place in the hub: which project or job it follows."""

    project: str | None = None
    job: str | None = None
    events: "asyncio.Queue[dict[str, Any]]" = field(default_factory=lambda: asyncio.Queue(QUEUE_SIZE))
    lagging: bool = False

    def offer(self, event: dict[str, Any]) -> None:
        """Take an event, or remember that one was missed."""
        if self.job is not None and event.get("job") != self.job:
            return
        if self.project is not None and event.get("project") != self.project:
            return
        self.push(event if event.get("data") is not None else AGAIN)

    def push(self, event: dict[str, Any]) -> None:
        """Queue an event; a full queue is emptied, because the stream reads the database again anyway."""
        if self.events.full():
            while not self.events.empty():
                self.events.get_nowait()
            event = AGAIN
        self.events.put_nowait(event)


class Hub:
    """Listens while anybody is subscribed."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    @contextlib.contextmanager
    def subscribe(self, *, project: str | None = None, job: str | None = None) -> Iterator[Subscription]:
        """Receive the events of a project or a job from now on."""
        subscription = Subscription(project, job)
        self._subscriptions.add(subscription)
        if self._task is None or self._task.done():
            self._ready.clear()
            self._task = asyncio.create_task(self._listen(), name="event-hub")
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            if not self._subscriptions and self._task is not None:
                self._task.cancel()
                self._task = None

    async def ready(self, seconds: float = 5.0) -> None:
        """Wait until the hub listens, so that no event falls between a look and the first notification."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), seconds)

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True) as listening:
                    await listening.execute(f"LISTEN {CHANNEL}")
                    self._ready.set()
                    self._tell_all(AGAIN)
                    async for notice in listening.notifies():
                        self._hear(notice.payload)
            except psycopg.Error as error:
                _log.warning("the event hub lost the database (%s); listening again soon", error)
            self._ready.clear()
            await asyncio.sleep(RECONNECT_SECONDS)

    def _hear(self, payload: str) -> None:
        event = json.loads(payload)
        for subscription in list(self._subscriptions):
            subscription.offer(event)

    def _tell_all(self, event: dict[str, Any]) -> None:
        for subscription in list(self._subscriptions):
            subscription.push(event)


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the running event loop: one for each web process."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found
