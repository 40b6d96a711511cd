"""The same expressions on Spark Connect give the answers of the per-row closures."""

import math
import random
from typing import Any

import pytest

from bottega.specs.data import DataType
from bottega_feature_store.expressions import parse
from bottega_feature_store.materialize.session import spark_session
from bottega_feature_store.types import from_micros, type_row

pytestmark = [pytest.mark.spark, pytest.mark.timeout(280)]
TYPES: dict[str, DataType] = {
    "x": "float64", "y": "float64", "i": "int64", "s": "string", "t": "string", "b": "bool", "c": "bool",
    "at": "timestamp", "to": "timestamp", "d": "date",
}  # fmt: skip
EXPRESSIONS = [
    "x + y", "x * i", "x / y", "x % y", "-x", "abs(x)", "floor(x)", "ceil(x)", "round(x)", "round(x, 2)", "ln(x)",
    "sqrt(x)", "exp(y)", "pow(x, 2)", "least(x, y, i)", "greatest(x, y, i)", "coalesce(x, y, 0)", "nullif(x, y)",
    "case when x > y then 1 when x = y then 2 when b then i end", "cast(x as int)", "cast(x as bigint)",
    "cast(b as double)", "cast(s as double)", "cast(x as float)", "length(s)", "hour(at)", "minute(at)", "second(at)",
    "dayofweek(at)", "weekday(at)", "day(at)", "month(at)", "quarter(at)", "year(at)", "dayofyear(at)",
    "datediff(at, to)", "datediff(at, d)", "unix_seconds(at)", "hour(from_utc_timestamp(at, 'America/New_York'))",
    "day(from_utc_timestamp(at, 'Pacific/Auckland'))", "x < y", "x = y", "x >= i", "s < t", "at < to", "b and c",
    "b or c", "not b", "x is null", "isnan(x)", "x in (1, 2, y)", "x between y and i", "cast(x as boolean)",
    "lower(s)", "upper(s)", "s || '-' || t", "substr(s, 2)", "coalesce(s, t, 'it''s \\\\ none')", "greatest(s, t)",
]  # fmt: skip
TIMES = ["date_trunc('hour', at)", "cast(at as date)", "coalesce(at, to)"]
FLOATS = [None, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.005, 2.5, -2.5, 2.0**53, 1e300, math.inf, -math.inf, math.nan, 3e9]
TEXTS = [None, "", "a", "B", "1.5", " 1", "1e3", "Äß", "漢🤦", "it's", "1\n", "\\"]
MICROS = [None, 0, 1710054000000000, 1710053999999999, 1730613599999999, 1730610000000000, 951782400123456]


def rows() -> list[dict[str, Any]]:
    chooser = random.Random(7)
    values: dict[str, list[Any]] = {
        "float64": FLOATS, "int64": [None, -3, 0, 1, 2, 10**6], "string": TEXTS, "bool": [None, True, False],
        "timestamp": MICROS, "date": [None, 0, 15_000, 19_790],
    }  # fmt: skip
    return [{name: chooser.choice(values[kind]) for name, kind in TYPES.items()} for _ in range(150)]


def literal(kind: str, value: Any) -> str:
    if value is None:
        return f"CAST(NULL AS {type_row(kind).spark})"
    if kind == "float64":
        return f"double('{value}')".replace("inf", "Infinity").replace("nan", "NaN")
    if kind == "string":
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if kind == "timestamp":
        return f"timestamp_micros({value})"
    return f"DATE'{from_micros(value * 86_400_000_000).date()}'" if kind == "date" else str(value)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or left == right or math.isclose(left, right, rel_tol=1e-12)
    return left == right


def test_spark_gives_the_answers_of_the_request_path(spark_url):
    expressions = [parse(text, TYPES) for text in EXPRESSIONS] + [parse(text, TYPES) for text in TIMES]
    found = rows()
    values = ", ".join(
        f"({number}, {', '.join(literal(kind, row[name]) for name, kind in TYPES.items())})"
        for number, row in enumerate(found)
    )
    chosen = []
    for place, expression in enumerate(expressions):
        text = expression.to_spark_sql()
        text = f"unix_micros({text})" if expression.type == "timestamp" else text
        chosen.append(f"{text} AS e{place}")
    query = f"SELECT {', '.join(chosen)} FROM VALUES {values} AS data(n, {', '.join(TYPES)}) ORDER BY n"
    with spark_session(spark_url) as session:
        answers = [tuple(row) for row in session.sql(query).collect()]
    wrong = {}
    for place, expression in enumerate(expressions):
        run = expression.compile_row()
        for row, answer in zip(found, answers, strict=True):
            if not same(run(row), answer[place]):
                wrong[expression.sql] = ({name: row[name] for name in expression.columns}, run(row), answer[place])
    assert wrong == {}
