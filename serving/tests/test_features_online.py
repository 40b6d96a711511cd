"""Keys only: features from the online store; a store that is slow or gone costs a flag, never an error."""

import asyncio
import json
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest
import redis

from bottega.ids import new_id
from bottega_feature_store.codec import ViewCodec
from bottega_feature_store.online.keys import online_key, pointer_key
from bottega_feature_store.online.reader import OnlineView, Reader, Status
from bottega_feature_store.types import parse_timestamp
from bottega_serving.testing import full_record, key_record, signature

NOW = parse_timestamp("2024-05-01T12:00:00Z")
HOUR = 3_600_000_000


@pytest.fixture
def store(online_store_url):
    client = redis.Redis.from_url(online_store_url)
    client.project = new_id("project")
    yield client
    client.close()


def write(store, seed, *, age=HOUR, tag="v1"):
    record, shape = full_record(seed), signature()
    for view in shape.views:
        values = [record[column.name] for column in view.columns]
        key = [record[column.name] for column in view.key_fields]
        name = online_key(store.project, view.view_id, tag, key)
        store.set(name, ViewCodec(view.columns).pack(NOW - age, values))
        store.set(pointer_key(store.project, view.view_id), tag)


@pytest.fixture
def node(make_node, bundles, store, online_store_url):
    for seed in range(20):
        write(store, seed)
    made = make_node(BOTTEGA_ONLINE_STORE_URL=online_store_url, BOTTEGA_SERVING_FEATURE_BUDGET="5")
    made.project = store.project
    made.serve(bundles[0])
    return made


def test_keys_alone_give_the_prediction_of_the_full_feature_set(node):
    for seed in range(20):
        full = node.predict({"records": [full_record(seed)]}).json()
        keys = node.predict({"records": [key_record(seed)]}).json()
        assert keys["predictions"] == full["predictions"]
        assert keys["degraded"] == []
    rows = [key_record(seed) for seed in range(20)]
    together = node.predict({"records": rows}).json()["predictions"]
    assert together == pytest.approx([node.predict({"records": [row]}).json()["predictions"][0] for row in rows])


def test_an_unknown_entity_is_answered_with_nulls_and_said(node):
    answer = node.predict({"records": [{**key_record(0), "user": "nobody"}]}).json()
    assert answer["degraded"] == ["not_found:users", "not_found:shops"]
    empty = dict.fromkeys(("x0", "x1", "x2", "x3", "x4", "x5"))
    assert answer["predictions"] == node.predict({"records": [{**key_record(0), **empty}]}).json()["predictions"]


def test_a_value_older_than_its_ttl_at_as_of_is_null_and_said(node):
    late = node.predict({"records": [key_record(1)], "as_of": "2024-05-09T00:00:00Z"}).json()
    assert late["degraded"] == ["stale:users"]
    assert node.predict({"records": [key_record(1)], "as_of": "2024-05-01T13:00:00Z"}).json()["degraded"] == []


def test_a_value_from_after_as_of_is_not_used_and_said_just_as_the_feature_store_reads_it(node, store):
    before, at, after = "2024-05-01T10:59:59.999999Z", "2024-05-01T11:00:00Z", "2024-05-01T11:00:01Z"
    empty = dict.fromkeys(("x0", "x1", "x2", "x3", "x4", "x5"))
    hidden = node.predict({"records": [key_record(3)], "as_of": before}).json()
    assert hidden["degraded"] == ["not_found:users", "not_found:shops"]
    without = node.predict({"records": [{**key_record(3), **empty}], "as_of": before}).json()
    assert hidden["predictions"] == without["predictions"]
    for moment in (at, after):
        seen = node.predict({"records": [key_record(3)], "as_of": moment}).json()
        assert seen["degraded"] == []
        assert seen["predictions"] != hidden["predictions"]
    for moment in (before, at):
        assert offline_says(store, key_record(3), moment) == (moment == at)


def offline_says(store, record, moment):
    """Whether the feature store's own reader sees the rows at that moment."""
    found = set()
    for view in signature().views:
        reader = Reader(store, OnlineView(store.project, view.view_id, view.columns, view.ttl_seconds))
        [row] = reader.read([[record[column.name] for column in view.key_fields]], parse_timestamp(moment))
        found.add(row.status)
    assert len(found) == 1
    return found == {Status.PRESENT}


