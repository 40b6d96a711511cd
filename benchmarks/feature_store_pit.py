"""A part of ``feature_store.py``: point-in-time joins of one label table with three views, five systems.

``pit_40`` has about 40 rows of history for each key, ``pit_1000`` about 1,000, of equally many rows. Values are known
when they happen and live seven days, so that all systems answer the same question; ``wrong_rows`` counts the label
rows that a system left out, doubled, or gave another value than the floor, which is the rule written out in SQL.
Feast's own join keeps every pair of a label and a row of its key: it runs in a process with a limit of memory, and
``out_of_memory`` says that it met the limit (bytes).
"""

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from report import Report

from bottega.specs import Column
from bottega_feature_store.materialize.session import spark_session
from bottega_feature_store.point_in_time import duckdb as duck_engine
from bottega_feature_store.point_in_time import spark as spark_engine
from bottega_feature_store.point_in_time.plan import ROW_ID, Join
from bottega_feature_store.tables.duck import connect, literal

VIEWS, FEATURES, DAYS = 3, 4, 90
TTL_SECONDS = 7 * 86_400
HISTORIES = (40, 1000)
PEER_MEMORY = 12 * 2**30
VALUES = [f"f{place}" for place in range(FEATURES)]
KEY, LABEL_TIME = Column("id", "int64"), Column("event_timestamp", "timestamp")
VIEW_COLUMNS = [
    KEY,
    Column("event_time", "timestamp"),
    Column("created_time", "timestamp"),
    *(Column(value, "float64") for value in VALUES),
]


