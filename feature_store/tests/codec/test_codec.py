"""The packed layout: golden bytes, round trips, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bottega.specs import Column
from bottega_feature_store.codec import CodecError, Vector, ViewCodec
from bottega_feature_store.types import numpy_type

COLUMNS = [
    Column("a", "float64"), Column("s", "string"), Column("b", "bool"), Column("i", "int64"), Column("f", "float32"),
    Column("n", "int32"), Column("t", "timestamp"), Column("d", "date"), Column("u", "string"),
]  # fmt: skip
GOLDEN = (
    "01"  # format
    "0040e1cb7fcb0400"  # event time, microseconds
    "1001"  # nulls: the fifth and the ninth column
    "000000000000f83f"  # a = 1.5
    "01"  # b = true
    "0700000000000000"  # i = 7
    "00000000"  # f is null
    "ffffffff"  # n = -1
    "0100000000000000"  # t = 1
    "023e0000"  # d = 15874
    "04000000" "68c3a46c"  # s = "häl"
    "00000000"  # u is null
)  # fmt: skip
ROW = [1.5, "häl", True, 7, None, -1, 1, 15874, None]


def test_the_layout_is_what_stored_values_hold_byte_for_byte():
    codec = ViewCodec(COLUMNS)
    event_time = int.from_bytes(bytes.fromhex("0040e1cb7fcb0400"), "little")
    assert codec.pack(event_time, ROW).hex() == GOLDEN
    assert codec.unpack(bytes.fromhex(GOLDEN)) == (event_time, ROW)


def rows():
    values = {
        "float64": st.floats(allow_nan=False), "string": st.text(max_size=8), "bool": st.booleans(),
        "int64": st.integers(-(2**63), 2**63 - 1), "float32": st.floats(width=32, allow_nan=False),
        "int32": st.integers(-(2**31), 2**31 - 1), "timestamp": st.integers(0, 2**52), "date": st.integers(0, 2**20),
    }  # fmt: skip
    return st.lists(st.tuples(*(st.none() | values[column.type] for column in COLUMNS)), min_size=1, max_size=20)


def vectors(found):
    columns = []
    for column, values in zip(COLUMNS, zip(*found, strict=True), strict=True):
        nulls = np.array([value is None for value in values])
        blank = "" if column.type == "string" else 0
        filled = np.array([blank if value is None else value for value in values], numpy_type(column.type))
        columns.append(Vector(filled, nulls))
    return columns


@settings(max_examples=60, deadline=None)
@given(found=rows())
def test_one_row_and_many_rows_pack_and_unpack_alike(found):
    codec = ViewCodec(COLUMNS)
    events = np.arange(len(found), dtype=np.int64)
    packed = [codec.pack(event, row) for event, row in enumerate(found)]
    assert codec.pack_many(events, vectors(found)) == packed
    assert [(event, tuple(values)) for event, values in map(codec.unpack, packed)] == list(enumerate(found))
    batch = codec.unpack_many([*packed, None])
    assert batch.event_times[:-1].tolist() == events.tolist()
    assert batch.present.tolist() == [True] * len(found) + [False]
    for place, column in enumerate(COLUMNS):
        values, nulls = batch.columns[column.name]
        got = [None if null else value for value, null in zip(values.tolist(), nulls.tolist(), strict=True)]
        assert got == [row[place] for row in found] + [None]


@pytest.mark.parametrize("cut", range(0, len(GOLDEN) // 2, 3))
def test_cut_bytes_are_refused(cut):
    with pytest.raises(CodecError):
        ViewCodec(COLUMNS).unpack(bytes.fromhex(GOLDEN)[:cut])


def test_another_format_or_layout_is_refused():
    codec = ViewCodec(COLUMNS)
    other = b"\x02" + bytes.fromhex(GOLDEN)[1:]
    for read in (codec.unpack, lambda data: codec.unpack_many([data])):
        with pytest.raises(CodecError, match="format"):
            read(other)
    plain = ViewCodec([Column("a", "float64")])
    with pytest.raises(CodecError, match="length"):
        plain.unpack_many([plain.pack(1, [1.0]) + b"x"])


def test_a_view_with_nothing_but_strings_works():
    codec = ViewCodec([Column("s", "string")])
    assert codec.unpack(codec.pack(5, ["x"])) == (5, ["x"])
    assert codec.unpack_many([None]).columns["s"].values.tolist() == [None]