def test_a_records_own_time_hides_what_was_not_known_then(node):
    early = {**key_record(4), "at": "2024-05-01T10:00:00Z"}
    assert node.predict({"records": [early]}).json()["degraded"] == ["not_found:users", "not_found:shops"]
    mixed = node.predict({"records": [early, key_record(4)]}).json()
    assert mixed["predictions"][1] == node.predict({"records": [key_record(4)]}).json()["predictions"][0]


def test_the_sample_asks_about_the_projects_clock_so_that_what_is_online_counts(node, bundles):
    node.serve(bundles[0], as_of="2024-05-01T13:00:00Z")
    sample = httpx.get(f"{node.url}/v1/endpoints/demo.risk", trust_env=False).json()["sample"]
    assert sample["records"][0]["at"] == "2024-05-01T13:00:00Z"
    [record] = sample["records"]
    keys = {name: record[name] for name in key_record(0)}
    assert node.predict({"records": [keys]}).json()["degraded"] == []
    node.serve(bundles[0])


def test_a_new_version_of_a_view_is_followed_within_seconds(node, store):
    before = node.predict({"records": [key_record(2)]}).json()["predictions"]
    shape = signature()
    for view in shape.views:
        key = [key_record(2)[column.name] for column in view.key_fields]
        values = ViewCodec(view.columns).pack(NOW - HOUR, [5.0] * len(view.columns))
        store.set(online_key(store.project, view.view_id, "v2", key), values)
    assert node.predict({"records": [key_record(2)]}).json()["predictions"] == before
    for view in shape.views:
        store.set(pointer_key(store.project, view.view_id), "v2")
    until = time.monotonic() + 10
    while node.predict({"records": [key_record(2)]}).json()["predictions"] == before:
        assert time.monotonic() < until
        time.sleep(0.1)


class Proxy:
    """Stands between node and store; ``delay`` seconds before each reply, or no connection at all."""

    def __init__(self, target):
        parts = urlsplit(target)
        self.password, self.target = parts.password, (parts.hostname, parts.port)
        self.delay, self.refuse, self.writers = 0.0, False, set()
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True).start()
        self._ready.wait(5)

    @property
    def url(self):
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    async def _run(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await server.serve_forever()

    async def _serve(self, reader, writer):
        if self.refuse:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        self.writers.add(writer)
        await asyncio.gather(self._pass(reader, far_writer, 0), self._pass(far_reader, writer, 1))

    async def _pass(self, reader, writer, slow):
        while data := await reader.read(65536):
            if slow and self.delay:
                await asyncio.sleep(self.delay)
            writer.write(data)
        writer.close()

    def cut(self):
        self.refuse = True
        for writer in list(self.writers):
            writer.close()


@pytest.fixture
def proxy(online_store_url):
    return Proxy(online_store_url)


@pytest.mark.faults
def test_a_slow_store_costs_its_budget_and_a_gone_one_nothing(make_node, bundles, store, proxy):
    for seed in range(5):
        write(store, seed)
    node = make_node(BOTTEGA_ONLINE_STORE_URL=proxy.url, BOTTEGA_SERVING_FEATURE_BUDGET="0.05")
    node.project = store.project
    node.serve(bundles[0])
    body = {"records": [key_record(1)]}
    assert node.predict(body).json()["degraded"] == []

    proxy.delay = 1.0
    slow = node.predict(body).json()
    assert slow["degraded"] == ["features"]
    assert 40 < slow["timings_ms"]["features"] < 150

    proxy.cut()
    time.sleep(1.2)
    gone = node.predict(body).json()
    assert gone["degraded"] == ["features"]
    assert gone["timings_ms"]["features"] < 40
    assert node.predict({"records": [full_record(1)]}).json()["degraded"] == []

    proxy.refuse, proxy.delay = False, 0.0
    until = time.monotonic() + 15
    while node.predict(body).json()["degraded"]:
        assert time.monotonic() < until, json.dumps(node.predict(body).json())
        time.sleep(0.1)
