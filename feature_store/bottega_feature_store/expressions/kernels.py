"""The arithmetic behind the function list, for one value and for arrays.

A kernel for one row returns None for null; one for arrays may return its values with extra nulls.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

WHOLE = 2.0**52
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}([.][0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
TO_LOWER, TO_UPPER = str.maketrans(UPPER, LOWER), str.maketrans(LOWER, UPPER)


def domain(test: Callable[[float], bool], kernel: Callable[[float], float]) -> Callable[[float], float | None]:
    def run(x: float) -> float | None:
        return kernel(x) if test(x) or x != x else None

    return run


def domain_array(
    test: Callable[[NDArray[Any]], NDArray[Any]], kernel: Callable[[NDArray[Any]], NDArray[Any]]
) -> Callable[[NDArray[Any]], tuple[NDArray[Any], NDArray[Any]]]:
    def run(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        return kernel(x), ~(test(x) | np.isnan(x))

    return run


def divide(x: float, y: float) -> float | None:
    return None if y == 0 else x / y


def remainder(x: float, y: float) -> float | None:
    if y == 0:
        return None
    return math.nan if math.isinf(x) else math.fmod(x, y) + 0.0


def power(x: float, y: float) -> float | None:
    """Only finite results of finite numbers: about all others the engines disagree."""
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    try:
        return math.pow(x, y)
    except (OverflowError, ValueError):  # too large; a root of a negative number, a negative power of zero
        return None


def power_array(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    power = np.power(x, y)
    return power, ~(np.isfinite(x) & np.isfinite(y) & np.isfinite(power))


def exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def whole(kernel: Callable[[float], int]) -> Callable[[float], float]:
    def run(x: float) -> float:
        return kernel(x) + 0.0 if abs(x) < WHOLE else x

    return run


def half_up(x: float, scale: float) -> float:
    if not abs(x) * scale < WHOLE:
        return x
    return math.copysign(math.floor(abs(x) * scale + 0.5) / scale, x) + 0.0


def half_up_array(x: NDArray[Any], scale: NDArray[Any]) -> NDArray[Any]:
    rounded = np.copysign(np.floor(np.abs(x) * scale + 0.5) / scale, x) + 0.0
    return np.where(np.abs(x) * scale < WHOLE, rounded, x)


def to_number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def each(kernel: Callable[..., Any]) -> Callable[..., Any]:
    def run(*columns: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        found = [kernel(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
        nulls = np.fromiter((value is None for value in found), np.bool_, len(found))
        filled = [0.0 if value is None else value for value in found]
        return np.array(filled, np.float64 if not isinstance(first(filled), str) else object), nulls

    return run


def first(values: list[Any]) -> Any:
    return values[0] if values else 0.0


def texts(kernel: Callable[..., str]) -> Callable[..., NDArray[Any]]:
    def run(*columns: NDArray[Any]) -> NDArray[Any]:
        out = np.empty(len(columns[0]), object)
        out[:] = [kernel(*row) for row in zip(*columns, strict=True)]
        return out

    return run


def substring(text: str, start: float, length: float) -> str:
    begin = int(start) - 1
    return text[begin : begin + int(length)]


def truncate(limit: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def row(x: float) -> float | None:
        return math.trunc(x) + 0.0 if abs(x) < limit else None

    def array(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        return np.trunc(x) + 0.0, ~(np.abs(np.trunc(x)) < limit)

    return row, array


def single(x: float) -> float | None:
    with np.errstate(over="ignore"):
        rounded = float(np.float32(x))
    return None if math.isinf(rounded) and not math.isinf(x) else rounded


def single_array(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    rounded = x.astype(np.float32).astype(np.float64)
    return rounded, np.isinf(rounded) & ~np.isinf(x)


def floor_to(unit: int) -> Callable[[Any], Any]:
    return lambda t: t // unit * unit


def clock_field(unit: int, size: int) -> Callable[[Any], Any]:
    return lambda t: t // unit % size + 0.0
