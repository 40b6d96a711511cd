"""An expression as Spark SQL or DuckDB SQL text; both sessions must run in UTC."""

import re
from collections.abc import Callable
from typing import Literal as Choice

from bottega_feature_store.expressions.functions import FUNCTIONS
from bottega_feature_store.expressions.tree import Call, Column, ExpressionProblem, Kind, Literal, Node
from bottega_feature_store.types import format_timestamp

Dialect = Choice["spark", "duckdb"]
MAX_SQL = 60_000
_PLACE = re.compile(r"\{([0-9]|option)\}")
_EMPTY_TYPE: dict[Kind, str] = {Kind.NUMBER: "DOUBLE", Kind.BOOL: "BOOLEAN", Kind.TIMESTAMP: "TIMESTAMP"}


def to_sql(node: Node, dialect: Dialect) -> str:
    """Return the node as SQL text of the dialect."""
    text = _node(node, dialect)
    if len(text) > MAX_SQL:
        raise ExpressionProblem("sql_not_allowed", "the expression is too large; split it into several features")
    return text


def quote(name: str, dialect: Dialect) -> str:
    """Return a column name quoted."""
    mark = "`" if dialect == "spark" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def _node(node: Node, dialect: Dialect) -> str:
    if isinstance(node, Literal):
        return _literal(node, dialect)
    if isinstance(node, Column):
        return _column(node, dialect)
    arguments = [_node(argument, dialect) for argument in node.arguments]
    special = _SPECIAL.get(node.function)
    if special is not None:
        return special(node, arguments, dialect)
    function = FUNCTIONS[node.function]
    template = function.spark if dialect == "spark" else function.duckdb
    text = _PLACE.sub(lambda m: node.option if m[1] == "option" else arguments[int(m[1])], template)
    if len(text) > MAX_SQL:
        raise ExpressionProblem("sql_not_allowed", "the expression is too large; split it into several features")
    return text


def _literal(node: Literal, dialect: Dialect) -> str:
    value = node.value
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return _text(value, dialect)
    if node.kind is Kind.TIMESTAMP:
        return f"CAST('{format_timestamp(int(value))}' AS {_type(node.kind, dialect)})"
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def _text(value: str, dialect: Dialect) -> str:
    if dialect == "spark":
        value = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{value}'"
    return "'" + value.replace("'", "''") + "'"


def _type(kind: Kind, dialect: Dialect) -> str:
    if kind in {Kind.STRING, Kind.NULL}:
        return "STRING" if dialect == "spark" else "VARCHAR"
    if kind is Kind.TIMESTAMP and dialect == "duckdb":
        return "TIMESTAMPTZ"
    return _EMPTY_TYPE[kind]


def _column(node: Column, dialect: Dialect) -> str:
    name = quote(node.name, dialect)
    if node.kind is Kind.NUMBER:
        return f"CAST({name} AS DOUBLE)"
    if node.type == "date":
        if dialect == "spark":
            return f"CAST({name} AS TIMESTAMP)"
        return f"(CAST({name} AS TIMESTAMP) AT TIME ZONE 'UTC')"
    return name


def _case(_: Call, arguments: list[str], __: Dialect) -> str:
    pairs = zip(arguments[:-1:2], arguments[1::2], strict=True)
    branches = " ".join(f"WHEN {test} THEN {value}" for test, value in pairs)
    return f"(CASE {branches} ELSE {arguments[-1]} END)"


_SPECIAL: dict[str, Callable[[Call, list[str], Dialect], str]] = {
    "compare": lambda node, a, _: f"({a[0]} {node.option} {a[1]})",
    "and": lambda _, a, __: f"({a[0]} AND {a[1]})",
    "or": lambda _, a, __: f"({a[0]} OR {a[1]})",
    "not": lambda _, a, __: f"(NOT {a[0]})",
    "is_null": lambda _, a, __: f"({a[0]} IS NULL)",
    "case": _case,
    "coalesce": lambda _, a, __: f"COALESCE({', '.join(a)})",
    "greatest": lambda _, a, __: f"GREATEST({', '.join([*a, a[0]] if len(a) == 1 else a)})",
    "least": lambda _, a, __: f"LEAST({', '.join([*a, a[0]] if len(a) == 1 else a)})",
    "cast_null": lambda node, _, dialect: f"CAST(NULL AS {_type(node.kind, dialect)})",
}


def result_sql(text: str, kind: Kind, type_name: str, dialect: Dialect) -> str:
    """Return the text cast to the column type of its result (values were bounded before)."""
    from bottega_feature_store.types import type_row

    row = type_row(type_name)
    if type_name in {"string", "bool", "timestamp"} and kind is not Kind.NULL:
        return text
    if type_name == "date" and dialect == "duckdb":
        return f"CAST(({text} AT TIME ZONE 'UTC') AS DATE)"
    return f"CAST({text} AS {row.spark if dialect == 'spark' else row.duckdb})"
