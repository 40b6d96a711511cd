"""Lists of decoded values as numpy columns: what a request of many rows is computed with."""

from collections.abc import Sequence
from types import NoneType
from typing import Any

import numpy as np
from msgspec import UnsetType
from numpy.typing import NDArray

from bottega_feature_store.codec import Vector
from bottega_feature_store.types import numpy_type
from bottega_serving.edge.decode import CONVERTERS, Field


class MissingValues(Exception):
    """Some rows of a column hold a value and others do not."""


def to_vector(field: Field, values: Sequence[Any]) -> Vector | None:
    """Return a column and its nulls, or None when no row holds a value.

    Raises:
        MissingValues: only some rows hold one.
        OverflowError: a value is out of its type's range.
    """
    kinds = set(map(type, values))
    if UnsetType in kinds:
        if len(kinds) > 1:
            raise MissingValues(field.name)
        return None
    if field.type in {"float64", "float32"}:
        return _numbers(field.type, values, NoneType in kinds)
    nulls = _nulls(values, NoneType in kinds)
    if field.type == "string":
        return Vector(_objects(values), nulls)
    convert = CONVERTERS.get(field.type)
    if convert is not None and (field.type != "int64" or str in kinds):
        values = [convert(value) for value in values]
    if NoneType in kinds:
        values = [0 if value is None else value for value in values]
    return Vector(np.array(values, numpy_type(field.type)), nulls)


def _numbers(kind: str, values: Sequence[Any], some_null: bool) -> Vector:
    found = np.array(values, np.float64)  # None becomes NaN, and JSON has no NaN of its own
    nulls = np.isnan(found) if some_null else np.zeros(len(found), np.bool_)
    if kind == "float32":
        with np.errstate(over="ignore"):
            found = found.astype(np.float32)
    return Vector(found, nulls)


def _nulls(values: Sequence[Any], some_null: bool) -> NDArray[np.bool_]:
    if not some_null:
        return np.zeros(len(values), np.bool_)
    return np.fromiter((value is None for value in values), np.bool_, len(values))


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    found = np.empty(len(values), object)
    found[:] = values
    return found


def encode(vector: Vector, codes: dict[str, float]) -> tuple[NDArray[np.float64], bool]:
    """Return a categorical column as its codes (NaN: null or unseen), and whether a value was unseen."""
    values = vector.values.tolist()
    if vector.values.dtype.kind != "O":
        values = [category_text(value) for value in values]
    coded = [None if null else codes.get(value) for value, null in zip(values, vector.nulls.tolist(), strict=True)]
    return np.array(coded, np.float64), coded.count(None) > int(vector.nulls.sum())


def category_text(value: Any) -> str:
    """Return a category's text for a value that is no text itself."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def nothing(kind: str, count: int) -> Vector:
    """Return a column of nulls."""
    return Vector(np.zeros(count, numpy_type(kind)), np.ones(count, np.bool_))
