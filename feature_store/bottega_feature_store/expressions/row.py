"""An expression as nested closures over one record: plain Python scalars, no numpy."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from bottega_feature_store.expressions import clock
from bottega_feature_store.expressions.functions import FUNCTIONS
from bottega_feature_store.expressions.tree import Call, Column, Kind, Literal, Node
from bottega_feature_store.types import Scalar

Record = Mapping[str, Any]
Row = Callable[[Record], Any]


def compile_row(node: Node) -> Row:
    """Return a function from a record to the node's value; a name that is missing counts as null."""
    if isinstance(node, Literal):
        return _literal(node.value)
    if isinstance(node, Column):
        return _column(node)
    arguments = [compile_row(argument) for argument in node.arguments]
    special = _SPECIAL.get(node.function)
    if special is not None:
        return special(node, arguments)
    kernel = FUNCTIONS[node.function].row
    if node.option:
        kernel = _with_option(kernel, node.option)
    return _strict(kernel, arguments)


def _literal(value: Scalar) -> Row:
    return lambda _: value


def _column(node: Column) -> Row:
    name = node.name
    if node.type in {"string", "bool", "timestamp", "float32", "float64"}:
        return lambda record: record.get(name)
    scale = float if node.kind is Kind.NUMBER else clock.DAY.__mul__

    def read(record: Record) -> Any:
        value = record.get(name)
        return None if value is None else scale(value)

    return read


def _with_option(kernel: Callable[..., Any], option: str) -> Callable[..., Any]:
    return lambda *values: kernel(option, *values)


def _strict(kernel: Callable[..., Any], arguments: list[Row]) -> Row:
    if len(arguments) == 1:
        return _one(kernel, arguments[0])
    if len(arguments) == 2:
        return _two(kernel, arguments[0], arguments[1])

    def run(record: Record) -> Any:
        values = [argument(record) for argument in arguments]
        return None if None in values else kernel(*values)

    return run


def _one(kernel: Callable[..., Any], argument: Row) -> Row:
    def run(record: Record) -> Any:
        value = argument(record)
        return None if value is None else kernel(value)

    return run


def _two(kernel: Callable[..., Any], left: Row, right: Row) -> Row:
    def run(record: Record) -> Any:
        x = left(record)
        if x is None:
            return None
        y = right(record)
        return None if y is None else kernel(x, y)

    return run


def _nan_last(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """SQL's order of floats: NaN equals itself and is above everything."""

    def run(x: float, y: float) -> bool:
        if x != x or y != y:
            return compare(x != x, y != y)
        return compare(x, y)

    return run


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(node: Call, arguments: list[Row]) -> Row:
    compare = OPERATORS[node.option]
    numbers = any(argument.kind is Kind.NUMBER for argument in node.arguments)
    return _two(_nan_last(compare) if numbers else compare, arguments[0], arguments[1])


def _and(_: Call, arguments: list[Row]) -> Row:
    left, right = arguments

    def run(record: Record) -> Any:
        x = left(record)
        if x is False:
            return False
        y = right(record)
        if y is False:
            return False
        return None if x is None or y is None else True

    return run


def _or(_: Call, arguments: list[Row]) -> Row:
    left, right = arguments

    def run(record: Record) -> Any:
        x = left(record)
        if x is True:
            return True
        y = right(record)
        if y is True:
            return True
        return None if x is None or y is None else False

    return run


def _not(_: Call, arguments: list[Row]) -> Row:
    return _one(operator.not_, arguments[0])


def _is_null(_: Call, arguments: list[Row]) -> Row:
    argument = arguments[0]
    return lambda record: argument(record) is None


def _case(_: Call, arguments: list[Row]) -> Row:
    branches = list(zip(arguments[:-1:2], arguments[1::2], strict=True))
    default = arguments[-1]

    def run(record: Record) -> Any:
        for test, value in branches:
            if test(record) is True:
                return value(record)
        return default(record)

    return run


def _coalesce(_: Call, arguments: list[Row]) -> Row:
    def run(record: Record) -> Any:
        for argument in arguments:
            value = argument(record)
            if value is not None:
                return value
        return None

    return run


def _extreme(better: Callable[[Any, Any], bool]) -> Callable[[Call, list[Row]], Row]:
    def make(node: Call, arguments: list[Row]) -> Row:
        wins = _nan_last(better) if node.kind is Kind.NUMBER else better

        def run(record: Record) -> Any:
            best = None
            for argument in arguments:
                value = argument(record)
                if value is not None and (best is None or wins(value, best)):
                    best = value
            return best

        return run

    return make


_SPECIAL: dict[str, Callable[[Call, list[Row]], Row]] = {
    "compare": _compare,
    "and": _and,
    "or": _or,
    "not": _not,
    "is_null": _is_null,
    "case": _case,
    "coalesce": _coalesce,
    "greatest": _extreme(operator.gt),
    "least": _extreme(operator.lt),
    "cast_null": lambda _, __: _literal(None),
}
