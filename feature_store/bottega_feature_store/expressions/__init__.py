"""Scalar SQL expressions: one definition, four ways to compute it, the same answer everywhere.

All numbers are computed as float64, whatever the column's type; timestamps are microseconds in UTC, dates
count as their midnight. Where SQL engines differ or raise, the language is total: division by zero, the
logarithm of what is not positive, a cast that does not fit give null; NaN equals itself and is the
greatest number; LOWER and UPPER change only ASCII letters. ``parse`` needs the types of the columns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bottega.specs.data import DataType
from bottega_feature_store.codec import Vector
from bottega_feature_store.expressions.clock import DAY
from bottega_feature_store.expressions.parse import cast, parse_tree
from bottega_feature_store.expressions.row import compile_row
from bottega_feature_store.expressions.sql import Dialect, result_sql, to_sql
from bottega_feature_store.expressions.tree import ExpressionProblem, Kind, Node, columns_of
from bottega_feature_store.types import Scalar, numpy_type

__all__ = ["Expression", "ExpressionProblem", "parse"]

_RESULT: dict[Kind, DataType] = {
    Kind.NUMBER: "float64",
    Kind.STRING: "string",
    Kind.BOOL: "bool",
    Kind.TIMESTAMP: "timestamp",
    Kind.NULL: "float64",
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed and typed expression; ``type`` is what its values are in a column."""

    sql: str
    node: Node
    type: DataType

    @property
    def columns(self) -> list[str]:
        """The names it reads, each once."""
        return columns_of(self.node)

    def compile_row(self) -> Callable[[Mapping[str, Any]], Scalar]:
        """Return a function from one record (names to in-memory scalars, None is null) to the value."""
        run = compile_row(self.node)
        if self.type in {"int32", "int64"}:
            return lambda record: None if (value := run(record)) is None else int(value)
        if self.type == "date":
            return lambda record: None if (value := run(record)) is None else value // DAY
        return run

    def compile_numpy(self) -> Callable[[Mapping[str, Vector], int], Vector]:
        """Return a function from columns (values and null masks) and their length to values and nulls."""
        from bottega_feature_store.expressions.vector import compile_array

        run, kind = compile_array(self.node), numpy_type(self.type)

        def compute(columns: Mapping[str, Vector], count: int) -> Vector:
            values, nulls = run(columns, count)
            values = values // DAY if self.type == "date" else values
            return Vector(values.astype(kind), np.asarray(nulls))

        return compute

    def to_spark_sql(self) -> str:
        """Return Spark SQL for a session whose time zone is UTC."""
        return self._to_sql("spark")

    def to_duckdb_sql(self) -> str:
        """Return DuckDB SQL over TIMESTAMPTZ columns."""
        return self._to_sql("duckdb")

    def _to_sql(self, dialect: Dialect) -> str:
        return result_sql(to_sql(self.node, dialect), self.node.kind, self.type, dialect)


def parse(sql: str, types: Mapping[str, DataType], result: DataType | None = None) -> Expression:
    """Read one scalar SQL expression over columns of the given types.

    ``result`` is the type its values should have (by default what comes out). Raises
    :class:`ExpressionProblem` with code ``sql_syntax``, ``sql_not_allowed``, ``unknown_column`` or
    ``nondeterministic``.
    """
    node = parse_tree(sql, types)
    kind = result or _RESULT[node.kind]
    return Expression(sql, cast(node, kind), kind)
