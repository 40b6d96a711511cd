"""Reading the online store from ordinary code: one MGET, statuses, numpy for many rows.

Every read has an ``as_of``: a row older than the TTL at that time is ``stale`` and its values are null, a row
from after it is ``not_found``, for a point-in-time read would not see it either.
"""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bottega.specs.data import Column
from bottega_feature_store.codec import Vector, ViewCodec
from bottega_feature_store.online.keys import KeyValue, key_maker, pointer_key
from bottega_feature_store.types import Scalar

MICROS = 1_000_000
POINTER_SECONDS = 1.0


class Status(StrEnum):
    """What a read found: a row, a row whose features are all null, none, or one beyond its TTL."""

    PRESENT = "present"
    NULL = "null"
    NOT_FOUND = "not_found"
    STALE = "stale"


CODES = list(Status)


class OnlineView(NamedTuple):
    """What is needed to read one view: its names in keys, its columns in packed order, its TTL."""

    project_id: str
    view_id: str
    columns: Sequence[Column]
    ttl_seconds: int | None


class Row(NamedTuple):
    """One entity's features; ``values`` follow the view's columns and are all None unless present."""

    status: Status
    event_time: int | None
    values: Sequence[Scalar]


class Rows(NamedTuple):
    """Many entities' features as columns; ``status`` indexes :data:`CODES`."""

    status: NDArray[np.int8]
    event_times: NDArray[np.int64]
    columns: dict[str, Vector]


class Reader:
    """Reads one view. The version pointer is read again when it is older than a second."""

    def __init__(self, client: Any, view: OnlineView, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.codec = ViewCodec(view.columns)
        self._client, self._view, self._clock = client, view, clock
        self._nothing: Sequence[Scalar] = (None,) * len(self.codec.names)
        self._ttl = None if view.ttl_seconds is None else view.ttl_seconds * MICROS
        self._tag: str | None = None
        self._make: Callable[[Sequence[KeyValue]], bytes] | None = None
        self._read_at = -POINTER_SECONDS

    def version(self) -> str | None:
        """Return the version tag that readers follow now, or None when nothing was ever loaded."""
        now = self._clock()
        if now - self._read_at >= POINTER_SECONDS:
            found = self._client.get(pointer_key(self._view.project_id, self._view.view_id))
            tag = None if found is None else found.decode()
            if tag != self._tag:
                self._tag = tag
                self._make = None if tag is None else key_maker(self._view.project_id, self._view.view_id, tag)
            self._read_at = now
        return self._tag

    def fetch(self, keys: Sequence[Sequence[KeyValue]]) -> list[bytes | None]:
        """Return the packed values in one MGET."""
        names = self.names(keys)
        if not names:
            return [None] * len(keys)
        found: list[bytes | None] = self._client.mget(names)
        return found

    def names(self, keys: Sequence[Sequence[KeyValue]]) -> list[bytes]:
        """Return the online keys at the version that readers follow now; empty when nothing is loaded."""
        if self.version() is None or self._make is None:
            return []
        return list(map(self._make, keys))

    def read(self, keys: Sequence[Sequence[KeyValue]], as_of: int) -> list[Row]:
        """Return one row per key, in order; ``as_of`` is in microseconds."""
        return [self.row(value, as_of) for value in self.fetch(keys)]

    def row(self, value: bytes | None, as_of: int) -> Row:
        """Return one fetched value as a row."""
        nothing = self._nothing
        if value is None:
            return Row(Status.NOT_FOUND, None, nothing)
        event_time, values = self.codec.unpack(value)
        if event_time > as_of:
            return Row(Status.NOT_FOUND, None, nothing)
        if self._ttl is not None and as_of - event_time > self._ttl:
            return Row(Status.STALE, event_time, nothing)
        status = Status.PRESENT if any(v is not None for v in values) else Status.NULL
        return Row(status, event_time, values)

    def read_columns(self, keys: Sequence[Sequence[KeyValue]], as_of: int) -> Rows:
        """Return many rows as numpy columns with null masks; what is not present is null."""
        return self.decode(self.fetch(keys), as_of)

    def decode(self, values: Sequence[bytes | None], as_of: int) -> Rows:
        """Return fetched values as numpy columns with null masks; what is not present is null."""
        return settle(self.codec, self._ttl, values, as_of)


def settle(
    codec: ViewCodec, ttl_us: int | None, values: Sequence[bytes | None], as_of: int | NDArray[np.int64]
) -> Rows:
    """Return packed values as columns as they count at ``as_of``, one moment (µs) for all rows or one each.

    Raises:
        CodecError: a value is not packed by this view.
    """
    batch = codec.unpack_many(values)
    missing = ~batch.present | (batch.event_times > as_of)
    stale = np.zeros(len(missing), np.bool_)
    if ttl_us is not None:
        stale = ~missing & (as_of - batch.event_times > ttl_us)
    hidden = missing | stale
    columns = {name: Vector(v.values, v.nulls | hidden) for name, v in batch.columns.items()}
    empty = np.ones(len(missing), np.bool_)
    for vector in columns.values():
        empty &= vector.nulls
    status = np.select([missing, stale, empty], [2, 3, 1], 0).astype(np.int8)
    return Rows(status, batch.event_times, columns)


def fetch_views(
    client: Any, readers: Sequence[Reader], keys: Sequence[Sequence[Sequence[KeyValue]]]
) -> list[Sequence[bytes | None]]:
    """Return the packed values of several views in one MGET; ``keys`` holds one list of keys per reader."""
    names = [reader.names(wanted) for reader, wanted in zip(readers, keys, strict=True)]
    flat = [name for some in names for name in some]
    values: list[bytes | None] = client.mget(flat) if flat else []
    found: list[Sequence[bytes | None]] = []
    place = 0
    for some, wanted in zip(names, keys, strict=True):
        found.append(values[place : place + len(some)] if some else [None] * len(wanted))
        place += len(some)
    return found


def read_views(
    client: Any, readers: Sequence[Reader], keys: Sequence[Sequence[Sequence[KeyValue]]], as_of: int
) -> list[Rows]:
    """Read many entities of several views in one MGET, as columns."""
    fetched = fetch_views(client, readers, keys)
    return [reader.decode(values, as_of) for reader, values in zip(readers, fetched, strict=True)]


def read_views_rows(
    client: Any, readers: Sequence[Reader], keys: Sequence[Sequence[Sequence[KeyValue]]], as_of: int
) -> list[list[Row]]:
    """Read a few entities of several views in one MGET, as rows: quicker than columns below some twenty."""
    fetched = fetch_views(client, readers, keys)
    return [[reader.row(value, as_of) for value in values] for reader, values in zip(readers, fetched, strict=True)]
