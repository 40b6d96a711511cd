"""Rows as Arrow tables and pandas frames, read from the platform's Arrow streams as they come."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bottega.client.http import Client
from bottega.extras import need

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def arrow(client: Client, path: str, *, columns: Sequence[str] | None = None, **query: Any) -> "pa.Table":
    """Return the rows behind a ``…/rows`` address.

    Raises:
        MissingExtra: ``bottega[pandas]`` is not installed.
    """
    need("pyarrow", extra="pandas")
    import pyarrow.ipc as ipc

    wanted = {**query, "column": list(columns) if columns is not None else None}
    with client.stream(path, **wanted) as chunks, ipc.open_stream(readable(chunks)) as reader:
        return reader.read_all()


def frame(client: Client, path: str, *, columns: Sequence[str] | None = None, **query: Any) -> "pd.DataFrame":
    """Return the rows behind a ``…/rows`` address as a pandas frame; times are in UTC."""
    need("pandas", "pyarrow", extra="pandas")
    return arrow(client, path, columns=columns, **query).to_pandas()


def parquet(content: bytes) -> "pd.DataFrame":
    """Return the rows of a Parquet file."""
    need("pandas", "pyarrow", extra="pandas")
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(content)).to_pandas()


def records(rows: Any) -> list[dict[str, Any]]:
    """Return a frame, or an iterable of mappings, as JSON records: nulls as null, times in RFC 3339."""
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):
        rows = rows.to_dict(orient="records")
    elif isinstance(rows, dict):
        rows = [rows]
    return [{str(name): _plain(value) for name, value in row.items()} for row in _mappings(rows)]


def _mappings(rows: Iterable[Any]) -> Iterator[Any]:
    for row in rows:
        yield row.to_dict() if hasattr(row, "to_dict") else row


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if value is None or (isinstance(value, float) and value != value) or type(value).__name__ in {"NaTType", "NAType"}:
        return None
    if hasattr(value, "isoformat"):
        text: str = value.isoformat()
        return text.replace("+00:00", "Z")
    return value.item() if hasattr(value, "item") else value


def readable(chunks: Iterator[bytes]) -> io.BufferedReader:
    """Return the chunks of an answer as a file whose ``read(n)`` gives n bytes wherever there are n.

    Arrow takes fewer for the end of the stream, and chunks end anywhere.
    """
    return io.BufferedReader(_Reader(chunks))


class _Reader(io.RawIOBase):
    """The chunks of an answer as a raw file; a read gives at most the rest of one chunk."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
