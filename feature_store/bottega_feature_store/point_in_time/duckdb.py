"""The point-in-time join in DuckDB: one ASOF join per view, in one process, spilling to disk."""

import duckdb

from bottega_feature_store.point_in_time.plan import FILE_SHIFT, MISSING, ROW_ID, STALE, Join
from bottega_feature_store.quoting import literal, name
from bottega_feature_store.tables.duck import local_paths

MICROS = 1_000_000


def scan_sql(connection: duckdb.DuckDBPyConnection, files: list[str]) -> str:
    """Return SQL for a snapshot's rows with ``row_id``: the file's place, then the row's place in it."""
    names = local_paths(connection, files)
    listed = ", ".join(literal(path) for path in names)
    shift = f"CAST(list_position([{listed}], filename) - 1 AS BIGINT) * {1 << FILE_SHIFT}"
    return (
        f"(SELECT * EXCLUDE (filename, file_row_number), {shift} + file_row_number AS {ROW_ID}"  # noqa: S608
        f" FROM read_parquet([{listed}], filename = true, file_row_number = true))"
    )


def join_sql(labels: str, time: str, views: list[tuple[Join, str]], *, known_at: bool = True) -> str:
    """Return SQL for the labels with every view's features and reason, in the order of ``row_id``.

    Args:
        labels: a relation with ``row_id``, the time and the keys.
        time: the labels' time column.
        views: joins with the relation (:func:`scan_sql`) that each reads.
        known_at: False joins by event time alone, for demonstrating leakage.
    """
    tables = [
        f"v{place} AS ({_newest(join, source, labels, time, known_at)})" for place, (join, source) in enumerate(views)
    ]
    chosen = [part for place, (join, _) in enumerate(views) for part in _chosen(f"v{place}", join, time)]
    joined = "".join(_asof(f"v{place}", join, time) for place, (join, _) in enumerate(views))
    heading = f"WITH {', '.join(tables)} " if tables else ""
    columns = ", ".join(["l.*", *chosen])
    return f"{heading}SELECT {columns} FROM {labels} l{joined} ORDER BY l.{ROW_ID}"  # noqa: S608


def _newest(join: Join, source: str, labels: str, time: str, known_at: bool) -> str:
    """The view's rows that can ever be an answer: for the labels' keys, and known by the last label's time."""
    keys = [f"r.{name(column)} AS k{place}" for place, (_, column) in enumerate(join.keys)]
    listed = ", ".join(f"k{place}" for place in range(len(join.keys)))
    event, created = f"r.{name(join.event)}", f"r.{name(join.created)}"
    known = f"greatest({event}, {created})" if known_at else event
    features = [f"r.{name(feature)} AS f{place}" for place, feature in enumerate(join.features)]
    wanted = " AND ".join(f"s.{name(label)} = r.{name(column)}" for label, column in join.keys)
    rows = (
        f"SELECT {', '.join([*keys, *features])}, {event} AS event, {created} AS created, {known} AS known, r.{ROW_ID}"  # noqa: S608
        f" FROM {source} r WHERE {event} IS NOT NULL AND EXISTS (SELECT 1 FROM {labels} s WHERE {wanted})"
        f" AND {known} <= (SELECT max({name(time)}) FROM {labels})"
    )
    greatest = (
        f"SELECT * FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY {listed}, known"  # noqa: S608
        f" ORDER BY event DESC, created DESC NULLS LAST, {ROW_ID} DESC) = 1"
    )
    before = f"max(event) OVER (PARTITION BY {listed} ORDER BY known ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    return f"SELECT * EXCLUDE ({ROW_ID}, created) FROM ({greatest}) QUALIFY coalesce(event >= {before}, true)"  # noqa: S608


def _asof(alias: str, join: Join, time: str) -> str:
    keys = " AND ".join(f"l.{name(label)} = {alias}.k{place}" for place, (label, _) in enumerate(join.keys))
    return f" ASOF LEFT JOIN {alias} ON {keys} AND l.{name(time)} >= {alias}.known"


def _chosen(alias: str, join: Join, time: str) -> list[str]:
    fresh = f"{alias}.known IS NOT NULL"
    if join.ttl_seconds is not None:
        age = f"epoch_us(l.{name(time)}) - epoch_us({alias}.event)"
        fresh = f"({fresh} AND {age} <= {join.ttl_seconds * MICROS})"
    values = [
        f"CASE WHEN {fresh} THEN {alias}.f{place} END AS {name(feature)}" for place, feature in enumerate(join.features)
    ]
    reason = f"CASE WHEN {alias}.known IS NULL THEN '{MISSING}' WHEN NOT {fresh} THEN '{STALE}' END"
    return [*values, f"{reason} AS {name(join.reason)}"]
