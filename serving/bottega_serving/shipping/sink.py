"""Parquet files of the prediction log, each written once and whole.

They lie below ``<artifacts>/predictions/<project>/<endpoint>/date=…/`` and are named
``<first>-<last>-<segment>.parquet``, the microseconds of their first and last answer: a reader chooses files by name,
and a segment that is written again, because its shipper was killed, replaces its own files.
"""

import datetime as dt
import os
from collections.abc import Iterable
from typing import Any, NamedTuple

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from bottega.prediction_log import file_name, folder_of
from bottega_serving.shipping.rows import SCHEMA, Row

ROWS = 5_000


class _Group(NamedTuple):
    project: str
    endpoint: str
    day: dt.date


class _Open:
    """One Parquet file on its way."""

    def __init__(self, filesystem: Any, folder: str, segment: str) -> None:
        self._filesystem, self._folder, self._segment = filesystem, folder, segment
        filesystem.makedirs(folder, exist_ok=True)
        self._scratch = f"{folder}/.{segment}.new"
        self._file = filesystem.open(self._scratch, "wb")
        self._writer = pq.ParquetWriter(self._file, SCHEMA, compression="zstd")
        self._rows: list[Row] = []
        self._first, self._last = 2**63, 0

    def add(self, row: Row) -> None:
        self._first, self._last = min(self._first, row["time"]), max(self._last, row["time"])
        self._rows.append(row)
        if len(self._rows) >= ROWS:
            self._write()

    def _write(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
        self._rows = []

    def finish(self) -> None:
        if self._rows:
            self._write()
        self._writer.close()
        if isinstance(self._filesystem, LocalFileSystem):  # a segment is removed once its files are there for good
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        name = file_name(self._first, self._last, self._segment)
        self._filesystem.mv(self._scratch, f"{self._folder}/{name}")


class Sink:
    """Writes segments to the artifacts' folder of predictions."""

    def __init__(self, artifacts: str) -> None:
        self._filesystem, self._root = fsspec.core.url_to_fs(artifacts)

    def write(self, segment: str, rows: Iterable[Row]) -> None:
        """Write the rows of one segment, one file per endpoint and day."""
        files: dict[_Group, _Open] = {}
        for row in rows:
            day = dt.datetime.fromtimestamp(row["time"] / 1e6, dt.UTC).date()
            group = _Group(row["project_id"], row["endpoint_id"], day)
            if group not in files:
                folder = folder_of(self._root, group.project, group.endpoint, group.day)
                files[group] = _Open(self._filesystem, folder, segment)
            files[group].add(row)
        for file in files.values():
            file.finish()
