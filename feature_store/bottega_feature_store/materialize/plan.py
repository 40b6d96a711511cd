"""The Spark plan of a feature view: what its SQL selects, made complete, typed and, where declared, windowed."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as f

from bottega.problems import DataProblem, SpecProblem
from bottega.specs import Column, FeatureViewSpec, TableRead
from bottega_feature_store.tables import Tables
from bottega_feature_store.tables.schema import spark_schema, type_of_spark
from bottega_feature_store.types import type_row
from bottega_feature_store.windows.sql import SPARK, window_sql

EVENT, CREATED = "event_time", "created_time"
_ROWS = "__rows"


@dataclass(frozen=True)
class Plan:
    """A frame to write, its columns, and what will have been counted once it is written."""

    frame: DataFrame
    columns: list[Column]
    observation: Observation | None

    def dirt(self) -> dict[str, object]:
        """Return the rows that were left out, by reason; call it after the frame was written."""
        counted = self.observation.get if self.observation is not None else {}
        reasons = {name: int(count) for name, count in counted.items() if name != "rows_skipped" and count}
        return {"rows_skipped": int(counted.get("rows_skipped") or 0), "reasons": reasons}


def register(session: SparkSession, tables: Tables, sources: list[TableRead], scratch: str) -> None:
    """Make each source a temporary view of exactly the files of its snapshot."""
    for source in sources:
        files = tables.spark_files(source, scratch)
        frame = session.read.schema(spark_schema(source.columns)).parquet(*files)
        frame.createOrReplaceTempView(source.name)


def plan(session: SparkSession, view: FeatureViewSpec, keys: list[Column]) -> Plan:
    """Plan a view. One without keys keeps the columns of its SELECT; others get keys, times, features."""
    frame = typed(session.sql(view.sql.strip().rstrip(";")))
    if not keys:
        return Plan(frame, columns_of(frame), None)
    event = required(frame, view.event_time, "event_time")
    created = required(frame, view.created_time or event, "created_time")
    names = [required(frame, key.name, "a key") for key in keys]
    frame, observation = _complete(frame, names, event, created)
    frame = _keyed(frame, keys)
    frame = _windowed(session, frame, view, names) if view.aggregates else _plain(frame, names, event, created)
    return Plan(frame, columns_of(frame), observation)


def typed(frame: DataFrame) -> DataFrame:
    """Return the frame with every column in our type table: small integers widened, decimals as float64."""
    chosen = []
    for field in frame.schema.fields:
        name = field.dataType.simpleString()
        if name == "timestamp_ntz":
            detail = f"{field.name} is a time without zone: make it a TIMESTAMP with to_utc_timestamp"
            raise DataProblem(detail, code="naive_timestamp")
        chosen.append(f.col(f"`{field.name}`").cast(type_row(type_of_spark(name)).spark).alias(field.name))
    return frame.select(*chosen)


def columns_of(frame: DataFrame) -> list[Column]:
    """Return the columns of a frame in our types."""
    return [Column(field.name, type_of_spark(field.dataType.simpleString())) for field in frame.schema.fields]


def required(frame: DataFrame, name: str | None, role: str) -> str:
    """Return the name when the frame has that column; a time must be a timestamp."""
    if name is None:
        raise SpecProblem(f"a view with an entity needs {role}", code="missing_column")
    types = dict(frame.dtypes)
    if name not in types:
        found = ", ".join(types)
        raise SpecProblem(f"the SELECT has no column {name} ({role}); it has {found}", code="unknown_column")
    if role != "a key" and types[name] != "timestamp":
        raise SpecProblem(f"{role} {name} is {types[name]}: make it a TIMESTAMP", code="type_mismatch")
    return name


def _complete(frame: DataFrame, keys: list[str], event: str, created: str) -> tuple[DataFrame, Observation]:
    """Leave out, and count, rows without a key, an event time or a time at which they became known."""
    observation = Observation()
    tests = {f"null {name}": f.col(f"`{name}`").isNull() for name in dict.fromkeys([*keys, event, created])}
    anywhere = f.greatest(*tests.values()) if len(tests) > 1 else next(iter(tests.values()))
    counts = [f.count_if(test).alias(reason) for reason, test in tests.items()]
    observed = frame.observe(observation, f.count_if(anywhere).alias("rows_skipped"), *counts)
    return observed.where(~anywhere), observation


def _keyed(frame: DataFrame, keys: list[Column]) -> DataFrame:
    types = {key.name: type_row(key.type).spark for key in keys}
    return frame.select(
        *(f.col(f"`{n}`").cast(types[n]).alias(n) if n in types else f.col(f"`{n}`") for n in frame.columns)
    )


def _plain(frame: DataFrame, keys: list[str], event: str, created: str) -> DataFrame:
    taken = {*keys, event, created}
    features = [f.col(f"`{name}`") for name in frame.columns if name not in taken]
    times = [f.col(f"`{event}`").alias(EVENT), f.col(f"`{created}`").alias(CREATED)]
    return frame.select(*(f.col(f"`{key}`") for key in keys), *times, *features)


def _windowed(session: SparkSession, frame: DataFrame, view: FeatureViewSpec, keys: list[str]) -> DataFrame:
    for aggregate in view.aggregates:
        if aggregate.column not in frame.columns:
            raise SpecProblem(f"the SELECT has no column {aggregate.column} to aggregate", code="unknown_column")
    frame.createOrReplaceTempView(_ROWS)
    event = str(view.event_time)
    query = window_sql(
        _ROWS,
        keys=keys,
        event=event,
        created=view.created_time or event,
        aggregates=view.aggregates,
        hop=view.hop,
        dialect=SPARK,
    )
    return session.sql(query)
