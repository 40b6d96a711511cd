"""The online store from the request path: one connection, replies in order, commands joined per loop tick.

A reply is a callback. What is not answered within the budget calls back with None: the request goes on
with defaults and says so. The connection is made again in the background.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import hiredis

Callback = Callable[[Any], None]
BREAKER_FAILURES = 20
BREAKER_SECONDS = 0.5
RECONNECT_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0)


def command(*parts: bytes) -> bytes:
    """Return the wire form of one command."""
    head = b"*%d\r\n" % len(parts)
    return head + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def mget(keys: Sequence[bytes]) -> bytes:
    """Return the wire form of one MGET."""
    return command(b"MGET", *keys)


class _Pending:
    __slots__ = ("callback", "deadline")

    def __init__(self, callback: Callback | None, deadline: float) -> None:
        self.callback = callback
        self.deadline = deadline


class _Connection(asyncio.Protocol):
    def __init__(self, store: "OnlineStore") -> None:
        self._store = store
        self._reader = hiredis.Reader()
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not False:
                self._store.replied(reply)
        except hiredis.ProtocolError:
            if self.transport is not None:
                self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._store.lost(self)


class OnlineStore:
    """A reader of the online store that never waits longer than its budget."""

    def __init__(self, url: str, *, budget: float) -> None:
        self._address = urlsplit(url)
        self._budget = budget
        self._loop = asyncio.get_running_loop()
        self._connection: _Connection | None = None
        self._pending: deque[_Pending] = deque()
        self._outbox: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._failures = 0
        self._open_until = 0.0
        self._task = self._loop.create_task(self._keep_connected())
        self._lost, self._found = asyncio.Event(), asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._connection is not None

    def fetch(self, wire: bytes, callback: Callback) -> None:
        """Send a command; call back with the reply, or with None when there is none in time."""
        now = self._loop.time()
        if self._connection is None or now < self._open_until:
            callback(None)
            return
        if not self._outbox:
            self._loop.call_soon(self._flush)
        self._outbox.append(wire)
        self._pending.append(_Pending(callback, now + self._budget))
        if self._timer is None:
            self._timer = self._loop.call_at(now + self._budget, self._expire)

    async def ask(self, wire: bytes) -> Any:
        """Await the reply of a command outside the request path (None: no answer in time)."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self.fetch(wire, lambda reply: None if answer.done() else answer.set_result(reply))
        return await answer

    async def wait_connected(self, seconds: float) -> bool:
        """Wait until there is a connection, at most so long."""
        try:
            await asyncio.wait_for(self._found.wait(), seconds)
        except TimeoutError:
            return False
        return self._connection is not None

    def close(self) -> None:
        """Stop reconnecting and drop the connection."""
        self._task.cancel()
        if self._connection is not None and self._connection.transport is not None:
            self._connection.transport.abort()

    def replied(self, reply: Any) -> None:
        """Give a reply to whoever has waited longest."""
        if not self._pending:
            return
        pending = self._pending.popleft()
        callback, pending.callback = pending.callback, None
        if callback is not None:
            self._failures = 0
            callback(None if isinstance(reply, hiredis.ReplyError) else reply)

    def lost(self, connection: _Connection) -> None:
        """The connection is gone: nobody waiting will get a reply."""
        if connection is not self._connection:
            return
        self._connection = None
        self._found.clear()
        waiting, self._pending, self._outbox = self._pending, deque(), []
        self._lost.set()
        for pending in waiting:
            if pending.callback is not None:
                pending.callback(None)

    def _flush(self) -> None:
        data, self._outbox = b"".join(self._outbox), []
        if self._connection is not None and self._connection.transport is not None and data:
            self._connection.transport.write(data)

    def _expire(self) -> None:
        self._timer = None
        now = self._loop.time()
        for pending in list(self._pending):
            if pending.deadline > now + 0.0005:
                self._timer = self._loop.call_at(pending.deadline, self._expire)
                break
            callback, pending.callback = pending.callback, None
            if callback is not None:
                self._count_failure(now)
                callback(None)

    def _count_failure(self, now: float) -> None:
        self._failures += 1
        if self._failures >= BREAKER_FAILURES:
            self._failures, self._open_until = 0, now + BREAKER_SECONDS
            if len(self._pending) > 1000 and self._connection is not None and self._connection.transport:
                self._connection.transport.abort()

    async def _keep_connected(self) -> None:
        attempt = 0
        while True:
            try:
                await self._connect()
                attempt = 0
                await self._lost.wait()
            except OSError:
                attempt += 1
            await asyncio.sleep(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])

    async def _connect(self) -> None:
        self._lost.clear()
        address = self._address
        connection = _Connection(self)
        if address.scheme == "unix":
            await self._loop.create_unix_connection(lambda: connection, address.path)
        else:
            await self._loop.create_connection(
                lambda: connection, address.hostname or "127.0.0.1", address.port or 6379
            )
        self._introduce(connection)

    def _introduce(self, connection: _Connection) -> None:
        hello: list[bytes] = []
        if self._address.password:
            names = [unquote(self._address.username).encode()] if self._address.username else []
            hello.append(command(b"AUTH", *names, unquote(self._address.password).encode()))
        database = self._address.path.strip("/") if self._address.scheme != "unix" else ""
        if database and database != "0":
            hello.append(command(b"SELECT", database.encode()))
        self._connection = connection
        self._found.set()
        for _ in hello:
            self._pending.append(_Pending(None, float("inf")))
        if hello and connection.transport is not None:
            connection.transport.write(b"".join(hello))