class Case:
    """The files of one case: labels, and a view's history for each view."""

    def __init__(self, folder: Path, *, labels: int, rows: int, history: int) -> None:
        self.folder = folder
        self.labels = folder / "labels.parquet"
        self.views = [folder / f"view{place}.parquet" for place in range(VIEWS)]
        keys = max(1, rows // history)
        moment = f"make_timestamptz(1700000000000000 + CAST(random() * {DAYS * 86_400} AS BIGINT) * 1000000)"
        with connect(folder) as connection:
            connection.execute("SELECT setseed(0.5)")
            self._write(
                connection, self.labels, f"CAST(random() * {keys} AS BIGINT) AS id, {moment} AS event_timestamp", labels
            )
            for place, path in enumerate(self.views):
                values = ", ".join(f"random() AS {value}" for value in VALUES)
                drawn = f"range % {keys} AS id, {moment} + to_microseconds(range + {place}) AS event_time, {values}"
                self._write(connection, path, drawn, rows, more="event_time AS created_time")

    def _write(self, connection: Any, path: Path, columns: str, rows: int, *, more: str = "range AS label_id") -> None:
        inner = f"SELECT range, {columns} FROM range({rows})"
        connection.execute(
            f"COPY (SELECT * EXCLUDE (range), {more} FROM ({inner})) TO {literal(str(path))} (FORMAT parquet)"
        )

    def target(self, system: str) -> Path:
        """Where a system writes its answer."""
        return self.folder / f"{system}.parquet"


def joins() -> list[Join]:
    """Our joins, one per view; features get the view's number."""
    return [Join(f"view{place}", (("id", "id"),), tuple(VALUES), TTL_SECONDS) for place in range(VIEWS)]


def numbered(alias: str, place: int) -> str:
    """SQL for a view's features as ``v0_f0``."""
    return ", ".join(f"{alias}.{value} AS v{place}_{value}" for value in VALUES)


def bottega(case: Case) -> None:
    """Our join in DuckDB, one query per view's columns, written as Parquet."""
    with connect(case.folder) as connection:
        connection.execute(f"CREATE TABLE labels AS SELECT *, row_number() OVER () AS {ROW_ID} FROM '{case.labels}'")
        views = [
            (join, renamed(connection, place, path))
            for place, (join, path) in enumerate(zip(numbered_joins(), case.views, strict=True))
        ]
        query = duck_engine.join_sql("labels", "event_timestamp", views)
        connection.execute(f"COPY ({query}) TO {literal(str(case.target('bottega')))} (FORMAT parquet)")


def numbered_joins() -> list[Join]:
    """The joins with features that are told apart by name."""
    return [
        Join(join.name, join.keys, tuple(f"v{place}_{value}" for value in VALUES), join.ttl_seconds)
        for place, join in enumerate(joins())
    ]


def renamed(connection: Any, place: int, path: Path) -> str:
    """Return SQL of a view's rows with its features told apart."""
    columns = f"s.id, s.event_time, s.created_time, s.{ROW_ID}, {numbered('s', place)}"
    return f"(SELECT {columns} FROM {duck_engine.scan_sql(connection, [str(path)])} s)"


def bottega_spark(case: Case, url: str) -> None:
    """Our join on the Spark Connect server."""
    size = sum(path.stat().st_size for path in case.views)
    with spark_session(url, input_bytes=size) as session:
        labels = [KEY, LABEL_TIME, Column("label_id", "int64")]
        frame = spark_engine.scan_files(session, [str(case.labels)], labels)
        views = [
            (join, spark_engine.scan_files(session, [str(path)], VIEW_COLUMNS).withColumnsRenamed(named(place)))
            for place, (join, path) in enumerate(zip(numbered_joins(), case.views, strict=True))
        ]
        joined = spark_engine.join(session, frame, "event_timestamp", views)
        joined.write.mode("overwrite").parquet(str(case.target("bottega_spark")))


def named(place: int) -> dict[str, str]:
    """A view's features and what they are called in the result."""
    return {value: f"v{place}_{value}" for value in VALUES}


def floor(case: Case) -> None:
    """The rule in plain DuckDB: the newest row known by then, no older than its time to live."""
    parts = []
    for place in range(VIEWS):
        fresh = f"epoch_us(l.event_timestamp) - epoch_us(v{place}.event_time) <= {TTL_SECONDS * 1_000_000}"
        parts += [f"CASE WHEN {fresh} THEN v{place}.{value} END AS v{place}_{value}" for value in VALUES]
    asof = "".join(
        f" ASOF LEFT JOIN '{path}' v{place} ON l.id = v{place}.id AND l.event_timestamp >= v{place}.event_time"
        for place, path in enumerate(case.views)
    )
    with connect(case.folder) as connection:
        query = f"SELECT l.*, {', '.join(parts)} FROM '{case.labels}' l{asof} ORDER BY label_id"
        connection.execute(f"COPY ({query}) TO {literal(str(case.target('duckdb')))} (FORMAT parquet)")


def feast(case: Case, *, spark: bool) -> None:
    """Stock Feast: its file store on Dask, or its Spark store on the active session."""
    store, services = feast_store(case, spark=spark)
    labels = pq.read_table(case.labels).to_pandas()
    answer = store.get_historical_features(labels, features=services, full_feature_names=True).to_df()
    answer.columns = [
        f"v{name[4]}_{name.split('__')[1]}" if name.startswith("view") else name for name in answer.columns
    ]
    pq.write_table(pa.Table.from_pandas(answer), case.target("feast_spark" if spark else "feast"))


def feast_store(case: Case, *, spark: bool) -> tuple[Any, list[str]]:
    """Return a Feast store over the case's files, and the references of all features."""
    import datetime as dt

    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast.infra.offline_stores.contrib.spark_offline_store.spark_source import SparkSource
    from feast.repo_config import RepoConfig
    from feast.types import Float64, Int64

    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry={"registry_type": "file", "path": str(case.folder / f"registry_{spark}.db")},
            online_store={"type": "sqlite", "path": str(case.folder / f"online_{spark}.db")},
            offline_store={"type": "spark"} if spark else {"type": "dask"},
            entity_key_serialization_version=3,
        )
    )
    entity = Entity(name="thing", join_keys=["id"], value_type=ValueType.INT64)
    schema = [Field(name="id", dtype=Int64), *(Field(name=value, dtype=Float64) for value in VALUES)]
    times = {"timestamp_field": "event_time", "created_timestamp_column": "created_time"}

    def source(place: int, path: Path) -> Any:
        if spark:
            return SparkSource(name=f"source{place}", path=str(path), file_format="parquet", **times)
        return FileSource(name=f"source{place}", path=str(path), **times)

    views = [
        FeatureView(
            name=f"view{place}",
            entities=[entity],
            schema=schema,
            ttl=dt.timedelta(seconds=TTL_SECONDS),
            source=source(place, path),
        )
        for place, path in enumerate(case.views)
    ]
    store.apply([entity, *views])
    return store, [f"view{place}:{value}" for place in range(VIEWS) for value in VALUES]


