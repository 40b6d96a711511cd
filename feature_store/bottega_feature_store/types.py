"""The one closed table of column types, and durations.

In memory a timestamp is an integer: microseconds since 1970 in UTC; a date is days since 1970. JSON has
timestamps as RFC 3339 text, dates as ``2013-01-31``, and integers beyond 2**53 as text.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from bottega.problems import SpecProblem
from bottega.specs.data import DataType

if TYPE_CHECKING:
    import pyarrow as pa

Scalar = None | bool | int | float | str
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST_MICROS, LAST_MICROS = -62_135_596_800_000_000, 253_402_300_799_999_999  # the years 1 to 9999 in UTC
SAFE_INTEGER = 2**53
_DURATION = re.compile(r"^([1-9][0-9]{0,5})([smhdw])$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class TimeOutOfRange(OverflowError, ValueError):
    """A moment whose year in UTC is not 1 to 9999."""


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One type in every system: Spark SQL, DuckDB, Arrow, numpy, ``struct`` code and JSON schema type."""

    name: DataType
    spark: str
    duckdb: str
    arrow: str
    numpy: str
    code: str
    json: str
    low: int | None = None
    high: int | None = None


TYPES: dict[str, TypeRow] = {
    row.name: row
    for row in (
        TypeRow("string", "STRING", "VARCHAR", "string", "O", "", "string"),
        TypeRow("int32", "INT", "INTEGER", "int32", "<i4", "i", "integer", -(2**31), 2**31 - 1),
        TypeRow("int64", "BIGINT", "BIGINT", "int64", "<i8", "q", "integer", -(2**63), 2**63 - 1),
        TypeRow("float32", "FLOAT", "FLOAT", "float32", "<f4", "f", "number"),
        TypeRow("float64", "DOUBLE", "DOUBLE", "float64", "<f8", "d", "number"),
        TypeRow("bool", "BOOLEAN", "BOOLEAN", "bool", "?", "?", "boolean"),
        TypeRow("timestamp", "TIMESTAMP", "TIMESTAMPTZ", "timestamp", "<i8", "q", "string"),
        TypeRow("date", "DATE", "DATE", "date32", "<i4", "i", "string"),
    )
}


def type_row(name: str) -> TypeRow:
    """Return the row of a type, or say which types exist."""
    try:
        return TYPES[name]
    except KeyError:
        raise SpecProblem(f"there is no type '{name}'; use one of {', '.join(TYPES)}", code="unknown_type") from None


def arrow_type(name: str) -> "pa.DataType":
    """Return the Arrow type (timestamps are microseconds in UTC)."""
    import pyarrow as pa

    if name == "timestamp":
        return pa.timestamp("us", tz="UTC")
    return getattr(pa, {"bool": "bool_"}.get(name, type_row(name).arrow))()


def from_arrow(kind: "pa.DataType") -> DataType | None:
    """Return our type for an Arrow type, or None where there is none (a naive timestamp, a list, …)."""
    import pyarrow as pa

    if pa.types.is_integer(kind):
        return "int32" if kind.bit_width < 32 or kind == pa.int32() else "int64"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "float32" if kind == pa.float32() else "float64"
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz is not None else None
    names: dict[pa.DataType, DataType] = {
        pa.bool_(): "bool",
        pa.string(): "string",
        pa.large_string(): "string",
        pa.date32(): "date",
    }
    return names.get(kind)


def numpy_type(name: str) -> np.dtype[Any]:
    """Return the numpy type (timestamps int64, dates int32, strings objects)."""
    return np.dtype(type_row(name).numpy)


