"""Rows of stored Parquet files as one Arrow or Parquet stream, in bounded memory."""

import difflib
import io
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
from django.http import HttpRequest, StreamingHttpResponse

from bottega.problems import Fault
from bottega_feature_store.quoting import name
from bottega_feature_store.tables import Tables
from bottega_feature_store.tables.duck import connect, parquet
from bottega_platform.api import downloads
from bottega_platform.api.errors import BadRequest, Invalid, Unavailable
from bottega_platform.jobs import connections
from bottega_platform.tables.models import TableVersion

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
MEDIA = {"arrow": ARROW, "parquet": PARQUET}
BATCH_ROWS = 16_384
READERS = 4
MEMORY = "256MB"
QUERY = {
    "column": "A column to read; repeat it for several. All of them by default.",
    "limit": "How many rows at most, from the first on. All of them by default.",
    "format": "`arrow` (an Arrow IPC stream, the default) or `parquet`.",
}
_slots = threading.BoundedSemaphore(READERS)


class Wanted(msgspec.Struct, frozen=True):
    """Which rows a reader asks for."""

    columns: list[str]
    limit: int | None
    format: str


def wanted(request: HttpRequest, known: list[str]) -> Wanted:
    """Read columns, limit and format from the query; ``known`` are the names of the columns there are.

    Raises:
        BadRequest: ``bad_limit`` or ``bad_filter``.
        Invalid: ``unknown_column``.
    """
    chosen = request.GET.getlist("column") or known
    faults = [_unknown(column, known) for column in chosen if column not in known]
    if faults:
        raise Invalid(faults[0].detail, code="unknown_column", errors=faults)
    kind = request.GET.get("format", "arrow")
    if kind not in MEDIA:
        raise BadRequest("format is arrow or parquet.", code="bad_filter")
    return Wanted(
        list(dict.fromkeys(chosen)), _limit(request.GET.get("limit")), "arrow" if kind == "arrow" else "parquet"
    )


def answer(urls: list[str], asked: Wanted, *, filename: str) -> StreamingHttpResponse:
    """Answer with the rows of these files, in their order."""
    content_type = MEDIA[asked.format]
    return downloads.stream(_chunks(urls, asked), content_type=content_type, filename=f"{filename}.{asked.format}")


def files_of(version: TableVersion) -> list[str]:
    """Return the URLs of a version's Parquet files, in their order."""
    urls = connections.resolve(("iceberg", "artifacts"))
    tables = Tables(urls["iceberg"], urls["artifacts"])
    try:
        return tables.files(version.identifier, version.snapshot_id)
    finally:
        tables.close()


def _unknown(column: str, known: list[str]) -> Fault:
    near = difflib.get_close_matches(column, known, 1)
    hint = f" Did you mean “{near[0]}”?" if near else f" There are {', '.join(known)}."
    return Fault("unknown_column", f"There is no column “{column[:80]}”.{hint}", pointer="/column", got=column[:80])


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest("limit is a number of rows, from 0.", code="bad_limit")
    return int(text)


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(blocking=False):
        raise Unavailable(f"{READERS} readers are being served. Try again in a moment.", code="busy", retry_after=2)
    try:
        yield
    finally:
        _slots.release()


def _chunks(urls: list[str], asked: Wanted) -> Generator[bytes]:
    """Yield the encoded rows; nothing is held but one batch and what DuckDB's limit allows."""
    drain = _Drain()
    with (
        _slot(),
        tempfile.TemporaryDirectory() as scratch,
        connect(scratch, memory=MEMORY, threads=1) as connection,
    ):
        listed = ", ".join(name(column) for column in asked.columns)
        limit = "" if asked.limit is None else f" LIMIT {asked.limit}"
        query = f"SELECT {listed} FROM {parquet(connection, urls)}{limit}"  # noqa: S608
        batches = connection.sql(query).to_arrow_reader(BATCH_ROWS)
        with _WRITERS[asked.format](drain, batches.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
                if content := drain.taken():
                    yield content
        yield drain.taken()


def _arrow_writer(sink: io.RawIOBase, schema: pa.Schema) -> Any:
    return ipc.new_stream(sink, schema, options=ipc.IpcWriteOptions(compression="zstd"))


def _parquet_writer(sink: io.RawIOBase, schema: pa.Schema) -> Any:
    return pq.ParquetWriter(sink, schema, compression="zstd")


_WRITERS: dict[str, Callable[[io.RawIOBase, pa.Schema], Any]] = {"arrow": _arrow_writer, "parquet": _parquet_writer}


class _Drain(io.RawIOBase):
    """Takes what a writer writes, until it is asked for."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, content: Any) -> int:
        part = bytes(content)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        content = b"".join(self._parts)
        self._parts.clear()
        return content
