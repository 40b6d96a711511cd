"""A reader's own connection: the same answers as redis-py's client, whatever happens to the connection."""

import socket
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from bottega_feature_store.online.client import ReadClient


@pytest.fixture
def reading(online_store_url):
    with ReadClient(online_store_url) as client:
        yield client


@pytest.fixture
def store(online_store_url):
    with redis.Redis.from_url(online_store_url) as client:
        yield client


def test_values_come_back_in_order_and_missing_ones_as_none(reading, store):
    name = uuid.uuid4().hex.encode()
    store.set(name, b"\x00\xff")
    assert reading.get(name) == b"\x00\xff"
    assert reading.mget([b"none", name, b"none"]) == [None, b"\x00\xff", None]
    assert reading.get(b"none") is None


def test_a_dropped_connection_is_made_again(reading):
    reading.get(b"none")
    reading._connection._sock.shutdown(socket.SHUT_RDWR)
    assert reading.get(b"none") is None


def test_a_command_that_is_refused_leaves_the_connection_sound(reading, store):
    name = uuid.uuid4().hex.encode()
    store.rpush(name, b"a list")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        reading.get(name)
    assert reading.mget([b"none"]) == [None]


def test_a_reply_that_did_not_arrive_whole_never_answers_the_next_read(reading, store):
    name = uuid.uuid4().hex.encode()
    store.set(name, b"mine")
    reading.get(b"none")
    reading._connection.send_command("GET", name)
    reading._connection.disconnect()
    assert reading.get(b"none") is None


def test_threads_share_it_without_mixing_replies(reading, store):
    names = [uuid.uuid4().hex.encode() for _ in range(50)]
    for name in names:
        store.set(name, name)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(reading.get, names * 40)) == names * 40


def test_an_online_store_that_is_away_says_so():
    with ReadClient("redis://127.0.0.1:1") as away, pytest.raises(redis.ConnectionError):
        away.get(b"x")