def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as ``90s``, ``15m``, ``1h``, ``7d`` or ``2w``."""
    match = _DURATION.match(text)
    if match is None:
        raise SpecProblem(
            f"'{text}' is no duration; write a whole number and one of s, m, h, d, w, for example 24h",
            code="duration_invalid",
        )
    return int(match[1]) * _SECONDS[match[2]]


def parse_timestamp(text: str, zone: str | None = None) -> int:
    """Return microseconds since 1970 in UTC. A text without offset is refused unless ``zone`` says where."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise SpecProblem(
            f"'{text}' is no timestamp; write it like 2013-10-01T12:00:00Z", code="timestamp_invalid"
        ) from None
    if moment.tzinfo is None:
        if zone is None:
            raise SpecProblem(
                f"'{text}' has no offset; add Z for UTC, or an offset such as -05:00", code="timestamp_naive"
            )
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    try:
        return to_micros(moment)
    except TimeOutOfRange as error:
        raise SpecProblem(str(error), code="timestamp_invalid") from None


def to_micros(moment: dt.datetime) -> int:
    """Return exact microseconds since 1970 of an aware datetime.

    Raises:
        TimeOutOfRange: its offset moves it out of the years 1 to 9999, where nobody could write it in UTC.
    """
    micros = (moment - EPOCH) // dt.timedelta(microseconds=1)
    if not FIRST_MICROS <= micros <= LAST_MICROS:
        raise TimeOutOfRange(f"'{moment.isoformat()}' is outside the years 1 to 9999 in UTC")
    return micros


def from_micros(micros: int) -> dt.datetime:
    """Return the UTC datetime of microseconds since 1970."""
    return EPOCH + dt.timedelta(microseconds=micros)


def format_timestamp(micros: int) -> str:
    """Return RFC 3339 text in UTC, with microseconds only where there are any."""
    return from_micros(micros).isoformat().replace("+00:00", "Z")


def to_json(kind: str, value: Any) -> Any:
    """Return the JSON form of an in-memory scalar (NaN and infinities become null: JSON has none)."""
    if value is None:
        return None
    if kind == "timestamp":
        return format_timestamp(int(value))
    if kind == "date":
        return (EPOCH + dt.timedelta(days=int(value))).date().isoformat()
    if kind in {"float32", "float64"}:
        number = float(value)
        return number if number - number == 0 else None
    if kind == "int64":
        whole = int(value)
        return whole if abs(whole) <= SAFE_INTEGER else str(whole)
    return {"bool": bool, "int32": int}.get(kind, str)(value)


def from_json(kind: str, value: Any) -> Scalar:
    """Return the in-memory scalar of a JSON value, or raise ``ValueError`` saying what was expected."""
    if value is None:
        return None
    reader = _READERS[type_row(kind).name]
    return reader(kind, value)


def _wrong(expected: str) -> ValueError:
    return ValueError(expected)


def _read_string(_: str, value: Any) -> Scalar:
    if isinstance(value, str):
        return value
    raise _wrong("expected a string")


def _read_integer(kind: str, value: Any) -> Scalar:
    if kind == "int64" and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong("expected an integer")
    row = TYPES[kind]
    if row.low is not None and row.high is not None and not row.low <= value <= row.high:
        raise _wrong(f"expected an integer between {row.low} and {row.high}")
    return int(value)


def _read_number(_: str, value: Any) -> Scalar:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong("expected a number")
    return float(value)


def _read_bool(_: str, value: Any) -> Scalar:
    if isinstance(value, bool):
        return value
    raise _wrong("expected true or false")


def _read_timestamp(_: str, value: Any) -> Scalar:
    if not isinstance(value, str):
        raise _wrong("expected a timestamp with offset, like 2013-10-01T12:00:00Z")
    try:
        return parse_timestamp(value)
    except SpecProblem as problem:
        raise _wrong(str(problem)) from None


def _read_date(_: str, value: Any) -> Scalar:
    try:
        return (dt.date.fromisoformat(value) - EPOCH.date()).days
    except (TypeError, ValueError):
        raise _wrong("expected a date like 2013-10-01") from None


_READERS = {
    "string": _read_string,
    "int32": _read_integer,
    "int64": _read_integer,
    "float32": _read_number,
    "float64": _read_number,
    "bool": _read_bool,
    "timestamp": _read_timestamp,
    "date": _read_date,
}
