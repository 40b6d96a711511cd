"""Feature views on Spark: what the SQL says, over exactly the published files, staged as one snapshot."""

import datetime as dt
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bottega.problems import ProblemError
from bottega.specs import Column, TableRead
from bottega_feature_store.materialize.job import SparkProgress, run
from bottega_feature_store.materialize.session import spark_session
from bottega_feature_store.tables import Tables, arrow_schema, table_identifier
from bottega_feature_store.tables.staging import Staging

pytestmark = pytest.mark.spark
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
SALES = [
    Column("shop", "string"),
    Column("sold_at", "timestamp"),
    Column("paid_at", "timestamp"),
    Column("amount", "int32"),
]
KEYS = [{"name": "shop", "type": "string"}]


@pytest.fixture
def context(job_context: Any, spark_url: str) -> Any:
    return job_context({}, spark=spark_url)


def publish(context: Any, rows: list[tuple[str | None, int | None, int | None, int]]) -> TableRead:
    identifier = table_identifier("prj_views", "tbl_sales", SALES)
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    name = f"sales-{context.staging_name}"
    staging = Staging(tables.staging_url(identifier, name), context.start.scratch)
    listed = [
        {
            "shop": shop,
            "sold_at": None if sold is None else START + dt.timedelta(minutes=sold),
            "paid_at": None if paid is None else START + dt.timedelta(minutes=paid),
            "amount": amount,
        }
        for shop, sold, paid, amount in rows
    ]
    pq.write_table(pa.Table.from_pylist(listed, arrow_schema(SALES)), staging.folder / "part.parquet")
    snapshot = tables.stage(identifier, staging.finish(), SALES, f"job-{name}")
    return TableRead("tbl_sales", "sales", identifier, snapshot, SALES)


def compute(context: Any, rows: Any, *, keys: Any = KEYS, **view: Any) -> tuple[Any, list[dict[str, Any]]]:
    sources = [msgspec.to_builtins(publish(context, rows))]
    wanted = {"sources": ["sales"], **view}
    context.start.inputs.update(
        view=wanted, keys=keys, sources=sources, project_id="prj_views", table_id=f"tbl_{context.start.fence}"
    )
    found = run(context)
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    return found, tables.arrow(found["identifier"], found["snapshot_id"]).to_pylist()


ROWS = [("a", 10, 20, 5), ("a", 70, 80, 7), ("b", 10, 200, 1), (None, 10, 20, 9), ("a", 15, None, 3)]
TIMES = {"event_time": "sold_at", "created_time": "paid_at"}


def test_a_plain_view_has_keys_times_and_features_and_counts_incomplete_rows(context: Any) -> None:
    found, rows = compute(context, ROWS, sql="SELECT shop, sold_at, paid_at, amount * 2 AS doubled FROM sales", **TIMES)
    assert [(c["name"], c["type"]) for c in found["columns"]] == [
        ("shop", "string"),
        ("event_time", "timestamp"),
        ("created_time", "timestamp"),
        ("doubled", "int32"),
    ]
    assert sorted((row["shop"], row["doubled"]) for row in rows) == [("a", 10), ("a", 14), ("b", 2)]
    assert found["dirt"] == {"rows_skipped": 2, "reasons": {"null shop": 1, "null paid_at": 1}}
    assert found["profile"]["rows"] == found["rows"] == 3


def test_a_windowed_view_counts_what_was_known(context: Any) -> None:
    aggregate = {"name": "paid", "column": "amount", "function": "sum", "windows": ["1h", "2h"]}
    _, rows = compute(
        context, ROWS, sql="SELECT shop, sold_at, paid_at, amount FROM sales", aggregates=[aggregate], hop="1h", **TIMES
    )
    mine = sorted((r["event_time"].hour, r["paid_1h"], r["paid_2h"]) for r in rows if r["shop"] == "a")
    assert mine == [(1, 5.0, 5.0), (2, 7.0, 12.0), (3, None, 7.0), (4, None, None)]
    assert min(r["event_time"].hour for r in rows if r["shop"] == "b") == 4


def test_the_log_and_the_progress_say_what_spark_does(context: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = compute(context, ROWS, sql="SELECT shop, sold_at, paid_at, amount FROM sales", **TIMES)
    log = capsys.readouterr().out
    assert "reads sales: snapshot" in log
    assert "computed and written by Spark in" in log
    assert "rows left out: 1 × null shop" in log
    assert "3 rows in" in log
    assert f"staged as snapshot {found['snapshot_id']}" in log
    told = [message for _, message in context.told]
    assert told[0] == "planning on Spark"
    assert told[-2:] == ["profiling what Spark wrote", "done"]


def test_while_spark_works_its_tasks_are_the_progress(context: Any, spark_url: str, tmp_path: Any) -> None:
    with spark_session(spark_url) as session:
        session.registerProgressHandler(SparkProgress(context))
        session.conf.set("spark.connect.progress.reportInterval", "10ms")
        frame = session.range(0, 400_000_000, 1, 4).selectExpr("sum(id % 7) AS x")
        frame.write.parquet(f"{tmp_path}/slow")
    assert {message for _, message in context.told} == {"computing on Spark, 0 B read"}


def test_an_intermediate_view_keeps_its_columns(context: Any) -> None:
    found, rows = compute(context, ROWS, keys=[], sql="SELECT shop, amount, sold_at AS happened FROM sales")
    assert [column["name"] for column in found["columns"]] == ["shop", "amount", "happened"]
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("view", "code"),
    [
        ({"sql": "SELECT shop, sold_at, nothing FROM sales", "event_time": "sold_at"}, "unknown_column"),
        ({"sql": "SELECT shop, sold_at FROM sales; SELECT 1", "event_time": "sold_at"}, "sql_not_allowed"),
        ({"sql": "SELECT shop, sold_at, reflect('a', 'b') FROM sales", "event_time": "sold_at"}, "sql_not_allowed"),
        ({"sql": "SELECT shop, sold_at, amount FROM sales"}, "missing_column"),
        ({"sql": "SELECT shop, sold_at, amount FROM sales", "event_time": "amount"}, "type_mismatch"),
        ({"sql": "SELECT shop, sold_at FROM sales WHERE amount > 99", "event_time": "sold_at"}, "empty_result"),
        ({"sql": "SELECT shop, sold_at, array(amount) AS x FROM sales", "event_time": "sold_at"}, "any"),
    ],
)
def test_a_view_that_cannot_be_computed_says_why(context: Any, view: dict[str, Any], code: str) -> None:
    with pytest.raises(ProblemError) as caught:
        compute(context, ROWS, **view)
    assert code in {caught.value.problem.code, "any"}
