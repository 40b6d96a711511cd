"""Python and DuckDB give one reference for one prediction, and different ones for different predictions."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bottega.ground_truth import key_reference, request_reference
from bottega_feature_store.ground_truth.references import keys_sql, request_sql
from bottega_feature_store.tables.duck import connect

TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_/~", min_size=1, max_size=8)
KEYS = st.dictionaries(NAMES, st.one_of(TEXT, st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=4)
TIMES = st.integers(0, 4_102_444_800_000_000)


def evaluate(sql: str, **columns: object) -> bytes:
    values = ", ".join(f"{kind} AS {name}" for name, (kind, _) in columns.items())
    with connect("/tmp", threads=1) as connection:
        found = connection.execute(f"SELECT {sql} FROM (SELECT {values})", [value for _, value in columns.values()])
        return bytes(found.fetchall()[0][0])


@settings(deadline=None)
@given(KEYS, TIMES)
def test_keys_and_moment(keys, micros):
    inputs = msgspec.json.encode({**keys, "other": 1.5}).decode()
    sql = evaluate(keys_sql(list(keys)), inputs=("?::VARCHAR", inputs), as_of=("make_timestamptz(?)", micros))
    assert sql == key_reference(keys, micros)


@settings(deadline=None)
@given(st.text("abcXYZ019._-", min_size=1, max_size=40), st.integers(0, 2**31 - 1))
def test_request_and_row(request_id, row):
    sql = evaluate(request_sql(), request_id=("?::VARCHAR", request_id), row=("?::INTEGER", row))
    assert sql == request_reference(request_id, row)


def test_lengths_keep_neighbours_apart():
    assert key_reference({"a": "1", "b": "2"}, 0) != key_reference({"a": "1=;1:b=1:2", "b": ""}, 0)
    assert request_reference("a", 11) != request_reference("a1", 1)
    assert key_reference({"a": "1"}, 1) != key_reference({"a": "1"}, 2)
