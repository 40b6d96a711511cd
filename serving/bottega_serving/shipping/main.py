"""The shipper process: ``python -m bottega_serving.shipping.main``.

It appends the workers' frames to a segment on disk, acknowledges them once they are durable, and every few seconds
turns closed segments into Parquet. While the sink fails the segments stay, up to a cap. Killed at any moment and
started again, it goes on with the segments that are there.
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa

from bottega_serving import process
from bottega_serving.edge.ring import ACKNOWLEDGED, HEAD, WORKER_BYTES
from bottega_serving.settings import Settings, from_environment
from bottega_serving.shipping.rows import Row, rows_in
from bottega_serving.shipping.segments import Marks, Segment, Spool, read
from bottega_serving.shipping.sink import Sink

log = logging.getLogger("bottega.serving")
SYNC_SECONDS = 0.2
SEGMENT_SECONDS = 3.0
SEGMENT_BYTES = 16 * 1024 * 1024
MAX_FRAME = 256 * 1024 * 1024
RETRY_SECONDS = 1.0


class Sender:
    """One worker's connection: who it is, and which of its frames were written but not acknowledged."""

    def __init__(self, worker: bytes, writer: asyncio.StreamWriter) -> None:
        self.worker = worker
        self.writer = writer
        self.written = self.acknowledged = 0

    def acknowledge(self, number: int) -> None:
        """Tell the worker that everything up to this number is on disk."""
        if number > self.acknowledged and not self.writer.is_closing():
            self.acknowledged = number
            self.writer.write(ACKNOWLEDGED.pack(number))


class Shipper:
    """Receives frames, keeps them durably, and writes them as Parquet."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._spool = Spool(settings.state / "spool")
        self._sink = Sink(settings.artifacts)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sink")
        self._segment: Segment | None = None
        self._unsettled: list[Segment] = []
        self._opened = 0.0
        self._senders: set[Sender] = set()
        self._shipping: asyncio.Future[None] | None = None
        self._spool.folder.mkdir(parents=True, exist_ok=True)
        self._marks = Marks(self._spool.folder / "marks.json")
        for path in self._spool.closed():
            for worker, number, _ in read(path):
                self._marks.note(worker, number)

    async def run(self) -> None:
        """Serve the workers' socket until SIGTERM; what has arrived by then is kept."""
        await asyncio.to_thread(Path(self._settings.log_socket).unlink, missing_ok=True)
        server = await asyncio.start_unix_server(self._receive, self._settings.log_socket)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        keeper = asyncio.create_task(self._keep())
        await stop.wait()
        server.close()
        await asyncio.sleep(SYNC_SECONDS)  # what the workers sent last may still be on its way
        keeper.cancel()
        await self._settle()

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = None
        try:
            sender = Sender(await reader.readexactly(WORKER_BYTES), writer)
            self._senders.add(sender)
            while True:
                length, number = HEAD.unpack(await reader.readexactly(HEAD.size))
                if length > MAX_FRAME:
                    raise OSError(f"a frame of {length} bytes")  # noqa: TRY301 - handled like a connection that fails
                self._take(sender, number, await reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            log.debug("a worker hung up")
        except OSError as error:
            log.warning("the prediction log cannot be kept (%s); the workers keep it meanwhile", error)
            self._segment = None  # what it holds whole counts; the next frame begins another
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            writer.close()
            if sender is not None:
                self._senders.discard(sender)

    def _take(self, sender: Sender, number: int, frame: bytes) -> None:
        """Append a frame that is new; one that was there before only has to be acknowledged."""
        if self._marks.is_new(sender.worker, number):
            if self._segment is None:
                self._segment, self._opened = Segment(self._spool.folder), time.monotonic()
                self._unsettled.append(self._segment)
            self._segment.append(sender.worker, number, frame)
            self._marks.note(sender.worker, number)
        sender.written = number

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            try:
                await self._settle()
                self._ship()
            except OSError as error:
                log.warning("the prediction log cannot be kept (%s); the workers keep it meanwhile", error)

    async def _settle(self) -> None:
        """Make durable what was written until now, then say so; end the segment when it is old or large enough."""
        written, segments, segment = [(one, one.written) for one in self._senders], self._unsettled, self._segment
        if segment is not None and not self._due(segment):
            self._unsettled = [segment]
        else:
            self._segment, self._unsettled = None, []
        try:
            for one in segments:
                await asyncio.to_thread(one.sync)
        except OSError:
            self._unsettled = [*segments, *(one for one in self._unsettled if one not in segments)]
            raise
        for one in segments:
            if one is not self._segment:
                one.close()
        for sender, number in written:
            sender.acknowledge(number)

    def _due(self, segment: Segment) -> bool:
        return time.monotonic() - self._opened >= SEGMENT_SECONDS or segment.size >= SEGMENT_BYTES

    def _ship(self) -> None:
        """Start shipping in the thread unless it is still at it."""
        if self._shipping is not None and not self._shipping.done():
            return
        open_ones = [segment.path for segment in self._unsettled]
        self._spool.trim(open_ones)
        closed = self._spool.closed(open_ones)
        if closed:
            loop = asyncio.get_running_loop()
            self._shipping = loop.run_in_executor(self._thread, self._ship_all, closed)

    def _ship_all(self, paths: list[Path]) -> None:
        for path in paths:
            try:
                self._sink.write(path.stem, _rows(path))
                self._marks.save()
                path.unlink(missing_ok=True)
            except (OSError, pa.ArrowException) as error:
                log.warning("the prediction log cannot be written (%s); it stays spooled", error)
                time.sleep(RETRY_SECONDS)
                return


def _rows(path: Path) -> Iterator[Row]:
    for _, _, frame in read(path):
        yield from rows_in(frame)


def main() -> None:
    """Run the shipper as the environment says."""
    process.start("shipper")
    os.nice(5)  # predictions come first
    settings = from_environment()
    if settings.object_store is not None:
        settings.object_store.use()

    async def run() -> None:
        await Shipper(settings).run()

    asyncio.run(run())


if __name__ == "__main__":
    main()
