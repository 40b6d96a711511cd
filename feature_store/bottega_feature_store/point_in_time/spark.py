"""The point-in-time join on Spark: labels and newest rows in one ordered union per view, no Python on Spark.

A running ``last`` over that union takes the same time however long a key's history is; no join compares
labels with history rows.
"""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from bottega.specs import Column, TableRead
from bottega_feature_store.point_in_time.plan import FILE_SHIFT, MISSING, ROW_ID, STALE, Join
from bottega_feature_store.tables import Tables
from bottega_feature_store.tables.schema import spark_schema

MICROS = 1_000_000


def scan(session: SparkSession, tables: Tables, read: TableRead, scratch: str) -> DataFrame:
    """Return a snapshot's rows with ``row_id``: the file's place, then the row's place in it."""
    return scan_files(session, tables.spark_files(read, scratch), read.columns)


def scan_files(session: SparkSession, files: list[str], columns: list[Column]) -> DataFrame:
    """Return the rows of these Parquet files with ``row_id``."""
    frame = session.read.schema(spark_schema(columns)).parquet(*files)
    names = f.array(*(f.lit(file.rsplit("/", 1)[-1]) for file in files))
    place = f.array_position(names, f.col("_metadata.file_name")).cast("bigint") - 1
    row = f.col("_metadata.row_index")
    return frame.select("*", (place * (1 << FILE_SHIFT) + row).alias(ROW_ID))


def join(
    session: SparkSession, labels: DataFrame, time: str, views: list[tuple[Join, DataFrame]], *, known_at: bool = True
) -> DataFrame:
    """Return the labels with every view's features and reason; order by ``row_id`` where order matters."""
    labels.createOrReplaceTempView("__labels")
    joined = labels
    for place, (view, rows) in enumerate(views):
        rows.createOrReplaceTempView(f"__view{place}")
        found = session.sql(_found(view, f"__view{place}", time, known_at))
        joined = joined.join(found, on=ROW_ID, how="left")
    return joined


def _found(join: Join, source: str, time: str, known_at: bool) -> str:
    """SQL for ``row_id``, features and reason of every label row."""
    count = len(join.keys)
    listed = ", ".join(f"k{place}" for place in range(count))
    label_keys = ", ".join(f"{_name(label)} AS k{place}" for place, (label, _) in enumerate(join.keys))
    features = ", ".join(f"'f{place}', f{place}" for place in range(len(join.features)))
    answer = f"named_struct('event', event{', ' + features if features else ''})"
    return (
        f"WITH newest AS ({_newest(join, source, time, known_at)}),"  # noqa: S608
        f" answers AS (SELECT {listed}, known AS at, 0 AS kind, CAST(NULL AS BIGINT) AS {ROW_ID}, {answer} AS answer"
        " FROM newest),"
        f" both AS (SELECT * FROM answers UNION ALL"
        f" SELECT {label_keys}, {_name(time)} AS at, 1 AS kind, {ROW_ID}, NULL AS answer FROM __labels),"
        f" running AS (SELECT {ROW_ID}, kind, at, last(answer, true) OVER (PARTITION BY {listed} ORDER BY at, kind"
        f" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS answer FROM both)"
        f" SELECT {ROW_ID}, {_chosen(join)} FROM running WHERE kind = 1"
    )


def _newest(join: Join, source: str, time: str, known_at: bool) -> str:
    keys = [f"{_name(column)} AS k{place}" for place, (_, column) in enumerate(join.keys)]
    listed = ", ".join(f"k{place}" for place in range(len(join.keys)))
    event, created = _name(join.event), _name(join.created)
    known = f"greatest({event}, {created})" if known_at else event
    features = [f"{_name(feature)} AS f{place}" for place, feature in enumerate(join.features)]
    present = " AND ".join(f"{_name(column)} IS NOT NULL" for _, column in join.keys)
    chosen = ", ".join([*keys, *features, f"{event} AS event", f"{created} AS created", f"{known} AS known", ROW_ID])
    in_time = f"{known} <= (SELECT max({_name(time)}) FROM __labels)"  # noqa: S608
    rows = f"SELECT {chosen} FROM {source} WHERE {event} IS NOT NULL AND {present} AND {in_time}"  # noqa: S608
    placed = (
        f"SELECT *, row_number() OVER (PARTITION BY {listed}, known"  # noqa: S608
        f" ORDER BY event DESC, created DESC NULLS LAST, {ROW_ID} DESC) AS place FROM ({rows})"
    )
    before = f"max(event) OVER (PARTITION BY {listed} ORDER BY known ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    compared = f"SELECT *, {before} AS before FROM ({placed}) WHERE place = 1"  # noqa: S608
    return f"SELECT * FROM ({compared}) WHERE before IS NULL OR event >= before"  # noqa: S608


def _chosen(join: Join) -> str:
    fresh = "answer IS NOT NULL"
    if join.ttl_seconds is not None:
        fresh = f"({fresh} AND unix_micros(at) - unix_micros(answer.event) <= {join.ttl_seconds * MICROS})"
    values = [
        f"CASE WHEN {fresh} THEN answer.f{place} END AS {_name(feature)}" for place, feature in enumerate(join.features)
    ]
    reason = f"CASE WHEN answer IS NULL THEN '{MISSING}' WHEN NOT {fresh} THEN '{STALE}' END AS {_name(join.reason)}"
    return ", ".join([*values, reason])


def _name(text: str) -> str:
    return "`" + text.replace("`", "``") + "`"
