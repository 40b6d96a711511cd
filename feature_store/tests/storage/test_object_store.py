"""Artifacts in an S3-compatible store: blobs, tables, DuckDB and Spark, against a server of the S3 protocol."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from bottega.specs import Column, TableRead
from bottega_feature_store import storage
from bottega_feature_store.blobs import BlobNotFoundError, BlobStore
from bottega_feature_store.ground_truth.log import PredictionLog
from bottega_feature_store.ingest import job as ingest
from bottega_feature_store.materialize.job import run
from bottega_feature_store.storage import ObjectStore
from bottega_feature_store.tables import Tables, arrow_schema, table_identifier
from bottega_feature_store.tables.duck import connect, parquet
from bottega_feature_store.tables.staging import Staging

ARTIFACTS = "s3://bottega/artifacts"
COLUMNS = [Column("shop", "string"), Column("at", "timestamp"), Column("amount", "int32")]
START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def object_store() -> Iterator[ObjectStore]:
    """A store with one bucket, and this process's way into it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    store = ObjectStore(endpoint_url=f"http://{host}:{port}", access_key="tests", secret_key="not a secret")
    before = fsspec.config.conf.pop("s3", None)
    store.use()
    fsspec.filesystem("s3").mkdir("bottega")
    yield store
    s3fs.S3FileSystem.clear_instance_cache()
    fsspec.config.conf.pop("s3")
    if before is not None:
        fsspec.config.conf["s3"] = before
    server.stop()


def publish(tables: Tables, scratch: Path, name: str, amounts: list[int]) -> TableRead:
    identifier = table_identifier("prj_s3", "tbl_sales", COLUMNS)
    staging = Staging(tables.staging_url(identifier, name), scratch)
    rows = [{"shop": f"s{n % 2}", "at": START + dt.timedelta(hours=n), "amount": a} for n, a in enumerate(amounts)]
    pq.write_table(pa.Table.from_pylist(rows, arrow_schema(COLUMNS)), staging.folder / "part-0.parquet")
    snapshot = tables.stage(identifier, staging.finish(), COLUMNS, f"job-{name}")
    return TableRead("tbl_sales", "sales", identifier, snapshot, COLUMNS)


def test_blobs_are_written_once_and_read_by_digest(object_store: ObjectStore, tmp_path: Path) -> None:
    blobs = BlobStore(ARTIFACTS)
    stored = blobs.put_bytes(b"content")
    assert blobs.put_bytes(b"content") == stored
    assert blobs.read(stored.sha256) == b"content"
    assert blobs.path_or_copy(stored.sha256, tmp_path).read_bytes() == b"content"
    with pytest.raises(BlobNotFoundError):
        blobs.read("0" * 64)
    assert fsspec.filesystem("s3").find("bottega/artifacts/blobs/incoming") == []


def test_a_snapshot_lies_in_the_store_and_duckdb_reads_it(
    object_store: ObjectStore, iceberg_url: str, tmp_path: Path
) -> None:
    tables = Tables(iceberg_url, ARTIFACTS)
    read = publish(tables, tmp_path, "job_s3a-1", [1, 2, 3])
    (url,) = tables.files(read.identifier, read.snapshot_id)
    assert url.startswith(f"{ARTIFACTS}/tables/")
    assert tables.arrow(read.identifier, read.snapshot_id).column("amount").to_pylist() == [1, 2, 3]
    with connect(tmp_path) as connection:
        assert connection.execute(f"SELECT sum(amount) FROM {parquet(connection, [url])}").fetchone() == (6,)
    tables.close()


def test_an_upload_in_the_store_is_ingested_into_a_table_there(object_store: ObjectStore, job_context: Any) -> None:
    context = job_context({}, artifacts=ARTIFACTS)
    upload = BlobStore(ARTIFACTS).put_bytes(b"shop,amount\na,1\nb,2\n").sha256
    context.start.inputs.update(project_id="prj_s3", table_id="tbl_upload", source={"upload": upload})
    found = ingest.run(context)
    assert found["rows"] == 2
    tables = Tables(context.connection("iceberg"), ARTIFACTS)
    assert tables.arrow(found["identifier"], found["snapshot_id"]).column("amount").to_pylist() == [1, 2]
    tables.close()


def test_a_file_that_another_process_writes_is_seen_at_once(object_store: ObjectStore) -> None:
    log, folder = (
        PredictionLog(ARTIFACTS, "prj_s3", "ep_s3"),
        "bottega/artifacts/predictions/prj_s3/ep_s3/date=2024-01-01",
    )
    elsewhere = s3fs.S3FileSystem(skip_instance_cache=True)
    for number in (1, 2):
        elsewhere.pipe_file(f"{folder}/{number:020d}-{number:020d}-seg.parquet", b"x")
        assert [len(names) for _, names in log.new_files({}, "2024-01-01")] == [number]


@pytest.mark.spark
def test_spark_computes_a_view_whose_tables_lie_in_the_store(
    object_store: ObjectStore, job_context: Any, spark_url: str
) -> None:
    sent = {"artifacts": ARTIFACTS, storage.CONNECTION: object_store.to_json()}
    context = job_context({}, spark=spark_url, **sent)
    storage.use_connection(context.start.connections)
    tables = Tables(context.connection("iceberg"), ARTIFACTS)
    read = publish(tables, Path(context.start.scratch) / "made", f"sales-{context.staging_name}", [1, 2, 3])
    view = {"sql": "SELECT shop, at, amount * 2 AS doubled FROM sales", "sources": ["sales"], "event_time": "at"}
    context.start.inputs.update(
        view=view, keys=[{"name": "shop", "type": "string"}], sources=[msgspec.to_builtins(read)],
        project_id="prj_s3", table_id="tbl_doubled",
    )  # fmt: skip
    found = run(context)
    rows = tables.arrow(found["identifier"], found["snapshot_id"]).to_pylist()
    assert sorted(row["doubled"] for row in rows) == [2, 4, 6]
    assert tables.files(found["identifier"], found["snapshot_id"])[0].startswith(f"{ARTIFACTS}/tables/prj_s3/")
    tables.close()
