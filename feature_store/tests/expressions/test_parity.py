"""One expression, one answer: per row, by numpy and in DuckDB, on generated rows."""

import math
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bottega.specs.data import DataType
from bottega_feature_store.codec import Vector
from bottega_feature_store.expressions import Expression, parse
from bottega_feature_store.types import from_micros, numpy_type, type_row

TYPES: dict[str, DataType] = {
    "x": "float64", "y": "float64", "f": "float32", "i": "int64", "j": "int32", "s": "string", "t": "string",
    "b": "bool", "c": "bool", "at": "timestamp", "to": "timestamp", "d": "date",
}  # fmt: skip

NUMBERS = [
    "x + y", "x - i", "x * y", "x / y", "x % y", "-x", "abs(x)", "floor(x)", "ceil(x)", "round(x)", "round(x, 2)",
    "ln(x)", "sqrt(x)", "exp(x)", "pow(x, 2)", "pow(x, y)", "sin(i / 100.0)", "cos(i / 100.0)",
    "f * 2", "i / j", "mod(i, j)",
    "coalesce(x, y, 0)", "least(x, y, i)", "greatest(x, y, i)", "nullif(x, y)", "if(x > y, x, y)", "length(s)",
    "case when x > y then 1 when x = y then 2 when b then i else j end", "case i when 1 then x when 2 then y end",
    "cast(x as int)", "cast(x as bigint)", "cast(b as double)", "cast(s as double)", "cast(x as float)",
    "hour(at)", "minute(at)", "second(at)", "dayofweek(at)", "weekday(at)", "day(at)", "month(at)", "quarter(at)",
    "year(at)", "dayofyear(at)", "datediff(at, to)", "datediff(at, d)", "unix_seconds(at)", "month(d)",
    "hour(from_utc_timestamp(at, 'America/New_York'))", "dayofweek(from_utc_timestamp(at, 'Europe/Paris'))",
    "hour(at_timezone(at, 'Asia/Kolkata')) + minute(at_timezone(at, 'Asia/Kolkata')) / 60.0",
    "day(from_utc_timestamp(at, 'Pacific/Auckland'))",
]  # fmt: skip
BOOLS = [
    "x < y", "x <= y", "x = y", "x <> y", "x > i", "x >= y", "s < t", "s = t", "s >= t", "at < to", "at = to", "b = c",
    "b and c", "b or c", "not b", "b and x > y or not c", "x is null", "s is not null", "isnan(x)",
    "x in (1, 2, y)", "i in (1, null)", "i not in (1, 2)", "x between y and i", "not (x between 0 and 1)",
    "cast(x as boolean)", "case when b then c end", "s in ('a', 'b')", "coalesce(b, c)",
]  # fmt: skip
OTHERS = [
    "lower(s)", "upper(s)", "concat(s, t)", "s || '-' || t", "substr(s, 2)", "substring(s, 1, 3)",
    "coalesce(s, t, 'none')",
    "least(s, t)", "greatest(s, t)", "case when b then s else t end", "nullif(s, t)", "'it''s'",
    "from_utc_timestamp(at, 'America/New_York')", "date_trunc('hour', at)", "date_trunc('DAY', at)",
    "coalesce(at, to)", "greatest(at, to)", "cast(at as date)", "TIMESTAMP '2024-02-29T12:00:00Z'",
]  # fmt: skip

TEXT = st.text(st.sampled_from("aAbBzZ0159.e+-ÄßéΩ漢🤦 '\\\"\n"), max_size=6)
MICROS = st.integers(0, 2_000_000_000_000_000) | st.sampled_from(
    [1710054000000000, 1710053999999999, 1730613599999999, 1730610000000000, 951782400000000, 0]
)
ODD = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.005, 2.5, 2**53 + 0.0, 1e300, -1e300, math.inf, -math.inf, math.nan, 1e-300]
FLOATS = st.sampled_from(ODD) | st.floats(-1e6, 1e6)
VALUES: dict[str, Any] = {
    "float64": FLOATS,
    "float32": st.floats(width=32),
    "int64": st.integers(-3, 3) | st.integers(-(2**53), 2**53),
    "int32": st.integers(-3, 3) | st.integers(-(2**31), 2**31 - 1),
    "string": TEXT,
    "bool": st.booleans(),
    "timestamp": MICROS,
    "date": st.integers(0, 25_000),
}
RECORD = st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in TYPES.items()})
ROWS = st.lists(RECORD, min_size=1, max_size=12)


@pytest.fixture(scope="module")
def duck() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def columns_of(rows: list[dict[str, Any]]) -> dict[str, Vector]:
    found = {}
    for name, kind in TYPES.items():
        nulls = np.array([row[name] is None for row in rows])
        blank: Any = "" if kind == "string" else 0
        values = np.array([blank if row[name] is None else row[name] for row in rows], numpy_type(kind))
        found[name] = Vector(values, nulls)
    return found


