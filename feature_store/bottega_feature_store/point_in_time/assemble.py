"""From labels and a feature service to joined rows with every feature and a split, as tables in DuckDB."""

from dataclasses import dataclass
from typing import Any

import duckdb

from bottega.problems import SpecProblem
from bottega.specs import Column, TableRead, TrainingSetSpec
from bottega.specs.resolved import ResolvedService
from bottega_feature_store import expressions
from bottega_feature_store.point_in_time import duckdb as duck_engine
from bottega_feature_store.point_in_time import splits
from bottega_feature_store.point_in_time.plan import ROW_ID, Join, joins_of
from bottega_feature_store.quoting import name
from bottega_feature_store.tables import Tables

EVENT, LABEL, SPLIT = "event_time", "label", "__split"


@dataclass(frozen=True)
class Plan:
    """What a training set joins: the label rows' columns, the views, and where rows go."""

    spec: TrainingSetSpec
    service: ResolvedService
    labels: TableRead

    @property
    def inputs(self) -> list[Column]:
        """Keys and request fields: what a request would carry, taken from the labels."""
        types = {column.name: column.type for column in self.labels.columns}
        wanted = [*(key.name for key in self.service.keys()), *(field.name for field in self.service.request)]  # noqa: SIM118
        unknown = [column for column in wanted if column not in types]
        if unknown:
            raise SpecProblem(f"the labels have no column {', '.join(unknown)}", code="unknown_column")
        taken = {ROW_ID, LABEL, EVENT} & (set(wanted) - {self.spec.label, self.spec.event_time})
        if taken:
            raise SpecProblem(f"{', '.join(sorted(taken))}: this name is kept for training sets", code="reserved_name")
        return [Column(column, types[column]) for column in dict.fromkeys(wanted)]

    @property
    def split_columns(self) -> list[Column]:
        """Columns of the labels that only the hash split needs."""
        taken = {column.name for column in self.inputs} | {EVENT, LABEL}
        return [c for c in self.labels.columns if c.name in self.spec.split.by and c.name not in taken]

    @property
    def joins(self) -> list[Join]:
        """One join per view of the service."""
        return joins_of(self.service, {column.name: column.type for column in [*self.inputs, *self.split_columns]})

    def label_columns(self) -> list[tuple[str, str]]:
        """Pairs of SQL over the label table and name in the training set."""
        pairs = [(self.time, EVENT), (name(self.spec.label), LABEL)]
        others = [*self.inputs, *self.split_columns]
        return pairs + [(name(column.name), column.name) for column in others if column.name not in {EVENT, LABEL}]

    @property
    def time(self) -> str:
        """SQL of a label row's time; rows of a table without one have none."""
        return "CAST(NULL AS TIMESTAMPTZ)" if self.spec.event_time is None else name(self.spec.event_time)

    def default_split(self) -> list[str]:
        """The columns whose hash splits the rows where the spec names none: keys and time, else the row's place."""
        keys = [key.name for key in self.service.keys()]  # noqa: SIM118 - a method of the service
        times = [EVENT] if self.spec.event_time is not None else []
        return [*keys, *times] or [ROW_ID]

    def types(self) -> dict[str, Any]:
        """Types of everything an expression may read."""
        found = {column.name: column.type for column in self.inputs}
        for view in self.service.views:
            found |= {column.name: column.type for column in view.columns if column.name in view.features}
        return found

    def features(self) -> list[dict[str, Any]]:
        """The model's inputs, in order."""
        return [
            {
                "name": feature.name,
                "type": feature.type,
                "origin": feature.origin,
                "view": feature.view,
                "categorical": feature.categorical,
            }
            for feature in self.service.features()
        ]


def load_labels(connection: duckdb.DuckDBPyConnection, tables: Tables, plan: Plan) -> dict[str, int]:
    """Load the label rows within the bounds as table ``labels``; return how many were left out and why."""
    files = tables.files(plan.labels.identifier, plan.labels.snapshot_id)
    source = duck_engine.scan_sql(connection, files)
    bounds = " AND ".join(_bounds(plan)) or "true"
    columns = ", ".join(f"{value} AS {name(shown)}" for value, shown in plan.label_columns())
    label = name(plan.spec.label)
    kept = f"{bounds} AND {_known_label(plan)}"
    connection.execute(f"CREATE TABLE labels AS SELECT {ROW_ID}, {columns} FROM {source} WHERE {kept}")  # noqa: S608
    found = connection.execute(f"SELECT count(*), count({label}) FROM {source} WHERE {bounds}").fetchone()  # noqa: S608
    rows, labelled = found or (0, 0)
    (kept_rows,) = connection.execute("SELECT count(*) FROM labels").fetchone() or (0,)
    return {"rows": rows, "null_labels": rows - labelled, "unusable_labels": labelled - kept_rows}


def join_labels(connection: duckdb.DuckDBPyConnection, tables: Tables, plan: Plan) -> None:
    """Join every view to ``labels`` in DuckDB, as table ``joined``."""
    views = []
    for view, join in zip(plan.service.views, plan.joins, strict=True):
        files = tables.files(view.read.identifier, view.read.snapshot_id)
        views.append((join, duck_engine.scan_sql(connection, files)))
    query = duck_engine.join_sql("labels", EVENT, views, known_at=plan.spec.known_at)
    connection.execute(f"CREATE TABLE joined AS {query}")


def complete(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Add expressions and the split to ``joined``, as table ``complete``."""
    types = plan.types()
    computed = [
        f"{expressions.parse(e.sql, types, e.type).to_duckdb_sql()} AS {name(e.name)}" for e in plan.service.expressions
    ]
    available = [*plan.inputs, *plan.split_columns, Column(EVENT, "timestamp"), Column(ROW_ID, "int64")]
    by = splits.hash_columns(plan.spec, available, plan.default_split()) if plan.spec.split.kind == "hash" else []
    split = splits.split_sql(plan.spec, EVENT, by)
    connection.execute(
        f"CREATE TABLE complete AS SELECT {', '.join(['*', *computed, f'{split} AS {SPLIT}'])} FROM joined"  # noqa: S608
    )


def reason_counts(connection: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, dict[str, int]]:
    """Return per view how many rows found a value, none, or only a stale one."""
    parts = [
        f"count(*) FILTER ({name(join.reason)} {test})"
        for join in plan.joins
        for test in ("IS NULL", "= 'missing'", "= 'stale'")
    ]
    if not parts:
        return {}
    row = connection.execute(f"SELECT {', '.join(parts)} FROM joined").fetchone() or ()  # noqa: S608
    names = ("present", "missing", "stale")
    triples = [row[3 * place : 3 * place + 3] for place in range(len(plan.joins))]
    return {join.name: dict(zip(names, found, strict=True)) for join, found in zip(plan.joins, triples, strict=True)}


def _bounds(plan: Plan) -> list[str]:
    if plan.spec.event_time is None:
        return []
    first, end = splits.bounds(plan.spec)
    at = plan.time
    lower = [f"{at} >= make_timestamptz({first})"] if first is not None else []
    upper = [f"{at} < make_timestamptz({end})"] if end is not None else []
    return [f"{at} IS NOT NULL", *lower, *upper]


def _known_label(plan: Plan) -> str:
    label = name(plan.spec.label)
    types = {column.name: column.type for column in plan.labels.columns}
    finite = f" AND isfinite({label})" if types[plan.spec.label] in {"float32", "float64"} else ""
    return f"{label} IS NOT NULL{finite}"
