"""The closed function list: what each takes and gives, and how it is computed in each of four ways.

Every function here is strict: a null argument gives null (the special forms are in the compilers). The SQL
templates are written so that Spark (ANSI mode on or off) and DuckDB give the very same answer, which is
why some say more than the plain function would.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np

from bottega_feature_store.expressions import clock, kernels
from bottega_feature_store.expressions.tree import Kind

N, S, B, T = Kind.NUMBER, Kind.STRING, Kind.BOOL, Kind.TIMESTAMP
_NUMBER_SQL = "^[+-]?[0-9]{1,30}([.][0-9]{1,30})?([eE][+-]?[0-9]{1,2})?"


@dataclass(frozen=True, slots=True)
class Function:
    """One strict function; ``{0}`` in a template is the first argument, ``{option}`` its literal extra."""

    takes: tuple[Kind, ...]
    gives: Kind
    row: Callable[..., Any]
    array: Callable[..., Any]
    spark: str
    duckdb: str
    option: bool = False


_WHOLE_SPARK = "(CASE WHEN abs({0}) < 4503599627370496D THEN CAST(%s({0}) AS DOUBLE) ELSE {0} END)"
_WHOLE_DUCK = "(CASE WHEN abs({0}) < 4503599627370496 THEN %s({0}) + CAST(0 AS DOUBLE) ELSE {0} END)"
_ROUND = (
    "(CASE WHEN abs({0}) * {1} < CAST(4503599627370496 AS DOUBLE) THEN (CASE WHEN {0} < 0 THEN -1 ELSE 1 END)"
    " * (CAST(floor(abs({0}) * {1} + CAST(0.5 AS DOUBLE)) AS DOUBLE) / {1}) + CAST(0 AS DOUBLE) ELSE {0} END)"
)


def _cast_whole(limit: str) -> tuple[str, str]:
    spark = (
        "(CASE WHEN isnan({0}) THEN NULL WHEN abs({0}) < %s THEN "
        "(CASE WHEN abs({0}) < 4503599627370496D THEN CAST(CAST({0} AS BIGINT) AS DOUBLE) ELSE {0} END) END)"
    )
    duck = "(CASE WHEN isnan({0}) THEN NULL WHEN abs(trunc({0})) < %s THEN trunc({0}) + CAST(0 AS DOUBLE) END)"
    return spark % f"{limit}D", duck % limit


_UTC = "({0} AT TIME ZONE 'UTC')"
_row32, _array32 = kernels.truncate(2.0**31)
_row64, _array64 = kernels.truncate(2.0**63)
_spark32, _duck32 = _cast_whole("2147483648")
_spark64, _duck64 = _cast_whole("9223372036854775808")


class _Dialects(TypedDict):
    spark: str
    duckdb: str


def _plain(name: str) -> _Dialects:
    return {"spark": f"{name}({{0}})", "duckdb": f"{name}({{0}})"}


def _infix(operator: str) -> _Dialects:
    return {"spark": f"({{0}} {operator} {{1}})", "duckdb": f"({{0}} {operator} {{1}})"}


def _calendar(row: Callable[..., Any], array: Callable[..., Any], name: str, plus: str = "") -> Function:
    duck = f"CAST({name}({_UTC}){plus} AS DOUBLE)"
    return Function((T,), N, row, array, f"CAST({name}({{0}}) AS DOUBLE)", duck)


FUNCTIONS: dict[str, Function] = {
    "add": Function((N, N), N, lambda x, y: x + y, np.add, **_infix("+")),
    "subtract": Function((N, N), N, lambda x, y: x - y, np.subtract, **_infix("-")),
    "multiply": Function((N, N), N, lambda x, y: x * y, np.multiply, **_infix("*")),
    "divide": Function(
        (N, N),
        N,
        kernels.divide,
        lambda x, y: (x / y, y == 0),
        "({0} / NULLIF({1}, 0D))",
        "({0} / NULLIF({1}, CAST(0 AS DOUBLE)))",
    ),
    "mod": Function(
        (N, N),
        N,
        kernels.remainder,
        lambda x, y: (np.fmod(x, y) + 0.0, y == 0),
        "({0} % NULLIF({1}, 0D) + 0D)",
        "({0} % NULLIF({1}, CAST(0 AS DOUBLE)) + CAST(0 AS DOUBLE))",
    ),
    "negate": Function((N,), N, lambda x: -x, np.negative, "(- {0})", "(- {0})"),
    "abs": Function((N,), N, abs, np.abs, **_plain("abs")),
    "floor": Function(
        (N,),
        N,
        kernels.whole(math.floor),
        lambda x: np.floor(x) + 0.0,
        _WHOLE_SPARK % "floor",
        _WHOLE_DUCK % "floor",
    ),
    "ceil": Function(
        (N,),
        N,
        kernels.whole(math.ceil),
        lambda x: np.ceil(x) + 0.0,
        _WHOLE_SPARK % "ceil",
        _WHOLE_DUCK % "ceil",
    ),
    "round": Function((N, N), N, kernels.half_up, kernels.half_up_array, _ROUND, _ROUND),
    "ln": Function(
        (N,),
        N,
        kernels.domain(lambda x: x > 0, math.log),
        kernels.domain_array(lambda x: x > 0, np.log),
        "ln({0})",
        "(CASE WHEN {0} > 0 THEN ln({0}) END)",
    ),
    "sqrt": Function(
        (N,),
        N,
        kernels.domain(lambda x: x >= 0, math.sqrt),
        kernels.domain_array(lambda x: x >= 0, np.sqrt),
        "(CASE WHEN {0} >= 0 THEN sqrt({0}) END)",
        "(CASE WHEN {0} >= 0 THEN sqrt({0}) END)",
    ),
    "exp": Function((N,), N, kernels.exp, np.exp, **_plain("exp")),
    "pow": Function(
        (N, N),
        N,
        kernels.power,
        kernels.power_array,
        "(CASE WHEN abs({0}) < double('inf') AND abs({1}) < double('inf')"
        " AND abs(pow({0}, {1})) < double('inf') THEN pow({0}, {1}) END)",
        "(CASE WHEN isfinite({0}) AND isfinite({1}) AND isfinite(pow({0}, {1})) THEN pow({0}, {1}) END)",
    ),
    "sin": Function((N,), N, lambda x: math.nan if math.isinf(x) else math.sin(x), np.sin, "sin({0})", "sin({0})"),
    "cos": Function((N,), N, lambda x: math.nan if math.isinf(x) else math.cos(x), np.cos, "cos({0})", "cos({0})"),
    "is_nan": Function((N,), B, lambda x: x != x, np.isnan, "({0} = double('NaN'))", "isnan({0})"),
    "lower": Function(
        (S,),
        S,
        lambda s: s.translate(kernels.TO_LOWER),
        kernels.texts(lambda s: s.translate(kernels.TO_LOWER)),
        f"translate({{0}}, '{kernels.UPPER}', '{kernels.LOWER}')",
        f"translate({{0}}, '{kernels.UPPER}', '{kernels.LOWER}')",
    ),
    "upper": Function(
        (S,),
        S,
        lambda s: s.translate(kernels.TO_UPPER),
        kernels.texts(lambda s: s.translate(kernels.TO_UPPER)),
        f"translate({{0}}, '{kernels.LOWER}', '{kernels.UPPER}')",
        f"translate({{0}}, '{kernels.LOWER}', '{kernels.UPPER}')",
    ),
    "concat": Function(
        (S, S), S, lambda a, b: a + b, kernels.texts(lambda a, b: a + b), "concat({0}, {1})", "({0} || {1})"
    ),
    "length": Function(
        (S,),
        N,
        lambda s: float(len(s)),
        kernels.each(lambda s: float(len(s))),
        "CAST(length({0}) AS DOUBLE)",
        "CAST(length({0}) AS DOUBLE)",
    ),
    "substring": Function(
        (S, N, N),
        S,
        kernels.substring,
        kernels.texts(kernels.substring),
        "substring({0}, CAST({1} AS INT), CAST({2} AS INT))",
        "substring({0}, CAST({1} AS INTEGER), CAST({2} AS INTEGER))",
    ),
    "local": Function(
        (T,),
        T,
        clock.shift_row,
        clock.shift_array,
        "from_utc_timestamp({0}, '{option}')",
        "(({0} AT TIME ZONE '{option}') AT TIME ZONE 'UTC')",
        option=True,
    ),
    "hour": _calendar(
        kernels.clock_field(3600 * clock.SECOND, 24), kernels.clock_field(3600 * clock.SECOND, 24), "hour"
    ),
    "minute": _calendar(
        kernels.clock_field(60 * clock.SECOND, 60), kernels.clock_field(60 * clock.SECOND, 60), "minute"
    ),
    "second": _calendar(kernels.clock_field(clock.SECOND, 60), kernels.clock_field(clock.SECOND, 60), "second"),
    "year": _calendar(clock.year, clock.years, "year"),
    "quarter": _calendar(clock.quarter, clock.quarters, "quarter"),
    "month": _calendar(clock.month, clock.months, "month"),
    "day": _calendar(clock.day, clock.days, "day"),
    "dayofyear": _calendar(clock.day_of_year, clock.days_of_year, "dayofyear"),
    "dayofweek": _calendar(
        lambda t: (t // clock.DAY + 4) % 7 + 1.0,
        lambda t: (t // clock.DAY + 4) % 7 + 1.0,
        "dayofweek",
        " + 1",
    ),
    "weekday": Function(
        (T,),
        N,
        lambda t: (t // clock.DAY + 3) % 7 + 0.0,
        lambda t: (t // clock.DAY + 3) % 7 + 0.0,
        "CAST(weekday({0}) AS DOUBLE)",
        f"CAST(isodow({_UTC}) - 1 AS DOUBLE)",
    ),
    "datediff": Function(
        (T, T),
        N,
        lambda a, b: a // clock.DAY - b // clock.DAY + 0.0,
        lambda a, b: a // clock.DAY - b // clock.DAY + 0.0,
        "CAST(datediff({0}, {1}) AS DOUBLE)",
        "CAST(date_diff('day', CAST(({1} AT TIME ZONE 'UTC') AS DATE),"
        " CAST(({0} AT TIME ZONE 'UTC') AS DATE)) AS DOUBLE)",
    ),
    "unix_seconds": Function(
        (T,),
        N,
        lambda t: t // clock.SECOND + 0.0,
        lambda t: t // clock.SECOND + 0.0,
        "CAST(unix_seconds({0}) AS DOUBLE)",
        "floor(CAST(epoch_us({0}) AS DOUBLE) / 1000000)",
    ),
    "trunc_hour": Function(
        (T,),
        T,
        kernels.floor_to(3600 * clock.SECOND),
        kernels.floor_to(3600 * clock.SECOND),
        "date_trunc('HOUR', {0})",
        "(date_trunc('hour', ({0} AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC')",
    ),
    "trunc_day": Function(
        (T,),
        T,
        kernels.floor_to(clock.DAY),
        kernels.floor_to(clock.DAY),
        "date_trunc('DAY', {0})",
        "(CAST(date_trunc('day', ({0} AT TIME ZONE 'UTC')) AS TIMESTAMP) AT TIME ZONE 'UTC')",
    ),
    "number_of_bool": Function(
        (B,),
        N,
        float,
        lambda b: b.astype(np.float64),
        "CAST(CAST({0} AS INT) AS DOUBLE)",
        "CAST(CAST({0} AS INTEGER) AS DOUBLE)",
    ),
    "number_of_string": Function(
        (S,),
        N,
        kernels.to_number,
        kernels.each(kernels.to_number),
        rf"(CASE WHEN {{0}} RLIKE '{_NUMBER_SQL}\\z' THEN CAST({{0}} AS DOUBLE) END)",
        f"(CASE WHEN regexp_full_match({{0}}, '{_NUMBER_SQL}') THEN TRY_CAST({{0}} AS DOUBLE) END)",
    ),
    "bool_of_number": Function((N,), B, lambda x: x != 0, lambda x: x != 0, "({0} <> 0D)", "({0} <> 0)"),
    "single": Function(
        (N,),
        N,
        kernels.single,
        kernels.single_array,
        "(CASE WHEN abs({0}) = double('inf') OR abs(CAST(CAST({0} AS FLOAT) AS DOUBLE)) <> double('inf') "
        "THEN CAST(CAST({0} AS FLOAT) AS DOUBLE) END)",
        "CAST(TRY_CAST({0} AS FLOAT) AS DOUBLE)",
    ),
    "int32": Function((N,), N, _row32, _array32, _spark32, _duck32),
    "int64": Function((N,), N, _row64, _array64, _spark64, _duck64),
}