def wrong_rows(case: Case, system: str) -> int:
    """Count label rows that are missing, doubled or different from the floor's."""
    path = case.target(system)
    answer = f"'{path}/*.parquet'" if path.is_dir() else f"'{path}'"
    same = " AND ".join(
        f"a.v{place}_{value} IS NOT DISTINCT FROM w.v{place}_{value}" for place in range(VIEWS) for value in VALUES
    )
    query = (
        f"SELECT count(*) FILTER (found IS DISTINCT FROM 1 OR NOT same) FROM (SELECT w.label_id,"
        f" count(a.label_id) AS found, coalesce(bool_and({same}), false) AS same"
        f" FROM '{case.target('duckdb')}' w LEFT JOIN {answer} a USING (label_id) GROUP BY w.label_id)"
    )
    return int(duckdb.sql(query).fetchall()[0][0])


@contextmanager
def connect_server() -> Iterator[str]:
    """A Spark Connect server in a temporary home, and this process's Java and Python for Spark."""
    from bottega_platform.config.env import PORTS, current
    from bottega_platform.embedded import ports, run
    from bottega_platform.embedded.spark import Spark

    with tempfile.TemporaryDirectory(prefix="bottega-bench-") as home:
        os.environ["BOTTEGA_HOME"] = home
        os.environ.update(zip(PORTS, map(str, ports.pick(len(PORTS))), strict=True))
        child = run.start(Spark(current()))
        try:
            yield current().spark_url
        finally:
            child.kill()


def feast_on_spark(case: Case, url: str) -> None:
    """Stock Feast's Spark store on the same server: it takes the active session."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(url).getOrCreate()
    try:
        feast(case, spark=True)
    finally:
        session.stop()


def limit_memory() -> None:
    """Let this process's allocations fail above the peer's limit, before the machine's killer comes."""
    resource.setrlimit(resource.RLIMIT_DATA, (PEER_MEMORY, PEER_MEMORY))


def timed(join: Callable[[Case], None], case: Case) -> float:
    """Return the seconds that a join takes."""
    started = time.perf_counter()
    join(case)
    return time.perf_counter() - started


def add_join(report: Report, name: str, system: str, join: Callable[[Case], float], case: Case) -> None:
    """Run a join and add its time and its wrong rows, or that it did not end within its memory."""
    try:
        seconds = join(case)
    except MemoryError:
        report.add(name, system, "out_of_memory", PEER_MEMORY, "bytes")
        return
    report.add(name, system, "seconds", seconds, "s")
    report.add(name, system, "wrong_rows", wrong_rows(case, system), "rows")


def time_joins(report: Report, *, labels: int, rows: int) -> None:
    """Run both cases; each system once, after one small run that warms it."""
    apart = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), initializer=limit_memory)
    with connect_server() as url, apart:
        systems: dict[str, Callable[[Case], float]] = {
            "duckdb": partial(timed, floor),
            "bottega": partial(timed, bottega),
            "bottega_spark": partial(timed, partial(bottega_spark, url=url)),
            "feast": lambda case: apart.submit(timed, partial(feast, spark=False), case).result(),
            "feast_spark": partial(timed, partial(feast_on_spark, url=url)),
        }
        with tempfile.TemporaryDirectory() as folder:
            warm = Case(Path(folder), labels=100, rows=1000, history=10)
            for join in systems.values():
                join(warm)
        for history in HISTORIES:
            with tempfile.TemporaryDirectory() as folder:
                case = Case(Path(folder), labels=labels, rows=rows, history=history)
                for system, join in systems.items():
                    add_join(report, f"pit_{history}", system, join, case)
