"""What a packed value of one view says at a moment: read by edge workers for answers, by the shipper for the log."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bottega.specs.data import Column
from bottega_feature_store.codec import CodecError, Vector, ViewCodec
from bottega_feature_store.online.reader import CODES, Status, settle

_NOT_FOUND, _STALE = CODES.index(Status.NOT_FOUND), CODES.index(Status.STALE)


class Settled(NamedTuple):
    """The features of many rows as columns, and what was wrong with some of them."""

    columns: dict[str, Vector]
    wrong: list[str]


class PackedView:
    """One view's packed values: which of them count at a moment, and which go where among the features."""

    def __init__(self, name: str, columns: Sequence[Column], ttl_us: int | None, features: Sequence[str]) -> None:
        self.name = name
        self.columns = list(columns)
        self.ttl_us = ttl_us
        self.codec = ViewCodec(columns)
        self._moves = [(at, features.index(c.name)) for at, c in enumerate(columns) if c.name in features]
        self.wanted = [(column.name, column.type) for column in columns if column.name in features]

    def place(self, data: bytes | None, as_of: int, features: list[Any]) -> tuple[str | None, int | None]:
        """Write a packed value's features to their places; return what was wrong and the age in µs."""
        if data is None:
            return "not_found", None
        try:
            event_time, values = self.codec.unpack(data)
        except CodecError:
            return "unreadable", None
        age = as_of - event_time
        if age < 0:  # from after ``as_of``: a point-in-time join would not see it either
            return "not_found", None
        if self.ttl_us is not None and age > self.ttl_us:
            return "stale", age
        for source, target in self._moves:
            features[target] = values[source]
        return None, age

    def settle(self, values: Sequence[bytes | None], as_of: NDArray[np.int64]) -> Settled:
        """Return many rows' features as they count at their ``as_of`` (µs)."""
        wrong = []
        try:
            rows = settle(self.codec, self.ttl_us, values, as_of)
        except CodecError:
            values = [value if self._readable(value) else None for value in values]
            rows = settle(self.codec, self.ttl_us, values, as_of)
            wrong.append("unreadable")
        found = set(np.unique(rows.status).tolist())
        wrong += [text for code, text in ((_NOT_FOUND, "not_found"), (_STALE, "stale")) if code in found]
        return Settled({name: rows.columns[name] for name, _ in self.wanted}, wrong)

    def _readable(self, value: bytes | None) -> bool:
        try:
            return value is None or bool(self.codec.unpack_many([value]).present[0])
        except CodecError:
            return False
