"""The load job: the newest known row of each key goes online, and the log says what was done."""

import datetime as dt
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bottega.specs import Column, TableRead
from bottega_feature_store.load.job import run
from bottega_feature_store.tables import Tables, arrow_schema, table_identifier
from bottega_feature_store.tables.staging import Staging
from bottega_feature_store.types import to_micros

START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
KEY = Column("shop", "string")
FEATURE = Column("stock", "float64")
COLUMNS = [KEY, Column("event_time", "timestamp"), Column("created_time", "timestamp"), FEATURE]


def publish(context: Any, rows: list[tuple[str, int, float]]) -> TableRead:
    identifier = table_identifier("prj_load", "tbl_stocks", COLUMNS)
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    staging = Staging(tables.staging_url(identifier, context.staging_name), context.start.scratch)
    listed = [
        {"shop": shop, "event_time": at, "created_time": at, "stock": stock}
        for shop, hour, stock in rows
        for at in [START + dt.timedelta(hours=hour)]
    ]
    pq.write_table(pa.Table.from_pylist(listed, arrow_schema(COLUMNS)), staging.folder / "part.parquet")
    snapshot = tables.stage(identifier, staging.finish(), COLUMNS, f"job-{context.staging_name}")
    return TableRead("tbl_stocks", "stocks", identifier, snapshot, COLUMNS)


def test_the_log_says_what_was_loaded(
    job_context: Any, online_store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    context = job_context({}, online_store=online_store_url)
    read = publish(context, [("north", 0, 1.0), ("north", 5, 2.0), ("south", 1, 3.0), ("west", 9, 4.0)])
    context.start.inputs.update(
        view={
            "name": "stocks",
            "view_id": "fv_load",
            "keys": [msgspec.to_builtins(KEY)],
            "columns": [msgspec.to_builtins(FEATURE)],
            "ttl_seconds": 7200,
        },
        read=msgspec.to_builtins(read),
        as_of=to_micros(START + dt.timedelta(hours=6)),
        project_id="prj_load",
        sweep=["old-1"],
    )
    found = run(context)
    assert found["rows"] == 1
    log = capsys.readouterr().out
    assert "loading stocks as of 2020-01-01T06:00:00+00:00: 1 features by shop" in log
    assert "values older than 7200 s are left out" in log
    assert "sweeping version old-1" in log
    assert f"reading snapshot {read.snapshot_id} of stocks" in log
    assert "1 keys loaded" in log
    assert f"version {context.staging_name} is published" in log
