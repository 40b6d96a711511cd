"""Time zones and calendar fields of microsecond timestamps, for one value and for arrays."""

import datetime as dt
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from bottega_feature_store.types import EPOCH, FIRST_MICROS, LAST_MICROS

SECOND = 1_000_000
DAY = 86_400 * SECOND
_QUARTER = 900 * SECOND
_MICROSECOND = dt.timedelta(microseconds=1)
# A day inside of what Python's dates can say in every zone; no zone changes its clocks beyond them.
_FIRST_QUARTER = FIRST_MICROS // _QUARTER + 96
_LAST_QUARTER = LAST_MICROS // _QUARTER - 96
_EPOCH_ORDINAL = 719_163
_LAST_ORDINAL = dt.date.max.toordinal()
_CYCLE = 146_097  # days of 400 years


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Return the names of all known time zones."""
    return frozenset(available_timezones())


@lru_cache(maxsize=65_536)
def _offset(zone: str, quarter: int) -> int:
    moment = EPOCH + min(max(quarter, _FIRST_QUARTER), _LAST_QUARTER) * _QUARTER * _MICROSECOND
    offset = moment.astimezone(ZoneInfo(zone)).utcoffset() or dt.timedelta()
    return offset // _MICROSECOND


def shift_row(zone: str, micros: int) -> int:
    """Return the local clock at a moment, as if it were UTC (offsets change on whole quarter hours)."""
    return micros + _offset(zone, micros // _QUARTER)


def shift_array(zone: str, micros: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the local clocks of many moments; each distinct quarter hour is looked up once."""
    quarters, places = np.unique(micros // _QUARTER, return_inverse=True)
    offsets = np.fromiter((_offset(zone, int(q)) for q in quarters), np.int64, len(quarters))
    return micros + offsets[places]


def _date(micros: int) -> dt.date:
    """Return the date, outside the years 1 to 9999 the same one of another 400 years: the calendar repeats."""
    ordinal = _EPOCH_ORDINAL + micros // DAY
    return dt.date.fromordinal(ordinal if 1 <= ordinal <= _LAST_ORDINAL else ordinal % _CYCLE + _CYCLE)


def year(micros: int) -> float:
    """Return the calendar year."""
    date = _date(micros)
    cycles = (_EPOCH_ORDINAL + micros // DAY - date.toordinal()) // _CYCLE
    return float(date.year + 400 * cycles)


def quarter(micros: int) -> float:
    """Return the quarter, 1 to 4."""
    return float((_date(micros).month + 2) // 3)


def month(micros: int) -> float:
    """Return the month, 1 to 12."""
    return float(_date(micros).month)


def day(micros: int) -> float:
    """Return the day of the month."""
    return float(_date(micros).day)


def day_of_year(micros: int) -> float:
    """Return the day of the year, 1 to 366."""
    return float(_date(micros).timetuple().tm_yday)


def _in(micros: NDArray[np.int64], unit: str) -> NDArray[Any]:
    days = np.floor_divide(micros, DAY).astype("datetime64[D]")
    return days.astype(f"datetime64[{unit}]")


def years(micros: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return calendar years."""
    return np.asarray(_in(micros, "Y").astype(np.int64) + 1970.0, dtype=np.float64)


def months(micros: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return months, 1 to 12."""
    return np.asarray(_in(micros, "M").astype(np.int64) % 12 + 1.0, dtype=np.float64)


def quarters(micros: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return quarters, 1 to 4."""
    return np.asarray(np.floor((months(micros) + 2) / 3), dtype=np.float64)


def days(micros: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return days of the month."""
    return _since(micros, "M")


def days_of_year(micros: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return days of the year, 1 to 366."""
    return _since(micros, "Y")


def _since(micros: NDArray[np.int64], unit: str) -> NDArray[np.float64]:
    start = _in(micros, unit).astype("datetime64[D]").astype(np.int64)
    return np.asarray(np.floor_divide(micros, DAY) - start + 1.0, dtype=np.float64)
