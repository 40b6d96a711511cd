"""Job kind ``training_set``: labels joined with features as they were known, split, measured, stored as blobs.

Inputs: ``spec`` (a :class:`~bottega.specs.TrainingSetSpec`), ``service`` (a resolved service), ``labels`` (a
:class:`~bottega.specs.TableRead`), ``project_id``. The result has ``splits`` (name → digest), ``counts``,
``meta`` and ``fit_for_registration``.
"""

import time
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from bottega.problems import DataProblem, Fault
from bottega.protocol import JobContext
from bottega.specs import Column, TableRead, TrainingSetSpec
from bottega.specs.resolved import ResolvedService
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.figures import size
from bottega_feature_store.point_in_time import assemble, leaks
from bottega_feature_store.point_in_time.plan import ROW_ID
from bottega_feature_store.point_in_time.splits import SPLITS
from bottega_feature_store.profile.table import profile
from bottega_feature_store.quoting import literal, name
from bottega_feature_store.storage import is_remote
from bottega_feature_store.tables import Tables
from bottega_feature_store.tables.duck import connect

MAX_CATEGORIES = 20_000
_NUMBERS = {"int32", "int64", "float32", "float64"}


def run(context: JobContext) -> dict[str, Any]:
    """Build the training set."""
    plan = assemble.Plan(
        spec=msgspec.convert(context.inputs["spec"], TrainingSetSpec),
        service=msgspec.convert(context.inputs["service"], ResolvedService),
        labels=msgspec.convert(context.inputs["labels"], TableRead),
    )
    scratch = Path(context.start.scratch)
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    try:
        with connect(scratch) as connection:
            connection.execute(f"ATTACH {literal(str(scratch / 'join.duckdb'))} AS work; USE work")
            return _build(context, connection, tables, plan, scratch)
    finally:
        tables.close()


def _build(
    context: JobContext, connection: duckdb.DuckDBPyConnection, tables: Tables, plan: assemble.Plan, scratch: Path
) -> dict[str, Any]:
    context.progress(0, 4, "reading labels", "steps")
    started = time.perf_counter()
    counts = assemble.load_labels(connection, tables, plan)
    _log_labels(context, plan, counts)
    context.progress(1, 4, f"joining {counts['rows']} labels with {len(plan.joins)} views", "steps")
    _join(context, connection, tables, plan)
    reasons = assemble.reason_counts(connection, plan)
    _log_join(context, plan, reasons, time.perf_counter() - started)
    context.progress(2, 4, "expressions and split", "steps")
    assemble.complete(connection, plan)
    counts |= _split_counts(connection)
    context.log("split: " + ", ".join(f"{split} {counts[split]:,}" for split in SPLITS))
    found = _leaks(connection, plan)
    context.log("leakage: " + (", ".join(f"{leak.column} ({leak.measure})" for leak in found) or "none found"))
    context.progress(3, 4, "writing and measuring", "steps")
    files = _write(connection, plan, scratch)
    features, statistics = _measured(connection, plan, files["train"])
    blobs = BlobStore(context.connection("artifacts"))
    stored = {split: blobs.put_file(path) for split, path in files.items()}
    for split, blob in stored.items():
        context.log(f"{split}: {len(features)} features, {size(blob.size)} of Parquet, blob {blob.sha256[:12]}")
    context.log(f"done in {time.perf_counter() - started:.1f} s")
    context.progress(4, 4, "done", "steps")
    return {
        "splits": {split: blob.sha256 for split, blob in stored.items()},
        "counts": counts,
        "fit_for_registration": plan.spec.known_at and not found,
        "meta": {
            "features": features,
            "label": {"name": plan.spec.label, "source": plan.labels.name},
            "statistics": statistics,
            "views": reasons,
            "leaks": [leak.as_dict() for leak in found],
            "bytes": {split: blob.size for split, blob in stored.items()},
        },
    }


def _log_labels(context: JobContext, plan: assemble.Plan, counts: dict[str, int]) -> None:
    labels = plan.labels
    context.log(f"labels {plan.spec.label} of {labels.name}, snapshot {labels.snapshot_id}: {counts['rows']:,} rows")
    for reason in ("null_labels", "unusable_labels"):
        if counts[reason]:
            context.log(f"left out: {counts[reason]:,} × {reason}")


def _log_join(context: JobContext, plan: assemble.Plan, reasons: dict[str, dict[str, int]], seconds: float) -> None:
    context.log(f"{len(plan.joins)} views joined by {plan.spec.engine}, {seconds:.1f} s so far")
    for view, counts in reasons.items():
        context.log(f"{view}: " + ", ".join(f"{count:,} {reason}" for reason, count in counts.items()))


