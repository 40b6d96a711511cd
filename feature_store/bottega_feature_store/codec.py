"""The packed value of one (view, entity): what the online store holds.

Layout, little-endian and unaligned::

    u8   format (1)
    i64  event time, microseconds since 1970 in UTC
    u8[] null bitmap, one bit a column, lowest bit first, set = null
    ...  fixed-width columns in order (string columns have nothing here)
    ...  per string column in order: u32 length, UTF-8 bytes

It is read with ``struct`` for one request and with numpy for many rows.
"""

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bottega.specs.data import Column
from bottega_feature_store.types import Scalar, type_row

FORMAT = 1
_LENGTH = struct.Struct("<I")


class CodecError(ValueError):
    """The bytes are no packed value of this view."""


class Vector(NamedTuple):
    """One column of many rows: values, and a mask that is true where the value is null."""

    values: NDArray[Any]
    nulls: NDArray[np.bool_]


class Batch(NamedTuple):
    """Many unpacked rows. A row that was missing has ``present`` False and only nulls."""

    event_times: NDArray[np.int64]
    present: NDArray[np.bool_]
    columns: dict[str, Vector]


class ViewCodec:
    """Packs and unpacks the values of one view; ``columns`` are its feature columns in packed order."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = list(columns)
        self.names = [column.name for column in columns]
        rows = [type_row(column.type) for column in columns]
        self._fixed = [place for place, row in enumerate(rows) if row.code]
        self._texts = [place for place, row in enumerate(rows) if not row.code]
        self._bitmap = (len(rows) + 7) // 8
        self._no_nulls = bytes(self._bitmap)
        codes = "".join(rows[place].code for place in self._fixed)
        self._struct = struct.Struct(f"<Bq{self._bitmap}s{codes}")
        self.fixed_size = self._struct.size
        self._zeros = tuple(False if code == "?" else 0 for code in codes)
        self._dtype = np.dtype(
            [("format", "u1"), ("event_time", "<i8"), ("nulls", "u1", (self._bitmap,))]
            + [(f"c{place}", rows[place].numpy) for place in self._fixed]
        )
        self._blank = self._struct.pack(FORMAT, 0, b"\xff" * self._bitmap, *self._zeros)

    def pack(self, event_time: int, values: Sequence[Scalar]) -> bytes:
        """Return the packed value of one row; ``values`` follow the columns, None is null."""
        bitmap = 0
        for place, value in enumerate(values):
            if value is None:
                bitmap |= 1 << place
        fixed = [
            zero if values[place] is None else values[place]
            for place, zero in zip(self._fixed, self._zeros, strict=True)
        ]
        head = self._struct.pack(FORMAT, event_time, bitmap.to_bytes(self._bitmap, "little"), *fixed)
        return head + b"".join(_text(values[place]) for place in self._texts)

    def unpack(self, data: bytes) -> tuple[int, Sequence[Scalar]]:
        """Return the event time and the values of one row; quick enough for the request path."""
        try:
            number, event_time, nulls, *fixed = self._struct.unpack_from(data)
        except struct.error as error:
            raise CodecError(f"a packed value of {len(data)} bytes is too short") from error
        if number != FORMAT:
            raise CodecError(f"packed format {number} is not known, only {FORMAT}")
        if not self._texts and nulls == self._no_nulls:
            return event_time, fixed
        return event_time, self._assemble(data, nulls, fixed)

    def _assemble(self, data: bytes, nulls: bytes, fixed: list[Any]) -> list[Scalar]:
        values: list[Scalar] = [None] * len(self.columns)
        for place, value in zip(self._fixed, fixed, strict=True):
            values[place] = value
        for place, text in zip(self._texts, self._read_texts(data), strict=True):
            values[place] = text
        if nulls != self._no_nulls:
            bitmap = int.from_bytes(nulls, "little")
            for place in range(len(values)):
                if bitmap >> place & 1:
                    values[place] = None
        return values

    def _read_texts(self, data: bytes) -> list[str]:
        offset, texts = self.fixed_size, []
        for _ in self._texts:
            try:
                (length,) = _LENGTH.unpack_from(data, offset)
            except struct.error as error:
                raise CodecError("a packed value ends inside its strings") from error
            offset += 4 + length
            if offset > len(data):
                raise CodecError("a packed value ends inside its strings")
            texts.append(data[offset - length : offset].decode())
        return texts

    def pack_many(self, event_times: NDArray[np.int64], columns: Sequence[Vector]) -> list[bytes]:
        """Return the packed values of many rows; ``columns`` follow the view's columns."""
        count = len(event_times)
        table = np.zeros(count, self._dtype)
        table["format"], table["event_time"] = FORMAT, event_times
        if columns:
            mask = np.column_stack([vector.nulls for vector in columns])
            table["nulls"] = np.packbits(mask, axis=1, bitorder="little")
        for place in self._fixed:
            values, nulls = columns[place]
            table[f"c{place}"] = np.where(nulls, np.zeros(1, values.dtype), values)
        whole, size = table.tobytes(), self.fixed_size
        heads = [whole[start : start + size] for start in range(0, count * size, size)]
        if not self._texts:
            return heads
        tails = [[_text(text) for text in _texts(columns[place])] for place in self._texts]
        return [b"".join(parts) for parts in zip(heads, *tails, strict=True)]

    def unpack_many(self, values: Sequence[bytes | None]) -> Batch:
        """Return many rows as columns: numeric ones decoded by numpy at once, strings one by one."""
        size, blank = self.fixed_size, self._blank
        if self._texts:
            parts = [blank if value is None else value[:size] for value in values]
        else:
            parts = [blank if value is None else value for value in values]
        joined = b"".join(parts)
        if len(joined) != size * len(parts):
            raise CodecError("a packed value has the wrong length for this view")
        table = np.frombuffer(joined, self._dtype)
        if len(table) and (table["format"] != FORMAT).any():
            raise CodecError(f"a packed value has another format than {FORMAT}")
        present = np.fromiter((value is not None for value in values), np.bool_, len(values))
        return Batch(table["event_time"], present, self._vectors(table, values))

    def _vectors(self, table: NDArray[Any], values: Sequence[bytes | None]) -> dict[str, Vector]:
        mask = np.unpackbits(table["nulls"], axis=1, bitorder="little").view(np.bool_)
        found = {place: table[f"c{place}"] for place in self._fixed}
        if self._texts:
            blank = [None] * len(self._texts)
            rows = [blank if value is None else self._read_texts(value) for value in values]
            for number, place in enumerate(self._texts):
                texts = np.empty(len(rows), object)
                texts[:] = [row[number] for row in rows]
                texts[mask[:, place]] = None
                found[place] = texts
        return {name: Vector(found[place], mask[:, place]) for place, name in enumerate(self.names)}


def _text(value: Any) -> bytes:
    data = b"" if value is None else str(value).encode()
    return _LENGTH.pack(len(data)) + data


def _texts(vector: Vector) -> list[str | None]:
    return [None if null else value for value, null in zip(vector.values.tolist(), vector.nulls.tolist(), strict=True)]