def in_duckdb(duck: duckdb.DuckDBPyConnection, expressions: list[Expression], rows: list[dict[str, Any]]) -> list[Any]:
    fields = ", ".join(f'"{name}" {type_row(kind).duckdb}' for name, kind in TYPES.items())
    duck.execute(f"CREATE OR REPLACE TEMP TABLE data (row_id INTEGER, {fields})")
    marks = ", ".join("?" * len(TYPES))
    stored = [[n, *(_store(kind, row[name]) for name, kind in TYPES.items())] for n, row in enumerate(rows)]
    duck.executemany(f"INSERT INTO data VALUES (?, {marks})", stored)
    out = ", ".join(_out(expression) for expression in expressions)
    return [list(row) for row in duck.execute(f"SELECT {out} FROM data ORDER BY row_id").fetchall()]


def _store(kind: str, value: Any) -> Any:
    if value is None or kind not in {"timestamp", "date"}:
        return value
    return from_micros(value) if kind == "timestamp" else from_micros(value * 86_400_000_000).date()


def _out(expression: Expression) -> str:
    text = expression.to_duckdb_sql()
    if expression.type == "timestamp":
        return f"epoch_us({text})"
    return f"date_diff('day', DATE '1970-01-01', {text})" if expression.type == "date" else text


def same(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is None and right is None
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return left == right or math.isclose(left, right, rel_tol=1e-12, abs_tol=1e-300)
    return left == right


def check(duck: duckdb.DuckDBPyConnection, texts: list[str], rows: list[dict[str, Any]]) -> None:
    expressions = [parse(text, TYPES) for text in texts]
    columns = columns_of(rows)
    by_duckdb = in_duckdb(duck, expressions, rows)
    for place, expression in enumerate(expressions):
        run = expression.compile_row()
        values, nulls = expression.compile_numpy()(columns, len(rows))
        by_numpy = [None if null else value for value, null in zip(values.tolist(), nulls.tolist(), strict=True)]
        for number, row in enumerate(rows):
            one, many, sql = run(row), by_numpy[number], by_duckdb[number][place]
            assert same(one, many), (expression.sql, row, "row", one, "numpy", many)
            assert same(one, sql), (expression.sql, row, "row", one, "duckdb", sql)


PROPERTY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@PROPERTY
@given(rows=ROWS)
def test_numbers_are_the_same_per_row_by_numpy_and_in_duckdb(duck, rows):
    check(duck, NUMBERS, rows)


def test_every_pair_of_odd_numbers_gives_the_same_per_row_by_numpy_and_in_duckdb(duck):
    blank = dict.fromkeys(TYPES)
    rows = [{**blank, "x": x, "y": y} for x in [*ODD, None] for y in [*ODD, None]]
    check(duck, NUMBERS, rows)
    check(duck, BOOLS, rows)


@PROPERTY
@given(rows=ROWS)
def test_truth_values_are_the_same_per_row_by_numpy_and_in_duckdb(duck, rows):
    check(duck, BOOLS, rows)


@PROPERTY
@given(rows=ROWS)
def test_texts_and_times_are_the_same_per_row_by_numpy_and_in_duckdb(duck, rows):
    check(duck, OTHERS, rows)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x / 0", None), ("ln(0)", None), ("sqrt(0 - 1)", None), ("null + 1", None), ("null and false", False),
        ("null or true", True), ("not null", None), ("x = x", True), ("x > 1e308", True), ("round(2.5)", 3.0),
        ("round(0 - 2.5)", -3.0), ("cast(1e10 as int)", None), ("cast('1e3' as double)", 1000.0),
        ("cast(' 1' as double)", None), ("lower('ÄA')", "Äa"), ("dayofweek(TIMESTAMP '2024-05-12T00:00:00Z')", 1.0),
        ("weekday(TIMESTAMP '2024-05-13T00:00:00Z')", 0.0),
        ("hour(from_utc_timestamp(TIMESTAMP '2024-03-10T06:59:59Z', 'America/New_York'))", 1.0),
        ("hour(from_utc_timestamp(TIMESTAMP '2024-03-10T07:00:00Z', 'America/New_York'))", 3.0),
    ],
)  # fmt: skip
def test_where_engines_differ_the_language_says_what_holds(text, value):
    expression = parse(text, TYPES)
    found = expression.compile_row()({"x": math.nan})
    assert same(found, value)


def test_a_result_type_bounds_its_values():
    whole = parse("x", TYPES, "int32").compile_row()
    assert [whole({"x": x}) for x in (2.9, -2.9, 3e9, math.nan, None)] == [2, -2, None, None, None]


def test_a_missing_name_counts_as_null():
    assert parse("coalesce(x, 5)", TYPES).compile_row()({}) == 5.0
