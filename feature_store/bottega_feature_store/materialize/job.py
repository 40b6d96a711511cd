"""Job kind ``feature_view``: guarded SQL over published tables becomes the view's staged snapshot, on Spark.

Inputs: ``view`` (a :class:`~bottega.specs.FeatureViewSpec`), ``keys`` (the entity's columns, empty for an
intermediate view), ``sources`` (a list of :class:`~bottega.specs.TableRead`), ``project_id``, ``table_id``.
The result is that of ``ingest``: ``identifier``, ``snapshot_id``, ``columns``, ``rows``, ``bytes``, ``profile``,
``dirt``. Only plans go to Spark and only counts come back.
"""

import time
from collections.abc import Iterable
from typing import Any

import msgspec

from bottega.problems import DataProblem
from bottega.protocol import JobContext
from bottega.specs import Column, FeatureViewSpec, TableRead
from bottega_feature_store.figures import size
from bottega_feature_store.materialize.plan import Plan, plan, register
from bottega_feature_store.materialize.session import partitions, spark_session
from bottega_feature_store.profile.table import profile
from bottega_feature_store.sqlguard import guard
from bottega_feature_store.tables import Tables, table_identifier
from bottega_feature_store.tables.duck import connect
from bottega_feature_store.tables.staging import Staging


def run(context: JobContext) -> dict[str, Any]:
    """Compute the view and stage one snapshot of it."""
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    try:
        planned, staging, identifier = _compute(context, tables)
        return _stage(context, tables, planned, staging, identifier)
    finally:
        tables.close()


def _compute(context: JobContext, tables: Tables) -> tuple[dict[str, Any], Staging, str]:
    view = msgspec.convert(context.inputs["view"], FeatureViewSpec)
    keys = msgspec.convert(context.inputs["keys"], list[Column])
    sources = msgspec.convert(context.inputs["sources"], list[TableRead])
    checked = guard(view.sql, {source.name: source.columns for source in sources})
    view = msgspec.structs.replace(view, sql=checked.canonical)  # what was checked is what runs
    input_bytes = _log_sources(context, tables, sources)
    context.progress(0, message="planning on Spark", unit="tasks")
    started = time.perf_counter()
    with spark_session(context.connection("spark"), input_bytes=input_bytes) as session:
        register(session, tables, sources, context.start.scratch)
        planned = plan(session, view, keys)
        session.registerProgressHandler(SparkProgress(context))
        identifier = table_identifier(context.inputs["project_id"], context.inputs["table_id"], planned.columns)
        staging = Staging(tables.staging_url(identifier, context.staging_name), context.start.scratch)
        _write(planned, staging, partitions(input_bytes))
        context.log(f"computed and written by Spark in {time.perf_counter() - started:.1f} s")
        return {"columns": planned.columns, "dirt": planned.dirt()}, staging, identifier


def _log_sources(context: JobContext, tables: Tables, sources: list[TableRead]) -> int:
    """Say what is read and return its bytes."""
    total = 0
    for source in sources:
        part = tables.size(source.identifier, source.snapshot_id)
        context.log(f"reads {source.name}: snapshot {source.snapshot_id}, {size(part)} of Parquet")
        total += part
    return total


class SparkProgress:
    """Tells the job's progress while Spark works: tasks done of those planned so far, and bytes read."""

    def __init__(self, context: JobContext) -> None:
        self._context = context

    def __call__(self, stages: Iterable[Any] | None, inflight_tasks: int, operation_id: str | None, done: bool) -> None:  # noqa: ARG002 - Spark passes them by name
        """Take what the server said about the running plan."""
        known = list(stages or ())
        planned = sum(stage.num_tasks for stage in known)
        if planned:
            finished = sum(stage.num_completed_tasks for stage in known)
            read = size(sum(stage.num_bytes_read for stage in known))
            self._context.progress(finished, planned, f"computing on Spark, {read} read", "tasks")


def _log_columns(context: JobContext, columns: list[Column], dirt: dict[str, Any]) -> None:
    context.log(f"columns: {', '.join(f'{column.name} {column.type}' for column in columns)[:1000]}")
    for reason, count in sorted(dirt["reasons"].items()):
        context.log(f"rows left out: {count:,} × {reason}")


def _write(planned: Plan, staging: Staging, files: int) -> None:
    planned.frame.coalesce(files).write.mode("append").parquet(staging.folder.as_uri())


def _stage(
    context: JobContext, tables: Tables, computed: dict[str, Any], staging: Staging, identifier: str
) -> dict[str, Any]:
    files = staging.finish()
    _log_columns(context, computed["columns"], computed["dirt"])
    context.progress(0, message="profiling what Spark wrote", unit="rows")
    with connect(context.start.scratch) as connection:
        found = profile(connection, files, computed["columns"])
    if found["rows"] == 0:
        raise DataProblem(
            "the view has no row: check its SQL, and that keys and times are not null", code="empty_result"
        )
    snapshot_id = tables.stage(identifier, files, computed["columns"], f"job-{context.staging_name}")
    context.progress(found["rows"], found["rows"], "done", "rows")
    context.log(f"{found['rows']:,} rows in {len(files)} files, {size(staging.bytes())} of Parquet")
    context.log(f"staged as snapshot {snapshot_id} of {identifier}, on the branch job-{context.staging_name}")
    return {
        "identifier": identifier,
        "snapshot_id": snapshot_id,
        "columns": msgspec.to_builtins(computed["columns"]),
        "rows": found["rows"],
        "bytes": staging.bytes(),
        "profile": found,
        "dirt": computed["dirt"],
    }
