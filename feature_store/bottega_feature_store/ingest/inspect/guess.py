"""From a sample to the guesses: the strict reader splits it, every column is looked at, and a source is proposed."""

from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from bottega.problems import DataProblem
from bottega.specs import Column, CsvFormat, SourceSpec
from bottega.specs.inspection import FileInspection, Note, TargetGuess
from bottega_feature_store.ingest import casts, lines, read
from bottega_feature_store.ingest.header import read_header
from bottega_feature_store.ingest.inspect import dialect, names, notes, readings, roles
from bottega_feature_store.ingest.inspect.roles import Look
from bottega_feature_store.ingest.inspect.sample import Sample
from bottega_feature_store.quoting import name

MOST_COLUMNS_FOR_LEAKS = 200


def inspect(
    connection: duckdb.DuckDBPyConnection, scratch: Path, sample: Sample, upload: str, said: CsvFormat | None
) -> FileInspection:
    """Return what is found in a sample.

    Args:
        connection: an empty DuckDB; the tables ``raw`` and ``reject_errors`` are made in it.
        scratch: a folder for the sample's text.
        sample: what was read of the file.
        upload: the file's digest, for the proposed source.
        said: how the file is to be read; None guesses.

    Raises:
        DataProblem: the file cannot be split into rows, its header cannot be used, or it has no row.
    """
    csv_format = said or dialect.guess(sample)
    found = lines.look(_written(sample, scratch), scratch, csv_format.delimiter)
    headers = read_header(found.path, csv_format)
    usable = names.usable(headers)
    read.load_text(connection, found.path, usable, csv_format)
    blank = found.blank if len(headers) > 1 else found.blank[:0]  # alone in its row, an empty value is a null
    dirt = read.refused_records(connection, blank)
    dirt.first = 2 if csv_format.header else 1
    if read.row_count(connection) == 0:
        if dirt.rows:
            dirt.raise_problem()
        raise DataProblem("the file has a header and no row that can be read", code="empty_file")
    dirt.leave_out_blank(blank)
    csv_format = _with_nulls(connection, usable, csv_format)
    looks = _looks(connection, headers, usable, csv_format)
    return _told(connection, sample, looks, dirt, _proposed(upload, csv_format, looks, renamed=usable != headers))


def _written(sample: Sample, scratch: Path) -> Path:
    path = scratch / "sample.csv"
    path.write_text(sample.text, encoding="utf-8", newline="")
    return path


def _with_nulls(connection: duckdb.DuckDBPyConnection, usable: list[str], csv_format: CsvFormat) -> CsvFormat:
    """Add the texts for null that the file uses, and make them null in what was read."""
    found = {word for column in usable for word in readings.null_words(connection, column, csv_format)}
    new = sorted(found - set(csv_format.null_values))
    for column in usable if new else []:
        connection.execute(f"UPDATE raw SET {name(column)} = NULL WHERE list_contains(?, {name(column)})", [new])  # noqa: S608
    return msgspec.structs.replace(csv_format, null_values=[*csv_format.null_values, *new])


def _looks(
    connection: duckdb.DuckDBPyConnection, headers: list[str], usable: list[str], csv_format: CsvFormat
) -> list[Look]:
    rows = read.row_count(connection)
    looks = []
    for header, column in zip(headers, usable, strict=True):
        found = readings.facts(connection, column)
        looks.append(Look(header, column, found, readings.of(connection, column, found, csv_format), rows))
    return looks


def _proposed(upload: str, csv_format: CsvFormat, looks: list[Look], *, renamed: bool) -> SourceSpec:
    columns = [look.guess for look in looks]
    if renamed or not csv_format.header:
        csv_format = msgspec.structs.replace(csv_format, names=[look.name for look in looks])
    return SourceSpec(upload, csv_format, columns, roles.keys(looks)[:1])


def _told(
    connection: duckdb.DuckDBPyConnection, sample: Sample, looks: list[Look], dirt: read.Dirt, spec: SourceSpec
) -> FileInspection:
    rules = [casts.cast(column, spec.format) for column in spec.columns]
    rows = read.row_count(connection) + dirt.rows
    read.mistyped_rows(connection, rules, dirt)
    table = _typed(connection, rules)
    targets = roles.targets(looks, _shares(table, spec.columns))
    return FileInspection(
        size=sample.size,
        rows=rows if sample.whole else round(rows * sample.size / max(sample.read, 1)),
        rows_read=rows,
        whole=sample.whole,
        spec=spec,
        columns=[look.described() for look in looks],
        keys=roles.keys(looks),
        times=roles.times(looks),
        targets=targets,
        notes=_notes(sample, looks, dirt, table, targets),
    )


def _notes(
    sample: Sample, looks: list[Look], dirt: read.Dirt, table: pa.Table, targets: list[TargetGuess]
) -> list[Note]:
    features = [look.name for look in looks if not look.why_not()][:MOST_COLUMNS_FOR_LEAKS]
    return [
        *notes.of_targets(table, targets, features),
        *notes.of_dirt(dirt, sample.head.count("\n")),
        *notes.of_file(sample, looks),
        *notes.of_columns(looks),
    ]


def _typed(connection: duckdb.DuckDBPyConnection, rules: list[casts.Cast]) -> pa.Table:
    """The rows as they would be ingested; a value that is not of its type is null here."""
    parts = []
    with connection.cursor() as cursor:
        for some in read.batched(rules, read.COLUMNS_AT_ONCE):
            values = ", ".join(f"{rule.value} AS {name(rule.column.name)}" for rule in some)
            parts.append(cursor.sql(f"SELECT {values} FROM raw").to_arrow_table())  # noqa: S608 - names are quoted
    columns = {field: part.column(field) for part in parts for field in part.column_names}
    return pa.table(columns)


def _shares(table: pa.Table, columns: list[Column]) -> dict[str, float]:
    """The share of yes of each column that holds yes and no, or 0 and 1 and nothing else."""
    found = {}
    for column in columns:
        if column.type == "bool" or (column.type in roles.NUMBERS and _is_zero_or_one(table.column(column.name))):
            values = table.column(column.name).drop_null().cast(pa.float64()).to_numpy()
            if len(values):
                found[column.name] = float(values.mean())
    return found


def _is_zero_or_one(values: pa.ChunkedArray) -> bool:
    return set(values.drop_null().unique().to_pylist()) == {0, 1}
