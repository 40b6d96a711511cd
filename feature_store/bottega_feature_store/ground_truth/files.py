"""Labels as rows of a file or a table, brought to one shape: the table ``given``.

``given`` has ``source_row`` (its number in the source: a CSV counts its header), ``label_value``, and what names
the prediction: ``request_id`` and ``row``, or ``event_time`` and one column per entity key.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bottega.problems import DataProblem, Fault
from bottega.specs import Column, LabelImportSpec
from bottega.specs.data import DataType
from bottega_feature_store.ingest import casts, lines, read
from bottega_feature_store.ingest.header import read_header
from bottega_feature_store.ingest.unpack import unpack
from bottega_feature_store.quoting import literal, name
from bottega_feature_store.tables.schema import type_of_duckdb
from bottega_feature_store.types import type_row

VALUE = "label_value"
_NUMBERS = frozenset({"int32", "int64", "float32", "float64", "bool"})


@dataclass(frozen=True)
class Wanted:
    """Which column of the source holds what: our name → theirs."""

    value: str
    keys: dict[str, str]
    types: dict[str, DataType]
    event_time: str | None
    known_at: str | None
    request_id: str | None
    row: str | None

    @classmethod
    def of(cls, spec: LabelImportSpec, keys: list[Column]) -> "Wanted":
        """Return what an import reads; keys only where predictions are named by them."""
        mine = keys if spec.event_time else []
        return cls(
            value=spec.value,
            keys={key.name: spec.keys.get(key.name, key.name) for key in mine},
            types={key.name: key.type for key in mine},
            event_time=spec.event_time,
            known_at=spec.known_at,
            request_id=spec.request_id,
            row=spec.row,
        )

    @property
    def naming(self) -> dict[str, str]:
        """What names the prediction."""
        if self.event_time:
            return {**self.keys, "event_time": self.event_time}
        return {"request_id": str(self.request_id)} | ({"row": self.row} if self.row else {})

    def columns(self) -> list[Column]:
        """Return the source's columns that are read, with the types they must have."""
        found = [Column(self.value, "float64")]
        found += [Column(self.keys[key], kind) for key, kind in self.types.items()]
        found += [Column(time, "timestamp") for time in (self.event_time, self.known_at) if time]
        found += [Column(self.request_id, "string")] if self.request_id else []
        found += [Column(self.row, "int32")] if self.row else []
        return list({column.name: column for column in found}.values())


def take(connection: duckdb.DuckDBPyConnection, query: str, wanted: Wanted, *, first_row: int) -> None:
    """Make ``given`` from a query whose columns have the source's names and fitting types."""
    numbered = f"row_number() OVER () + {first_row - 1} AS source_row"
    connection.execute(f"CREATE TABLE typed AS SELECT {numbered}, * FROM ({query})")  # noqa: S608 - our own queries
    _check_types(connection, wanted)
    parts = ["source_row", f"CAST({name(wanted.value)} AS DOUBLE) AS {VALUE}", *_naming_sql(wanted)]
    parts += [f"{name(wanted.known_at)} AS known_at"] if wanted.known_at else []
    connection.execute(f"CREATE TABLE given AS SELECT {', '.join(parts)} FROM typed")  # noqa: S608 - quoted names


def _naming_sql(wanted: Wanted) -> list[str]:
    if wanted.event_time is None:
        row = f"coalesce({name(wanted.row)}, 0)" if wanted.row else "0"
        return [f"{name(str(wanted.request_id))} AS request_id", f"{row} AS row"]
    keys = [
        f"try_cast({name(theirs)} AS {type_row(wanted.types[ours]).duckdb}) AS {name(ours)}"
        for ours, theirs in wanted.keys.items()
    ]
    return [f"{name(wanted.event_time)} AS event_time", *keys]


def take_parquet(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Wanted) -> None:
    """Make ``given`` from a Parquet file."""
    try:
        take(connection, f"SELECT * FROM read_parquet({literal(str(path))})", wanted, first_row=1)  # noqa: S608
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.SerializationException) as error:
        raise DataProblem("the Parquet file is damaged: write it again", code="data_invalid") from error


def take_csv(
    connection: duckdb.DuckDBPyConnection, blob: Path, spec: LabelImportSpec, wanted: Wanted, scratch: Path
) -> None:
    """Make ``given`` from a CSV file, read as strictly as an ingest does."""
    found = lines.look(unpack(blob, scratch, spec.format), scratch, spec.format.delimiter)
    names = read_header(found.path, spec.format)
    columns = wanted.columns()
    _refuse_missing(names, columns)
    read.load_text(connection, found.path, names, spec.format)
    dirt = read.refused_records(connection, found.blank)
    if dirt.rows:
        dirt.raise_problem()
    read.refuse_naive(connection, columns)
    rules = [casts.cast(column, spec.format) for column in columns]
    read.mistyped_rows(connection, rules, dirt)
    if dirt.rows:
        dirt.raise_problem()
    typed = ", ".join(f"{rule.value} AS {name(rule.column.name)}" for rule in rules)
    take(connection, f"SELECT {typed} FROM raw ORDER BY rowid", wanted, first_row=2)  # noqa: S608 - quoted names


def _refuse_missing(names: list[str], columns: list[Column]) -> None:
    missing = [column.name for column in columns if column.name not in names]
    if missing:
        faults = [Fault("missing_column", f"there is no {column}", column=column) for column in missing]
        detail = f"the labels lack {', '.join(missing)}; they have {', '.join(names)[:500]}"
        raise DataProblem(detail, code="missing_column", errors=faults)


def _check_types(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
    described = {row[0]: row[1] for row in connection.execute("DESCRIBE typed").fetchall()}
    columns = wanted.columns()
    _refuse_missing([column for column in described if column != "source_row"], columns)
    naive = [column.name for column in columns if re.fullmatch(r"TIMESTAMP(_\w+)?", described[column.name])]
    if naive:
        raise read.naive_problem(naive)
    found = {column.name: type_of_duckdb(described[column.name]) for column in columns}
    faults = [
        Fault("type_mismatch", f"{column.name} is {found[column.name]}, not {column.type}", column=column.name)
        for column in columns
        if not _fits(found[column.name], column.type)
    ]
    if faults:
        raise DataProblem(f"{faults[0].detail}: cast it", code="type_mismatch", errors=faults)


def _fits(found: DataType, wanted: DataType) -> bool:
    if wanted == "float64":
        return found in _NUMBERS
    whole = {"int32", "int64"}
    return found == wanted or (found in whole and wanted in whole)
