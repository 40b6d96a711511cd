"""Job kind ``ingest``: an uploaded CSV becomes a staged, typed, profiled snapshot.

Inputs: ``source`` (a :class:`~bottega.specs.SourceSpec`), ``project_id``, ``table_id``. The result has
``identifier``, ``snapshot_id``, ``columns``, ``rows``, ``bytes``, ``profile`` and ``dirt``; nothing of it is
visible before the control plane publishes it.
"""

import time
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from bottega.problems import DataProblem
from bottega.protocol import JobContext
from bottega.specs import Column, CsvFormat, SourceSpec
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.figures import size
from bottega_feature_store.ingest import casts, lines, read
from bottega_feature_store.ingest.header import check_columns, read_header
from bottega_feature_store.ingest.unpack import unpack
from bottega_feature_store.profile.table import profile
from bottega_feature_store.quoting import literal, name
from bottega_feature_store.tables import Tables, table_identifier
from bottega_feature_store.tables.duck import connect
from bottega_feature_store.tables.staging import Staging

FILE_BYTES = "256MB"


def run(context: JobContext) -> dict[str, Any]:
    """Read the upload strictly, write Parquet, stage one snapshot."""
    source = msgspec.convert(context.inputs["source"], SourceSpec)
    scratch = Path(context.start.scratch)
    context.progress(0, message="reading the file", unit="rows")
    blob = BlobStore(context.connection("artifacts")).path_or_copy(source.upload, scratch)
    context.log(f"upload {source.upload[:12]}, {size(blob.stat().st_size)}: {_told(source.format)}")
    found = lines.look(unpack(blob, scratch, source.format), scratch, source.format.delimiter)
    if found.path != blob:
        context.log(f"unpacked to {size(found.path.stat().st_size)} of UTF-8 text with one kind of line end")
    names = read_header(found.path, source.format)
    context.log(f"header of {len(names)} columns: {', '.join(names)[:500]}")
    with connect(scratch) as connection:
        connection.execute(f"ATTACH {literal(str(scratch / 'ingest.duckdb'))} AS work; USE work")
        return _ingest(context, connection, source, found, names)


def _told(csv_format: CsvFormat) -> str:
    """Return how a file is read, for the log."""
    return f"{csv_format.encoding}, separated by {csv_format.delimiter!r}, a bad row: {csv_format.on_bad_row}"


def _ingest(
    context: JobContext,
    connection: duckdb.DuckDBPyConnection,
    source: SourceSpec,
    found: lines.Lines,
    names: list[str],
) -> dict[str, Any]:
    if source.columns:
        check_columns(names, source.columns, source.format.delimiter)
    started = time.perf_counter()
    read.load_text(connection, found.path, names, source.format)
    blank = found.blank if len(names) > 1 else found.blank[:0]  # alone in its row, an empty value is a null
    dirt = read.refused_records(connection, blank)
    dirt.first = 2 if source.format.header else 1
    context.log(f"{read.row_count(connection):,} rows read in {time.perf_counter() - started:.2f} s")
    if dirt.rows and source.format.on_bad_row == "fail":
        dirt.raise_problem()
    columns = source.columns or read.infer(connection, names, source.format)
    read.refuse_naive(connection, columns)
    rules = [casts.cast(column, source.format) for column in columns]
    keep = read.mistyped_rows(connection, rules, dirt)
    if dirt.rows and source.format.on_bad_row == "fail":
        dirt.raise_problem()
    dirt.leave_out_blank(blank)
    _log_dirt(context, dirt)
    context.log(f"types: {', '.join(f'{column.name} {column.type}' for column in columns)[:1000]}")
    _check_names(source, columns)
    return _stage(context, connection, source, rules, keep, dirt)


def _log_dirt(context: JobContext, dirt: read.Dirt) -> None:
    for reason, count in sorted(dirt.reasons.items()):
        first = next((sample for sample in dirt.samples if sample.code == reason), None)
        where = f", first at row {first.row}: {first.detail}" if first else ""
        context.log(f"left out or wrong: {count:,} × {reason}{where}")
    if not dirt.reasons:
        context.log("every row has the shape of the header and values of its types")


def _check_names(source: SourceSpec, columns: list[Column]) -> None:
    known = {column.name: column.type for column in columns}
    missing = [wanted for wanted in (*source.keys, source.event_time) if wanted is not None and wanted not in known]
    if missing:
        raise DataProblem(f"{', '.join(missing)}: no such column in the file", code="missing_column")
    if source.event_time is not None and known[source.event_time] != "timestamp":
        raise DataProblem(
            f"event_time {source.event_time} is {known[source.event_time]}: declare it as timestamp",
            code="type_mismatch",
        )


def _stage(
    context: JobContext,
    connection: duckdb.DuckDBPyConnection,
    source: SourceSpec,
    rules: list[casts.Cast],
    keep: str,
    dirt: read.Dirt,
) -> dict[str, Any]:
    columns = [Column(rule.column.name, rule.column.type) for rule in rules]
    identifier = table_identifier(context.inputs["project_id"], context.inputs["table_id"], columns)
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    staging = Staging(tables.staging_url(identifier, context.staging_name), context.start.scratch)
    started = time.perf_counter()
    written = _write(connection, staging, rules, keep)
    if written == 0:
        raise DataProblem("no row is left: send a header and at least one good row", code="empty_file")
    files = staging.finish()
    context.log(
        f"{written:,} rows written as {size(staging.bytes())} of Parquet, {time.perf_counter() - started:.2f} s"
    )
    context.progress(written, written, "rows written, now profiling", "rows")
    found = profile(connection, files, columns)
    snapshot_id = tables.stage(identifier, files, columns, f"job-{context.staging_name}")
    tables.close()
    context.log(f"staged as snapshot {snapshot_id} of {identifier}, on the branch job-{context.staging_name}")
    context.progress(written, written, "done", "rows")
    return {
        "identifier": identifier,
        "snapshot_id": snapshot_id,
        "columns": msgspec.to_builtins([rule.column for rule in rules]),
        "rows": written,
        "bytes": staging.bytes(),
        "profile": found,
        "dirt": {
            "rows_skipped": dirt.rows,
            "reasons": dirt.reasons,
            "columns": dirt.columns,
            "samples": msgspec.to_builtins(dirt.samples[: read.SAMPLES]),
            "duplicate_keys": read.duplicate_keys(connection, source.keys, keep),
        },
    }


def _write(connection: duckdb.DuckDBPyConnection, staging: Staging, rules: list[casts.Cast], keep: str) -> int:
    values = ", ".join(f"{rule.value} AS {name(rule.column.name)}" for rule in rules)
    target = literal(str(staging.folder / "part"))
    found = connection.execute(
        f"COPY (SELECT {values} FROM raw WHERE {keep}) TO {target}"  # noqa: S608 - names are quoted
        f" (FORMAT parquet, COMPRESSION zstd, FILE_SIZE_BYTES '{FILE_BYTES}')"
    ).fetchone()
    return int(found[0]) if found else 0
