"""An expression over whole columns with numpy: values and a mask of nulls."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bottega_feature_store.codec import Vector
from bottega_feature_store.expressions import clock
from bottega_feature_store.expressions.functions import FUNCTIONS
from bottega_feature_store.expressions.row import OPERATORS
from bottega_feature_store.expressions.tree import Call, Column, Kind, Literal, Node

Columns = Mapping[str, Vector]
Array = Callable[[Columns, int], Vector]
_EMPTY: dict[Kind, Any] = {
    Kind.NUMBER: 0.0, Kind.STRING: "", Kind.BOOL: False, Kind.TIMESTAMP: 0, Kind.NULL: 0.0,
}  # fmt: skip
_DTYPE: dict[Kind, Any] = {
    Kind.NUMBER: np.float64, Kind.STRING: object, Kind.BOOL: np.bool_, Kind.TIMESTAMP: np.int64,
    Kind.NULL: np.float64,
}  # fmt: skip


def compile_array(node: Node) -> Array:
    """Return a function from columns and their length to the node's values and nulls."""
    if isinstance(node, Literal):
        return _literal(node)
    if isinstance(node, Column):
        return _column(node)
    arguments = [compile_array(argument) for argument in node.arguments]
    special = _SPECIAL.get(node.function)
    if special is not None:
        return special(node, arguments)
    return _strict(node, FUNCTIONS[node.function].array, arguments)


def _blank(kind: Kind, count: int) -> NDArray[Any]:
    return np.full(count, _EMPTY[kind], _DTYPE[kind])


def _literal(node: Literal) -> Array:
    def run(_: Columns, count: int) -> Vector:
        value = _EMPTY[node.kind] if node.value is None else node.value
        return Vector(np.full(count, value, _DTYPE[node.kind]), np.full(count, node.value is None))

    return run


def _column(node: Column) -> Array:
    def run(columns: Columns, count: int) -> Vector:
        vector = columns.get(node.name)
        if vector is None:
            return Vector(_blank(node.kind, count), np.ones(count, np.bool_))
        return Vector(_prepare(node, vector), vector.nulls)

    return run


def _prepare(node: Column, vector: Vector) -> NDArray[Any]:
    values = vector.values
    if node.kind is Kind.STRING:
        return np.where(vector.nulls, "", values).astype(object)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[us]").astype(np.int64)
    elif node.type == "date":
        values = values.astype(np.int64) * clock.DAY
    return np.where(vector.nulls, _EMPTY[node.kind], values).astype(_DTYPE[node.kind])


def _strict(node: Call, kernel: Callable[..., Any], arguments: list[Array]) -> Array:
    function = FUNCTIONS[node.function]

    def run(columns: Columns, count: int) -> Vector:
        vectors = [argument(columns, count) for argument in arguments]
        nulls = np.logical_or.reduce([vector.nulls for vector in vectors])
        inputs = [_as(vector, takes) for vector, takes in zip(vectors, function.takes, strict=True)]
        with np.errstate(all="ignore"):
            found = kernel(node.option, *inputs) if node.option else kernel(*inputs)
        values, extra = found if isinstance(found, tuple) else (found, False)
        return _settle(node.kind, values, nulls | extra)

    return run


def _as(vector: Vector, kind: Kind) -> NDArray[Any]:
    if vector.values.dtype == _DTYPE[kind]:
        return vector.values
    return _blank(kind, len(vector.values))


def _settle(kind: Kind, values: NDArray[Any], nulls: NDArray[np.bool_]) -> Vector:
    if nulls.any():
        values = np.where(nulls, _EMPTY[kind], values)
    return Vector(values.astype(_DTYPE[kind], copy=False), nulls)


