"""The prediction log's ring: bounded, oldest out first, never waited for.

A request appends one tuple. A task of the worker encodes what has gathered and sends it as numbered frames over a
unix socket to the shipper, which acknowledges what it has on disk. A frame is kept until then and sent again over
a new connection, so a shipper that was killed loses nothing of it; by worker and number it knows what it has
already. When the shipper is slow or gone for long the ring fills, and the oldest entries are counted and dropped.
"""

import asyncio
import contextlib
import struct
import uuid
from collections import deque
from typing import Any

import msgspec

from bottega.specs.data import Column
from bottega_serving.metrics import Counter

RING = 20_000
RING_BYTES = 64 * 1024 * 1024
BATCH = 200
FRAME_BYTES = 1024 * 1024
UNACKNOWLEDGED_BYTES = 32 * 1024 * 1024
FLUSH_SECONDS = 0.2
ROW_BYTES = 256  # what a row may weigh besides its body, roughly
WORKER_BYTES = 16
HEAD = struct.Struct(">IQ")  # length and number of a frame
ACKNOWLEDGED = struct.Struct(">Q")
_encoder = msgspec.msgpack.Encoder()


class LoggedView(msgspec.Struct, array_like=True):
    """What the shipper needs to read a view's packed values as the edge did."""

    name: str
    columns: list[Column]
    ttl_us: int | None


class Layout(msgspec.Struct, array_like=True):
    """What all entries of one deployment have in common; sent once per frame."""

    project_id: str
    endpoint_id: str
    deployment_id: str
    model: str
    version: int
    arm: str
    base_names: list[str]
    feature_names: list[str]
    views: list[LoggedView]


class Entry(msgspec.Struct, array_like=True):
    """One answered request as the shipper gets it: ``body`` as it was sent, ``packed`` as the online store had it.

    ``packed`` holds the values view after view, in each row after row; None when the caller sent the features.
    """

    request_id: str
    time_us: int
    latency_us: int
    layout: int
    body: bytes
    outputs: list[float | None]
    as_of: list[int]
    packed: list[bytes | None] | None
    degraded: list[str]


class Frame(msgspec.Struct, array_like=True):
    """What is sent at once: the layouts that occur in it, and entries that name them by place."""

    layouts: list[Layout]
    entries: list[Entry]


def frame(batch: list[tuple[Any, ...]]) -> bytes:
    """Return the bytes of a frame of raw entries, whose fourth field is the layout itself."""
    layouts: dict[int, tuple[int, Layout]] = {}
    entries = []
    for entry in batch:
        number, _ = layouts.setdefault(id(entry[3]), (len(layouts), entry[3]))
        entries.append((*entry[:3], number, *entry[4:]))
    return _encoder.encode(([layout for _, layout in layouts.values()], entries))


class Ring:
    """Keeps entries, up to a number and a size, until the shipper has them on disk."""

    def __init__(self, path: str, *, entries: int = RING, size: int = RING_BYTES) -> None:
        self._path = path
        self._most, self._most_bytes = entries, size
        self._entries: deque[tuple[Counter, Any, int]] = deque()
        self._bytes = 0
        self._frames: deque[tuple[int, bytes]] = deque()
        self._frames_bytes = self._number = 0
        self._worker = uuid.uuid4().bytes
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._enough, self._settled = asyncio.Event(), asyncio.Event()

    def append(self, counter: Counter, entry: Any) -> None:
        """Keep an entry: a tuple in the order of :class:`Entry`; drop the oldest when there is no room."""
        entries, weight = self._entries, len(entry[4]) + ROW_BYTES * len(entry[5])
        entries.append((counter, entry, weight))
        self._bytes = size = self._bytes + weight
        count = len(entries)
        if count == BATCH:  # sent while its memory is still warm
            self._enough.set()
        elif count > self._most or size > self._most_bytes:
            self._drop()

    def _drop(self) -> None:
        while self._entries and (len(self._entries) > self._most or self._bytes > self._most_bytes):
            counter, _, weight = self._entries.popleft()
            self._bytes -= weight
            counter.dropped()

    def __len__(self) -> int:
        return len(self._entries)

    async def run(self) -> None:
        """Send what gathers, for ever; a failing shipper costs entries, never time of a request."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), FLUSH_SECONDS)
            self._enough.clear()
            try:
                await self._send_all()
            except OSError:
                self._hang_up()
                await asyncio.sleep(FLUSH_SECONDS)

    async def flush(self, seconds: float) -> None:
        """Wait until the shipper has everything, at most so long: for a worker that goes away."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._entries or self._frames:
                    self._enough.set()
                    self._settled.clear()
                    await self._settled.wait()

    async def _send_all(self) -> None:
        writer = self._writer or await self._connect()
        while self._entries and self._frames_bytes < UNACKNOWLEDGED_BYTES:
            number, body = self._next_frame()
            writer.write(HEAD.pack(len(body), number) + body)
            await writer.drain()

    def _next_frame(self) -> tuple[int, bytes]:
        batch: list[Any] = []
        weight = 0
        while self._entries and len(batch) < BATCH and weight < FRAME_BYTES:
            _, entry, size = self._entries.popleft()
            batch.append(entry)
            weight += size
        self._bytes -= weight
        self._number += 1
        sent = (self._number, frame(batch))
        self._frames.append(sent)
        self._frames_bytes += len(sent[1])
        return sent

    async def _connect(self) -> asyncio.StreamWriter:
        """Connect, and send again what was sent and never acknowledged."""
        reader, writer = await asyncio.open_unix_connection(self._path)
        self._writer = writer
        self._reading = asyncio.create_task(self._read_acknowledgements(reader, writer))
        writer.write(self._worker)
        for number, body in list(self._frames):
            writer.write(HEAD.pack(len(body), number) + body)
            await writer.drain()
        return writer

    async def _read_acknowledgements(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (number,) = ACKNOWLEDGED.unpack(await reader.readexactly(ACKNOWLEDGED.size))
                self._acknowledged(number)
        except (asyncio.IncompleteReadError, OSError):
            if writer is self._writer:
                self._hang_up()

    def _acknowledged(self, number: int) -> None:
        while self._frames and self._frames[0][0] <= number:
            self._frames_bytes -= len(self._frames.popleft()[1])
        if self._frames_bytes < UNACKNOWLEDGED_BYTES <= self._frames_bytes + FRAME_BYTES or self._entries:
            self._enough.set()
        self._settled.set()

    def _hang_up(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        if self._frames:
            self._enough.set()  # to connect again and send them again
