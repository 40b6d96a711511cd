"""Predictions by reference: taken from new files of the log, kept as one blob per day and run, joined with labels."""

from pathlib import Path
from typing import Any

import duckdb
import msgspec

from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.ground_truth.references import keys_sql, request_sql
from bottega_feature_store.quoting import literal
from bottega_feature_store.tables.duck import parquet

FILES_AT_ONCE = 1_000
COLUMNS = "request_ref BLOB, key_ref BLOB, model VARCHAR, version INTEGER, output DOUBLE, made_us BIGINT"


class Part(msgspec.Struct, frozen=True):
    """A blob with predictions of one day; ``first_us`` and ``last_us`` say when they were made."""

    day: str
    digest: str
    rows: int
    first_us: int
    last_us: int


class Version(msgspec.Struct, frozen=True):
    """A model version that the endpoint served: its task and the entity keys of its signature."""

    model: str
    version: int
    task: str
    keys: list[str]


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table that new predictions are gathered in."""
    connection.execute(f"CREATE TABLE fresh (day DATE, {COLUMNS})")


def gather(connection: duckdb.DuckDBPyConnection, urls: list[str], versions: list[Version]) -> None:
    """Add the predictions of these files of the log to ``fresh``."""
    for start in range(0, len(urls), FILES_AT_ONCE):
        source = parquet(connection, urls[start : start + FILES_AT_ONCE])
        connection.execute(
            f"INSERT INTO fresh SELECT CAST(as_of AS DATE), {request_sql()}, {_keys_by_version(versions)},"  # noqa: S608
            f" model, version, output, epoch_us(time) FROM {source} WHERE isfinite(output)"
        )


def _keys_by_version(versions: list[Version]) -> str:
    """SQL for the reference by keys: versions of one endpoint may have been built with other keys."""
    groups: dict[tuple[str, ...], list[Version]] = {}
    for version in versions:
        groups.setdefault(tuple(sorted(version.keys)), []).append(version)
    cases = [
        f"WHEN {' OR '.join(f'(model = {literal(one.model)} AND version = {one.version})' for one in members)}"
        f" THEN {keys_sql(list(keys))}"
        for keys, members in groups.items()
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL"


def store(connection: duckdb.DuckDBPyConnection, blobs: BlobStore, scratch: Path) -> list[Part]:
    """Write what was gathered as one blob per day and return them."""
    days = connection.execute("SELECT DISTINCT day FROM fresh ORDER BY day").fetchall()
    return [_store_day(connection, blobs, scratch, day.isoformat(), _rows_of("fresh", day)) for (day,) in days]


def merge(connection: duckdb.DuckDBPyConnection, blobs: BlobStore, scratch: Path, day: str, parts: list[Part]) -> Part:
    """Write the parts of a day as one."""
    return _store_day(connection, blobs, scratch, day, read_sql(connection, blobs, scratch, parts))


def _rows_of(table: str, day: Any) -> str:
    return f"SELECT * EXCLUDE day FROM {table} WHERE day = DATE '{day.isoformat()}'"  # noqa: S608 - a date


def _store_day(connection: duckdb.DuckDBPyConnection, blobs: BlobStore, scratch: Path, day: str, query: str) -> Part:
    path = scratch / f"part-{day}.parquet"
    connection.execute(
        f"COPY (SELECT DISTINCT * FROM ({query}) ORDER BY request_ref, made_us, version, output)"  # noqa: S608
        f" TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
    )
    measured = connection.execute(
        f"SELECT count(*), min(made_us), max(made_us) FROM read_parquet({literal(str(path))})"  # noqa: S608
    ).fetchall()
    rows, first, last = measured[0]
    digest = blobs.put_file(path).sha256
    path.unlink()
    return Part(day, digest, rows, first, last)


def read_sql(connection: duckdb.DuckDBPyConnection, blobs: BlobStore, scratch: Path, parts: list[Part]) -> str:
    """Return SQL for the rows of these parts, each prediction once: the log may hold one twice after a crash."""
    paths = [str(blobs.path_or_copy(part.digest, scratch)) for part in parts]
    return f"SELECT DISTINCT * FROM {parquet(connection, paths)}"  # noqa: S608


def find_requests(
    connection: duckdb.DuckDBPyConnection, blobs: BlobStore, scratch: Path, part: Part
) -> list[tuple[str, str]]:
    """Return (reference, day) for each row of the table ``waiting`` whose request is in the part."""
    source = parquet(connection, [str(blobs.path_or_copy(part.digest, scratch))])
    found = connection.execute(
        f"SELECT DISTINCT hex(reference) FROM waiting WHERE reference IN (SELECT request_ref FROM {source})"  # noqa: S608
    ).fetchall()
    return [(reference.lower(), part.day) for (reference,) in found]
