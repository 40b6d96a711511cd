"""Reading and writing a real online store."""

import uuid

import pytest
import redis

from bottega.specs import Column
from bottega_feature_store.codec import ViewCodec
from bottega_feature_store.online.keys import key_bytes, online_key, pointer_key
from bottega_feature_store.online.reader import CODES, OnlineView, Reader, Status, read_views, read_views_rows
from bottega_feature_store.online.writer import Writer, current, flip, sweep

COLUMNS = [Column("amount", "float64"), Column("note", "string")]
HOUR = 3_600_000_000


@pytest.fixture
def client(online_store_url):
    with redis.Redis.from_url(online_store_url) as connection:
        Writer.prepare(connection)
        yield connection


@pytest.fixture
def view():
    return OnlineView(f"prj_{uuid.uuid4().hex}", "fv_x.abc", COLUMNS, 3600)


def put(client, view, tag, rows):
    codec = ViewCodec(COLUMNS)
    values = [codec.pack(event, values) for _, event, values in rows]
    Writer(client, view.project_id, view.view_id, tag).load([key for key, _, _ in rows], values)
    flip(client, view.project_id, view.view_id, tag)


def test_key_bytes_keep_parts_apart():
    assert key_bytes(["a", 12]) == b"\x01\x00\x00\x00a\x02\x00\x00\x0012"
    assert len({key_bytes(key) for key in [("1", "12"), ("11", "2"), ("112", ""), ("", "112"), ("1", "1", "2")]}) == 5
    assert online_key("p", "v", "t", ["ä"]) == b"b1:p:v:t:{\x02\x00\x00\x00\xc3\xa4}"
    assert pointer_key("p", "v") == b"b1:p:v:current"


def test_statuses_tell_present_null_stale_and_not_found_apart(client, view):
    put(client, view, "one", [
        (("a", 1), HOUR, [1.5, "x"]), (("b", 1), HOUR, [None, None]), (("c", 1), 0, [2.0, None]),
        (("d", 1), 3 * HOUR, [9.0, "future"]),
    ])  # fmt: skip
    keys = [("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1)]
    wanted = [Status.PRESENT, Status.NULL, Status.STALE, Status.NOT_FOUND, Status.NOT_FOUND]
    reader = Reader(client, view)
    rows = reader.read(keys, 2 * HOUR)
    assert [row.status for row in rows] == wanted
    assert [list(row.values) for row in rows] == [[1.5, "x"]] + [[None, None]] * 4
    many = reader.read_columns(keys, 2 * HOUR)
    assert [CODES[code] for code in many.status] == wanted
    assert many.columns["amount"].nulls.tolist() == [False, True, True, True, True]


def test_a_row_as_old_as_its_ttl_is_still_there(client, view):
    put(client, view, "one", [(("a", 1), HOUR, [1.0, "x"])])
    reader = Reader(client, view)
    assert [reader.read([("a", 1)], 2 * HOUR + more)[0].status for more in (0, 1)] == [Status.PRESENT, Status.STALE]


def test_readers_follow_the_pointer_within_a_second_and_never_mix_versions(client, view):
    now = [0.0]
    reader = Reader(client, view, clock=lambda: now[0])
    assert reader.version() is None
    put(client, view, "one", [(("a", 1), HOUR, [1.0, "one"])])
    assert reader.read([("a", 1)], HOUR)[0].status is Status.NOT_FOUND
    now[0] = 1.0
    assert reader.read([("a", 1)], HOUR)[0].values == [1.0, "one"]
    put(client, view, "two", [(("a", 1), HOUR, [2.0, "two"])])
    assert reader.read([("a", 1)], HOUR)[0].values == [1.0, "one"]
    now[0] = 2.0
    assert reader.read([("a", 1)], HOUR)[0].values == [2.0, "two"]


def test_an_update_with_an_older_row_changes_nothing(client, view):
    put(client, view, "one", [(("a", 1), 2 * HOUR, [1.0, "new"])])
    writer, codec = Writer(client, view.project_id, view.view_id, "one"), ViewCodec(COLUMNS)
    assert writer.update([("a", 1)], [codec.pack(HOUR, [0.0, "late"])]) == 0
    assert (
        writer.update([("a", 1), ("b", 1)], [codec.pack(2 * HOUR, [2.0, "corrected"]), codec.pack(1, [3.0, "b"])]) == 2
    )
    rows = Reader(client, view).read([("a", 1), ("b", 1)], 2 * HOUR)
    assert rows[0].values == [2.0, "corrected"]


def test_sweeping_deletes_named_versions_and_no_other(client, view):
    for tag in ("one", "two", "three"):
        put(client, view, tag, [((name, 1), HOUR, [1.0, tag]) for name in "abc"])
    assert sweep(client, view.project_id, view.view_id, ["one", "two"]) == 6
    assert current(client, view.project_id, view.view_id) == "three"
    assert Reader(client, view).read([("c", 1)], HOUR)[0].values == [1.0, "three"]
    assert sweep(client, view.project_id, view.view_id, []) == 0


def test_several_views_are_read_in_one_round_trip(client, view):
    put(client, view, "one", [(("a", 1), HOUR, [1.0, "x"])])
    other, absent = view._replace(view_id="fv_y.abc"), view._replace(view_id="fv_z.abc")
    put(client, other, "one", [(("b",), HOUR, [2.0, "y"])])
    before = (
        client.info("commandstats")["cmdstat_mget"]["calls"] if "cmdstat_mget" in client.info("commandstats") else 0
    )
    readers = [Reader(client, one) for one in (view, absent, other)]
    found = read_views(client, readers, [[("a", 1), ("c", 1)], [("a", 1)], [("b",)]], HOUR)
    assert client.info("commandstats")["cmdstat_mget"]["calls"] == before + 1
    assert [[CODES[code].value for code in rows.status] for rows in found] == [
        ["present", "not_found"],
        ["not_found"],
        ["present"],
    ]
    assert found[2].columns["amount"].values.tolist() == [2.0]
    rows = read_views_rows(client, readers, [[("a", 1)], [("a", 1)], [("b",)]], HOUR)
    assert [list(some[0].values) for some in rows] == [[1.0, "x"], [None, None], [2.0, "y"]]
