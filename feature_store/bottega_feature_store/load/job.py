"""Job kind ``load_online``: a view's published snapshot as of a moment becomes a version in the online store.

Inputs: ``view`` (name, ``view_id``, ``keys`` and ``columns`` in packed order, ``ttl_seconds``), ``read``
(:class:`~bottega.specs.TableRead`), ``as_of`` (microseconds), ``project_id``, ``sweep`` (version tags that
nobody follows any more). Values go under the tag :attr:`JobContext.staging_name`; readers see them when the
platform has published it.
"""

import time
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bottega.protocol import JobContext
from bottega.specs import Column, TableRead
from bottega_feature_store.codec import Vector, ViewCodec
from bottega_feature_store.figures import size
from bottega_feature_store.load.select import latest_sql
from bottega_feature_store.online.writer import Writer, sweep
from bottega_feature_store.tables import Tables
from bottega_feature_store.tables.duck import connect, parquet
from bottega_feature_store.types import from_micros, numpy_type

BATCH_ROWS = 20_000


class LoadView(msgspec.Struct, frozen=True):
    """What of a view the load needs."""

    name: str
    view_id: str
    keys: list[Column]
    columns: list[Column]
    ttl_seconds: int | None


def run(context: JobContext) -> dict[str, Any]:
    """Load the view; return counts and the version tag."""
    import redis

    view = msgspec.convert(context.inputs["view"], LoadView)
    client = redis.Redis.from_url(context.connection("online_store"))
    _log_start(context, view)
    started = time.perf_counter()
    try:
        Writer.prepare(client)
        swept = sweep(client, context.inputs["project_id"], view.view_id, context.inputs["sweep"])
        rows, value_bytes = _load(context, client, view)
    finally:
        client.close()
    seconds = time.perf_counter() - started
    rate = rows / max(seconds, 1e-9)
    context.log(f"{rows:,} keys loaded, {size(value_bytes)} of values, in {seconds:.2f} s ({rate:,.0f} keys/s)")
    context.log(f"readers follow once version {context.staging_name} is published")
    return {
        "tag": context.staging_name,
        "rows": rows,
        "bytes": value_bytes,
        "seconds": round(seconds, 3),
        "keys_swept": swept,
        "swept": list(context.inputs["sweep"]),
    }


def _log_start(context: JobContext, view: LoadView) -> None:
    as_of = from_micros(context.inputs["as_of"]).isoformat()
    context.log(f"loading {view.name} as of {as_of}: {len(view.columns)} features by {', '.join(_names(view.keys))}")
    fresh = (
        "no value is too old" if view.ttl_seconds is None else f"values older than {view.ttl_seconds} s are left out"
    )
    context.log(fresh)
    for tag in context.inputs["sweep"]:
        context.log(f"sweeping version {tag}, which nobody follows")


def _names(columns: list[Column]) -> list[str]:
    return [column.name for column in columns]


def _load(context: JobContext, client: Any, view: LoadView) -> tuple[int, int]:
    read = msgspec.convert(context.inputs["read"], TableRead)
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    try:
        files = tables.files(read.identifier, read.snapshot_id)
    finally:
        tables.close()
    context.log(f"reading snapshot {read.snapshot_id} of {read.name}: {len(files)} Parquet files")
    writer = Writer(client, context.inputs["project_id"], view.view_id, context.staging_name)
    codec = ViewCodec(view.columns)
    rows = value_bytes = 0
    with connect(context.start.scratch) as connection:
        relation = f"{parquet(connection, files)[:-1]}, filename = true, file_row_number = true)"
        sql = latest_sql(
            relation,
            keys=_names(view.keys),
            columns=_names(view.columns),
            as_of=context.inputs["as_of"],
            ttl=view.ttl_seconds,
        )
        for batch in connection.execute(sql).to_arrow_reader(BATCH_ROWS):
            values = write_batch(writer, codec, batch, keys=len(view.keys))
            rows += batch.num_rows
            value_bytes += sum(map(len, values))
            context.progress(rows, None, f"loading {view.name}", "rows")
    return rows, value_bytes


def write_batch(writer: Writer, codec: ViewCodec, batch: pa.RecordBatch, *, keys: int) -> list[bytes]:
    """Write a batch whose columns are the event time, the keys and the features; return the packed values."""
    names = list(zip(*(batch.column(1 + place).to_pylist() for place in range(keys)), strict=True))
    vectors = [vector_of(batch.column(1 + keys + place), column.type) for place, column in enumerate(codec.columns)]
    values = codec.pack_many(batch.column(0).to_numpy(zero_copy_only=False), vectors)
    writer.load(names, values)
    return values


def vector_of(array: Any, kind: str) -> Vector:
    """Return an Arrow column as values and nulls in our in-memory types."""
    nulls = np.asarray(array.is_null().to_numpy(zero_copy_only=False), np.bool_)
    if kind == "string":
        texts: NDArray[Any] = np.empty(len(array), object)
        texts[:] = array.to_pylist()
        return Vector(texts, nulls)
    if kind == "timestamp":
        array = array.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    elif kind == "date":
        array = array.cast(pa.date32()).cast(pa.int32())
    filled = array.fill_null(False if kind == "bool" else 0)
    return Vector(filled.to_numpy(zero_copy_only=False).astype(numpy_type(kind)), nulls)
