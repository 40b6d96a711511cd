"""The first rows of a published table, read from our own Parquet within tight bounds."""

import datetime as dt
import tempfile
from typing import Any

from bottega.specs import TableRead
from bottega_feature_store.quoting import name
from bottega_feature_store.tables import Tables
from bottega_feature_store.tables.duck import connect, parquet
from bottega_feature_store.types import to_json, to_micros
from bottega_platform.jobs import connections

ROWS = 100
COLUMNS = 200
TEXT = 200


def preview(read: TableRead, *, rows: int = ROWS) -> list[dict[str, Any]]:
    """Return the table's first rows as JSON values; long texts are cut."""
    urls = connections.resolve(("iceberg", "artifacts"))
    tables = Tables(urls["iceberg"], urls["artifacts"])
    shown = read.columns[:COLUMNS]
    try:
        files = tables.files(read.identifier, read.snapshot_id)
    finally:
        tables.close()
    with tempfile.TemporaryDirectory() as scratch, connect(scratch, memory="256MB", threads=1) as connection:
        listed = ", ".join(name(column.name) for column in shown)
        query = f"SELECT {listed} FROM {parquet(connection, files)} LIMIT {min(rows, ROWS)}"  # noqa: S608
        found = connection.execute(query).fetchall()
    return [{c.name: _json(c.type, v) for c, v in zip(shown, row, strict=True)} for row in found]


def _json(kind: str, value: Any) -> Any:
    if isinstance(value, dt.datetime):
        value = to_micros(value)
    elif isinstance(value, dt.date):
        return value.isoformat()
    elif isinstance(value, str):
        return value[:TEXT]
    return to_json(kind, value)
