"""Windows as merges of tiles equal a naive sum over the events, at every moment."""

import datetime as dt
import statistics
import tempfile
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bottega.problems import SpecProblem
from bottega.specs import Aggregate, Column
from bottega_feature_store.materialize.session import spark_session
from bottega_feature_store.tables import arrow_schema
from bottega_feature_store.tables.duck import connect
from bottega_feature_store.windows.sql import DUCKDB, SPARK, feature_columns, window_sql

Row = dict[str, Any]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
START = dt.datetime(1969, 12, 30, tzinfo=dt.UTC)
HOP = dt.timedelta(hours=1)
FUNCTIONS = ("count", "sum", "mean", "min", "max", "stddev")
WINDOWS = {"1h": 1, "3h": 3, "24h": 24}
AGGREGATES = [Aggregate(f"x_{name}", "x", name, list(WINDOWS)) for name in FUNCTIONS]
TIMES = [Column("happened", "timestamp"), Column("known", "timestamp")]
COLUMNS = [Column("key", "string"), *TIMES, Column("x", "float64")]

# Quarter hours make events fall exactly on hop ends; five days cross 1970.
moments = st.integers(0, 5 * 24 * 4).map(lambda quarter: START + dt.timedelta(minutes=15 * quarter))
rows = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["a", "b"]),
        "happened": moments,
        "known": moments,
        "x": st.one_of(st.none(), st.integers(-8, 8).map(lambda n: n / 2)),
    }
)


def query(source: str, dialect: Any) -> str:
    return window_sql(
        source, keys=["key"], event="happened", created="known", aggregates=AGGREGATES, hop="1h", dialect=dialect
    )


def in_duckdb(events: list[Row]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, connect(folder, threads=1) as connection:
        connection.register("events", pa.Table.from_pylist(events, arrow_schema(COLUMNS)))
        found: list[Row] = connection.sql(query("events", DUCKDB)).to_arrow_table().to_pylist()
        return found


def naive(events: list[Row], key: str, moment: dt.datetime, hours: int) -> dict[str, float | None]:
    """Aggregates of the events in (floor(t) - w, floor(t)], by when they were known."""
    end = EPOCH + ((moment - EPOCH) // HOP) * HOP
    inside = [
        event["x"]
        for event in events
        if event["key"] == key and end - hours * HOP < max(event["happened"], event["known"]) <= end
    ]
    values = [value for value in inside if value is not None]
    return {
        "count": len(values),
        "sum": sum(values) if values else None,
        "mean": sum(values) / len(values) if values else None,
        "min": min(values, default=None),
        "max": max(values, default=None),
        "stddev": statistics.stdev(values) if len(values) > 1 else None,
    }


def value_at(found: list[Row], key: str, moment: dt.datetime) -> Row | None:
    known = [row for row in found if row["key"] == key and row["created_time"] <= moment]
    return max(known, key=lambda row: row["event_time"], default=None)


def check(events: list[Row], found: list[Row], probes: list[dt.datetime]) -> None:
    for key in ("a", "b"):
        for moment in probes:
            row = value_at(found, key, moment)
            for window, hours in WINDOWS.items():
                for name, expected in naive(events, key, moment, hours).items():
                    got = row[f"x_{name}_{window}"] if row else (0 if name == "count" else None)
                    assert got == pytest.approx(expected, abs=1e-6) if expected is not None else got is None, (
                        key,
                        moment,
                        window,
                        name,
                    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(events=st.lists(rows, min_size=1, max_size=25), probes=st.lists(moments, min_size=1, max_size=8))
def test_a_window_equals_a_naive_aggregate_at_every_moment(events: list[Row], probes: list[dt.datetime]) -> None:
    check(events, in_duckdb(events), [*probes, *(event["known"] for event in events)])


def test_there_is_one_row_per_change_and_the_last_one_says_that_all_is_over() -> None:
    at = dt.datetime(2020, 1, 1, 0, 30, tzinfo=dt.UTC)
    found = in_duckdb([{"key": "a", "happened": at, "known": at, "x": 4.0}])
    shown = [(row["event_time"].day, row["event_time"].hour, row["x_count_1h"], row["x_sum_24h"]) for row in found]
    assert sorted(shown) == [(1, 1, 1, 4.0), (1, 2, 0, 4.0), (1, 4, 0, 4.0), (2, 1, 0, None)]
    assert all(row["created_time"] == row["event_time"] for row in found)


def test_a_value_enters_when_it_is_known_not_when_it_happened() -> None:
    at = dt.datetime(2020, 1, 1, 0, 30, tzinfo=dt.UTC)
    found = in_duckdb([{"key": "a", "happened": at, "known": at + 5 * HOP, "x": 4.0}])
    assert min(row["event_time"] for row in found).hour == 6


def test_a_window_that_is_no_multiple_of_the_hop_is_refused() -> None:
    with pytest.raises(SpecProblem, match="no multiple of the hop"):
        window_sql(
            "events",
            keys=["key"],
            event="happened",
            created="known",
            aggregates=[Aggregate("x", "x", "sum", ["90m"])],
            hop="1h",
            dialect=DUCKDB,
        )


def test_features_are_named_after_aggregate_and_window() -> None:
    columns = feature_columns([Aggregate("late", "x", "count", ["1h", "7d"]), Aggregate("m", "x", "mean", ["1h"])])
    assert [(c.name, c.type) for c in columns] == [("late_1h", "int64"), ("late_7d", "int64"), ("m_1h", "float64")]


@pytest.mark.spark
def test_spark_gives_the_same_windows(spark_url: str) -> None:
    events = [
        {"key": "ab"[n % 2], "happened": START + n * 13 * HOP / 4, "known": START + n * 17 * HOP / 4, "x": n % 7 - 2.5}
        for n in range(24)
    ]
    with spark_session(spark_url) as session:
        frame = session.createDataFrame(pa.Table.from_pylist(events, arrow_schema(COLUMNS)))
        frame.createOrReplaceTempView("events")
        found = session.sql(query("events", SPARK)).toArrow().to_pylist()
    check(events, found, [START + n * HOP for n in range(-2, 140)])
    ordered = sorted(found, key=lambda row: (row["key"], row["event_time"]))
    mine = sorted(in_duckdb(events), key=lambda row: (row["key"], row["event_time"]))
    assert [list(row.values())[:3] for row in ordered] == [list(row.values())[:3] for row in mine]