def _order(compare: Callable[[Any, Any], Any], x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
    found = np.asarray(compare(x, y)).astype(np.bool_)
    if x.dtype.kind != "f":
        return found
    odd = np.isnan(x) | np.isnan(y)
    if not odd.any():
        return found
    return np.where(odd, compare(np.isnan(x).astype(np.int8), np.isnan(y).astype(np.int8)), found)


def _compare(node: Call, arguments: list[Array]) -> Array:
    compare = OPERATORS[node.option]
    kind = next((a.kind for a in node.arguments if a.kind is not Kind.NULL), Kind.NULL)

    def run(columns: Columns, count: int) -> Vector:
        x, y = (argument(columns, count) for argument in arguments)
        return Vector(_order(compare, _as(x, kind), _as(y, kind)), x.nulls | y.nulls)

    return run


def _truth(vector: Vector) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    values = _as(vector, Kind.BOOL)
    return values & ~vector.nulls, ~values & ~vector.nulls


def _and(_: Call, arguments: list[Array]) -> Array:
    def run(columns: Columns, count: int) -> Vector:
        (yes, no), (yes2, no2) = (_truth(argument(columns, count)) for argument in arguments)
        return Vector(yes & yes2, ~(yes & yes2) & ~(no | no2))

    return run


def _or(_: Call, arguments: list[Array]) -> Array:
    def run(columns: Columns, count: int) -> Vector:
        (yes, no), (yes2, no2) = (_truth(argument(columns, count)) for argument in arguments)
        return Vector(yes | yes2, ~(yes | yes2) & ~(no & no2))

    return run


def _not(_: Call, arguments: list[Array]) -> Array:
    def run(columns: Columns, count: int) -> Vector:
        vector = arguments[0](columns, count)
        return Vector(~_as(vector, Kind.BOOL), vector.nulls)

    return run


def _is_null(_: Call, arguments: list[Array]) -> Array:
    def run(columns: Columns, count: int) -> Vector:
        return Vector(arguments[0](columns, count).nulls, np.zeros(count, np.bool_))

    return run


def _pick(better: Callable[..., NDArray[np.bool_]]) -> Callable[[Call, list[Array]], Array]:
    """COALESCE, GREATEST and LEAST: go through the arguments and take those that are better."""

    def make(node: Call, arguments: list[Array]) -> Array:
        def run(columns: Columns, count: int) -> Vector:
            best = Vector(_blank(node.kind, count), np.ones(count, np.bool_))
            for argument in arguments:
                vector = argument(columns, count)
                values = _as(vector, node.kind)
                take = ~vector.nulls & (best.nulls | better(values, best.values))
                best = Vector(np.where(take, values, best.values), best.nulls & ~take)
            return _settle(node.kind, best.values, best.nulls)

        return run

    return make


def _case(node: Call, arguments: list[Array]) -> Array:
    def run(columns: Columns, count: int) -> Vector:
        values, nulls = _blank(node.kind, count), np.ones(count, np.bool_)
        open_rows = np.ones(count, np.bool_)
        for test, value in zip(arguments[:-1:2], arguments[1::2], strict=True):
            take = open_rows & _truth(test(columns, count))[0]
            found = value(columns, count)
            values, nulls = np.where(take, _as(found, node.kind), values), np.where(take, found.nulls, nulls)
            open_rows = open_rows & ~take
        found = arguments[-1](columns, count)
        values = np.where(open_rows, _as(found, node.kind), values)
        return _settle(node.kind, values, np.where(open_rows, found.nulls, nulls))

    return run


def _cast_null(node: Call, _: list[Array]) -> Array:
    return lambda _, count: Vector(_blank(node.kind, count), np.ones(count, np.bool_))


_SPECIAL: dict[str, Callable[[Call, list[Array]], Array]] = {
    "compare": _compare,
    "and": _and,
    "or": _or,
    "not": _not,
    "is_null": _is_null,
    "case": _case,
    "coalesce": _pick(lambda x, _: np.zeros(len(x), np.bool_)),
    "greatest": _pick(lambda x, y: _order(operator.gt, x, y)),
    "least": _pick(lambda x, y: _order(operator.lt, x, y)),
    "cast_null": _cast_null,
}
