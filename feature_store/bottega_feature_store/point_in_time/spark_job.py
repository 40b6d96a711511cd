"""The join of a training set on Spark: the same plan, its rows written as Parquet for the steps after it."""

import duckdb
import fsspec

from bottega.protocol import JobContext
from bottega_feature_store.materialize.session import partitions, spark_session
from bottega_feature_store.point_in_time import spark as spark_engine
from bottega_feature_store.point_in_time.assemble import EVENT, Plan
from bottega_feature_store.point_in_time.plan import ROW_ID
from bottega_feature_store.tables import Tables
from bottega_feature_store.tables.duck import parquet


def join_labels(
    context: JobContext, connection: duckdb.DuckDBPyConnection, tables: Tables, plan: Plan, scratch_url: str
) -> None:
    """Join every view to the rows of ``labels`` on Spark and load the result as table ``joined``."""
    reads = [plan.labels, *(view.read for view in plan.service.views)]
    size = sum(tables.size(read.identifier, read.snapshot_id) for read in reads)
    filesystem, path = fsspec.core.url_to_fs(scratch_url)
    filesystem.makedirs(path, exist_ok=True)
    connection.execute(f"COPY labels TO '{path}/labels.parquet' (FORMAT parquet)")
    with spark_session(context.connection("spark"), input_bytes=size) as session:
        labels = session.read.parquet(f"{scratch_url}/labels.parquet")
        views = [
            (join, spark_engine.scan(session, tables, view.read, context.start.scratch))
            for join, view in zip(plan.joins, plan.service.views, strict=True)
        ]
        joined = spark_engine.join(session, labels, EVENT, views, known_at=plan.spec.known_at)
        joined.coalesce(partitions(size)).write.mode("append").parquet(f"{scratch_url}/joined")
    files = [filesystem.unstrip_protocol(found) for found in sorted(filesystem.glob(f"{path}/joined/*.parquet"))]
    connection.execute(f"CREATE TABLE joined AS SELECT * FROM {parquet(connection, files)} ORDER BY {ROW_ID}")  # noqa: S608
    filesystem.rm(path, recursive=True)