def _join(context: JobContext, connection: duckdb.DuckDBPyConnection, tables: Tables, plan: assemble.Plan) -> None:
    if plan.spec.engine == "duckdb":
        assemble.join_labels(connection, tables, plan)
        return
    from bottega_feature_store.point_in_time import spark_job

    root = context.connection("artifacts").rstrip("/")
    if is_remote(root):  # Spark writes files; what it shares with this process is the scratch folder
        root = f"file://{context.start.scratch}"
    scratch_url = f"{root}/scratch/{context.inputs['project_id']}/{context.staging_name}"
    spark_job.join_labels(context, connection, tables, plan, scratch_url)


def _split_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    found = connection.execute(f"SELECT {assemble.SPLIT}, count(*) FROM complete GROUP BY 1").fetchall()  # noqa: S608
    counts = {split: dict(found).get(split, 0) for split in SPLITS}
    empty = [split for split, count in counts.items() if count == 0]
    if empty:
        raise DataProblem(
            f"no labelled row falls into {', '.join(empty)}: move the bounds of the split", code="empty_split"
        )
    return counts


def _leaks(connection: duckdb.DuckDBPyConnection, plan: assemble.Plan) -> list[leaks.Leak]:
    """Look at a sample of the training split; refuse what gives the label away, unless leaking is the purpose."""
    names = [feature["name"] for feature in plan.features()]
    listed = ", ".join(name(column) for column in dict.fromkeys([*names, assemble.LABEL]))
    sample = connection.sql(
        f"SELECT {listed} FROM complete WHERE {assemble.SPLIT} = 'train'"  # noqa: S608
        f" ORDER BY hash({ROW_ID}) LIMIT {leaks.SAMPLE_ROWS}"
    ).to_arrow_table()
    found = leaks.find_leaks(sample, names, assemble.LABEL, plan.spec.label)
    if found and plan.spec.known_at:
        detail = "alone it nearly decides the label"
        faults = [Fault("leakage_risk", f"{detail} ({leak.measure})", column=leak.column) for leak in found]
        columns = ", ".join(leak.column for leak in found)
        raise DataProblem(
            f"{columns}: this can hardly be known before the label; take it out, or correct when it became known",
            code="leakage_risk",
            errors=faults,
        )
    return found


def _write(connection: duckdb.DuckDBPyConnection, plan: assemble.Plan, scratch: Path) -> dict[str, Path]:
    fixed = [ROW_ID, assemble.EVENT, assemble.LABEL, *(column.name for column in plan.inputs)]
    columns = dict.fromkeys([*fixed, *(feature["name"] for feature in plan.features())])
    listed = ", ".join(name(column) for column in columns)
    files = {split: scratch / f"{split}.parquet" for split in SPLITS}
    for split, path in files.items():
        connection.execute(
            f"COPY (SELECT {listed} FROM complete WHERE {assemble.SPLIT} = '{split}' ORDER BY {ROW_ID})"  # noqa: S608
            f" TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
    return files


def _measured(
    connection: duckdb.DuckDBPyConnection, plan: assemble.Plan, train: Path
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the features with categories and ranges, and their statistics, all of the training split alone."""
    features = plan.features()
    columns = [Column(feature["name"], feature["type"]) for feature in features]
    statistics = profile(connection, [str(train)], columns)
    described = {column["name"]: column for column in statistics["columns"]}
    for feature in features:
        if feature["categorical"]:
            feature["categories"] = _categories(connection, train, feature["name"])
        elif feature["type"] in _NUMBERS and feature["name"] in described:
            feature["low"] = described[feature["name"]]["min"]
            feature["high"] = described[feature["name"]]["max"]
    return features, statistics


def _categories(connection: duckdb.DuckDBPyConnection, train: Path, column: str) -> list[str]:
    """The values of a category, the most frequent first."""
    found = connection.execute(
        f"SELECT CAST({name(column)} AS VARCHAR) AS value FROM read_parquet({literal(str(train))})"  # noqa: S608
        f" WHERE value IS NOT NULL GROUP BY value ORDER BY count(*) DESC, value LIMIT {MAX_CATEGORIES + 1}"
    ).fetchall()
    if len(found) > MAX_CATEGORIES:
        raise DataProblem(
            f"{column} has more than {MAX_CATEGORIES} categories: take it out of the service's categorical list",
            code="too_many_categories",
        )
    return [value for (value,) in found]
