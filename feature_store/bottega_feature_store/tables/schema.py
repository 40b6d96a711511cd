"""Schemas of stored tables, from and to Arrow, DuckDB and Spark, and the identifier of an Iceberg table."""

import hashlib
from typing import get_args

import pyarrow as pa

from bottega.problems import DataProblem
from bottega.specs import Column
from bottega.specs.data import DataType
from bottega_feature_store.types import arrow_type, from_arrow, type_row

_FROM_DUCKDB: dict[str, DataType] = {
    "VARCHAR": "string",
    "TINYINT": "int32",
    "SMALLINT": "int32",
    "UTINYINT": "int32",
    "USMALLINT": "int32",
    "INTEGER": "int32",
    "UINTEGER": "int64",
    "BIGINT": "int64",
    "UBIGINT": "int64",
    "HUGEINT": "float64",
    "FLOAT": "float32",
    "DOUBLE": "float64",
    "BOOLEAN": "bool",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "DATE": "date",
}
_FROM_SPARK: dict[str, DataType] = {
    "string": "string",
    "tinyint": "int32",
    "smallint": "int32",
    "int": "int32",
    "bigint": "int64",
    "float": "float32",
    "double": "float64",
    "boolean": "bool",
    "timestamp": "timestamp",
    "date": "date",
}


def arrow_schema(columns: list[Column]) -> pa.Schema:
    """Return the Arrow schema of a stored table: every field may be null, times are UTC microseconds."""
    return pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns])


def columns_of_arrow(schema: pa.Schema) -> list[Column]:
    """Return the columns of an Arrow schema; raise a problem for a type outside the type table."""
    return [Column(name=field.name, type=_known(from_arrow(field.type), str(field.type))) for field in schema]


def type_of_duckdb(name: str) -> DataType:
    """Return the column type of a DuckDB type name (decimals become float64)."""
    return "float64" if name.startswith("DECIMAL") else _known(_FROM_DUCKDB.get(name), name)


def type_of_spark(name: str) -> DataType:
    """Return the column type of a Spark type's simple string (decimals become float64)."""
    return "float64" if name.startswith("decimal") else _known(_FROM_SPARK.get(name), name)


def spark_schema(columns: list[Column]) -> str:
    """Return the columns as a Spark DDL schema."""
    return ", ".join(f"`{column.name}` {type_row(column.type).spark}" for column in columns)


def table_identifier(project_id: str, table_id: str, columns: list[Column]) -> str:
    """Return the Iceberg identifier of a table with these columns.

    A table whose columns change continues as another Iceberg table, so that every identifier has one
    schema for ever and a reader of an old version is never touched by a new one.
    """
    text = "\n".join(f"{column.name}\t{column.type}" for column in columns)
    return f"{project_id}.{table_id}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _known(found: DataType | None, name: str) -> DataType:
    if found is None:
        allowed = ", ".join(get_args(DataType))
        raise DataProblem(f"type {name} is not supported: cast to one of {allowed}", code="unsupported_type")
    return found
