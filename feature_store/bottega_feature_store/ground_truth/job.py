"""Job kind ``label_import``: labels of a file or a table, all checked before the first one is handed over.

Inputs: ``spec`` (a :class:`~bottega.specs.LabelImportSpec`), ``task``, ``keys`` (the entity keys with types),
``now`` (the project's present time) and ``read`` (the table at its snapshot, or null). Labels go to the control
plane in batches by the call ``labels.add``; the same batch again, of a second attempt, gets the same answer.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from bottega.problems import DataProblem, Fault
from bottega.protocol import JobContext
from bottega.specs import Column, LabelImportSpec, TableRead
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.ground_truth import files
from bottega_feature_store.ground_truth.files import VALUE, Wanted
from bottega_feature_store.quoting import literal, name
from bottega_feature_store.tables import Tables
from bottega_feature_store.tables.duck import connect, parquet
from bottega_feature_store.types import parse_timestamp

BATCH = 5_000
SAMPLES = 20
_PARQUET_MAGIC = b"PAR1"
_ADVICE = {
    "not_finite": "a label is a finite number",
    "label_not_binary": "a label of a binary model is 0 or 1",
    "required": "the value that names the prediction is missing",
    "future_time": "the time is in the future: nobody can know the truth yet",
    "bad_request_id": "a request id has 1 to 128 letters, digits, '.', '-' and '_'",
    "duplicate_label": "another row names the same prediction: give one value for it",
}


class ImportInputs(msgspec.Struct, frozen=True):
    """What the platform resolves."""

    spec: LabelImportSpec
    task: str
    keys: list[Column]
    now: str
    read: TableRead | None = None


def run(context: JobContext) -> dict[str, Any]:
    """Read, check and hand over the labels; return counts of what became of the rows."""
    inputs = msgspec.convert(context.inputs, ImportInputs)
    scratch = Path(context.start.scratch)
    with connect(scratch) as connection:
        connection.execute(f"ATTACH {literal(str(scratch / 'labels.duckdb'))} AS work; USE work")
        wanted = Wanted.of(inputs.spec, inputs.keys)
        context.progress(0, None, "reading", "labels")
        _load(context, connection, inputs, wanted, scratch)
        left_out = _leave_out(connection, inputs, wanted)
        _refuse_faults(connection, inputs, wanted)
        return {"counts": {**left_out, **_hand_over(context, connection, wanted)}}


def _load(
    context: JobContext, connection: duckdb.DuckDBPyConnection, inputs: ImportInputs, wanted: Wanted, scratch: Path
) -> None:
    """Make the table ``given``: the columns by their own names, and the number of each row in its source."""
    if inputs.read is not None:
        tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
        source = parquet(connection, tables.files(inputs.read.identifier, inputs.read.snapshot_id))
        tables.close()
        files.take(connection, f"SELECT * FROM {source}", wanted, first_row=1)  # noqa: S608 - our own files
        return
    blob = BlobStore(context.connection("artifacts")).path_or_copy(str(inputs.spec.upload), scratch)
    with blob.open("rb") as stream:
        magic = stream.read(4)
    if magic == _PARQUET_MAGIC:
        files.take_parquet(connection, blob, wanted)
    else:
        files.take_csv(connection, blob, inputs.spec, wanted, scratch)


def _leave_out(connection: duckdb.DuckDBPyConnection, inputs: ImportInputs, wanted: Wanted) -> dict[str, int]:
    """Take out rows without a label, and rows that are not known yet; return how many of each."""
    now = f"make_timestamptz({parse_timestamp(inputs.now)})"
    unlabelled = _delete(connection, f"{VALUE} IS NULL")
    unknown = 0
    if wanted.known_at:
        unknown = _delete(connection, f"known_at IS NULL OR known_at > {now}")
    elif wanted.event_time and inputs.read is not None:
        unknown = _delete(connection, f"event_time > {now}")
    return {"unlabelled": unlabelled, "not_known_yet": unknown}


def _delete(connection: duckdb.DuckDBPyConnection, condition: str) -> int:
    found = connection.execute(f"DELETE FROM given WHERE {condition}").fetchone()  # noqa: S608 - our own words
    return int(found[0]) if found else 0


def _refuse_faults(connection: duckdb.DuckDBPyConnection, inputs: ImportInputs, wanted: Wanted) -> None:
    checks = _checks(inputs, wanted)
    faults: list[Fault] = []
    counts: dict[str, int] = {}
    for code, column, test in checks:
        rows = connection.execute(
            f"SELECT source_row, count(*) OVER () FROM given WHERE {test} ORDER BY source_row LIMIT {SAMPLES}"  # noqa: S608
        ).fetchall()
        if rows:
            counts[code] = counts.get(code, 0) + rows[0][1]
            faults += [Fault(code, _ADVICE[code], row=row, column=column) for row, _ in rows]
    if faults:
        counted = ", ".join(f"{count:,} × {code}" for code, count in counts.items())
        detail = f"{counted}; first at row {faults[0].row}: {faults[0].detail}. No label was kept."
        raise DataProblem(detail, code=faults[0].code, errors=faults)


def _checks(inputs: ImportInputs, wanted: Wanted) -> list[tuple[str, str, str]]:
    """Return (code, column, SQL that is true for a bad row)."""
    spec = inputs.spec
    found = [("not_finite", spec.value, f"NOT isfinite({VALUE})")]
    if inputs.task == "binary":
        found.append(("label_not_binary", spec.value, f"{VALUE} NOT IN (0, 1)"))
    found += [("required", column, f"{name(own)} IS NULL") for own, column in wanted.naming.items()]
    if wanted.event_time:
        now = f"make_timestamptz({parse_timestamp(inputs.now)})"
        found.append(("future_time", wanted.event_time, f"event_time > {now}"))
    else:
        column = str(spec.request_id)
        found.append(("bad_request_id", column, "NOT regexp_full_match(request_id, '[A-Za-z0-9._-]{1,128}')"))
    listed = ", ".join(name(own) for own in wanted.naming)
    place = f"row_number() OVER (PARTITION BY {listed} ORDER BY source_row)"
    second = f"source_row IN (SELECT source_row FROM given QUALIFY {place} > 1)"  # noqa: S608 - quoted names
    return [*found, ("duplicate_label", next(iter(wanted.naming.values())), second)]


def _hand_over(context: JobContext, connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> dict[str, int]:
    counts = {"new": 0, "corrected": 0, "unchanged": 0}
    total = (connection.execute("SELECT count(*) FROM given").fetchone() or (0,))[0]
    done = 0
    for number, batch in enumerate(_batches(connection, wanted)):
        for word, count in context.call("labels.add", batch=number, labels=batch).items():
            counts[word] += count
        done += len(batch)
        context.progress(done, total, "keeping", "labels")
    return counts


def _batches(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> Iterator[list[dict[str, Any]]]:
    columns = [*wanted.keys, *([] if wanted.event_time else ["request_id", "row"])]
    listed = ", ".join(["epoch_us(event_time)" if wanted.event_time else "NULL", VALUE, *map(name, columns)])
    result = connection.execute(f"SELECT {listed} FROM given ORDER BY source_row")  # noqa: S608 - quoted names
    while rows := result.fetchmany(BATCH):
        yield [_item(micros, value, dict(zip(columns, rest, strict=True))) for micros, value, *rest in rows]


def _item(micros: int | None, value: float, named: dict[str, Any]) -> dict[str, Any]:
    if micros is None:
        return {"value": value, **named}
    return {"value": value, "time_us": micros, "keys": named}
