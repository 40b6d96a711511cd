"""Our point-in-time join as a Feast ``OfflineStore``: one output row per entity row, exact, in DuckDB.

Select it by ``type: bottega_feature_store.feast.offline.BottegaOfflineStore``. Created timestamps always
count: a value enters only when it was known at the row's time.
"""

# ruff: noqa: ARG002, ARG004 - the signatures are Feast's

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
from feast import FeatureView, RepoConfig
from feast.data_source import DataSource
from feast.infra.offline_stores.offline_store import OfflineStore, RetrievalJob, RetrievalMetadata
from feast.infra.offline_stores.offline_utils import infer_event_timestamp_from_entity_df
from feast.infra.registry.base_registry import BaseRegistry
from feast.repo_config import FeastConfigBaseModel
from feast.saved_dataset import SavedDatasetStorage

from bottega_feature_store.feast.online import layout_of
from bottega_feature_store.load.select import latest_sql
from bottega_feature_store.point_in_time.duckdb import join_sql, scan_sql
from bottega_feature_store.point_in_time.plan import ROW_ID, Join
from bottega_feature_store.quoting import name
from bottega_feature_store.tables.duck import connect, parquet
from bottega_feature_store.types import to_micros, type_row


class BottegaOfflineStoreConfig(FeastConfigBaseModel):
    """Settings of the store: none, tables are found through the registry."""

    type: Literal["bottega_feature_store.feast.offline.BottegaOfflineStore"] = (
        "bottega_feature_store.feast.offline.BottegaOfflineStore"
    )


class DuckJob(RetrievalJob):
    """A query that runs when its result is asked for."""

    def __init__(
        self, compute: Callable[[], pa.Table], *, full_feature_names: bool, metadata: RetrievalMetadata | None = None
    ) -> None:
        self._compute, self._full, self._metadata = compute, full_feature_names, metadata

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        return self._compute().to_pandas()

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        return self._compute()

    @property
    def full_feature_names(self) -> bool:
        """Whether features are called ``view__feature``."""
        return self._full

    @property
    def on_demand_feature_views(self) -> list[Any]:
        """Transformations after the join: the platform has expressions instead."""
        return []

    @property
    def metadata(self) -> RetrievalMetadata | None:
        """What was joined."""
        return self._metadata

    def persist(
        self, storage: SavedDatasetStorage, allow_overwrite: bool | None = False, timeout: int | None = None
    ) -> None:
        """Write the result as one Parquet file."""
        import pyarrow.parquet as pq

        path = Path(str(storage.to_data_source().path))
        if path.exists() and not allow_overwrite:
            raise FileExistsError(f"{path} exists already")
        pq.write_table(self._compute(), path)


class BottegaOfflineStore(OfflineStore):
    """Historical features by the platform's own join."""

    supports_filter_by_created_timestamp = True

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame | str | None,
        registry: BaseRegistry,
        project: str,
        full_feature_names: bool = False,
        **_: Any,
    ) -> RetrievalJob:
        """Join features onto the rows of a data frame."""
        if not isinstance(entity_df, pd.DataFrame):
            raise TypeError("pass the entity rows as a pandas data frame")
        time = infer_event_timestamp_from_entity_df(dict(entity_df.dtypes))
        labels = _labels(entity_df, time)

        def compute() -> pa.Table:
            return _join(labels, time, feature_views, feature_refs, full_feature_names)

        names = sorted(set(entity_df.columns) - {time})
        metadata = RetrievalMetadata(feature_refs, names, entity_df[time].min(), entity_df[time].max())
        return DuckJob(compute, full_feature_names=full_feature_names, metadata=metadata)

    @staticmethod
    def pull_latest_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None,
        start_date: dt.datetime,
        end_date: dt.datetime,
    ) -> RetrievalJob:
        """Return per key the row that was known at the end date."""

        def compute() -> pa.Table:
            with tempfile.TemporaryDirectory() as scratch, connect(scratch) as connection:
                files = f"{parquet(connection, files_of(data_source))[:-1]}, filename = true, file_row_number = true)"
                moment = to_micros(end_date if end_date.tzinfo else end_date.replace(tzinfo=dt.UTC))
                chosen = [timestamp_field, *feature_name_columns]
                sql = latest_sql(files, keys=join_key_columns, columns=chosen, as_of=moment, ttl=None)
                return connection.execute(sql).to_arrow_table().drop_columns("__event_time")

        return DuckJob(compute, full_feature_names=False)

    @staticmethod
    def pull_all_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        start_date: dt.datetime | None = None,
        end_date: dt.datetime | None = None,
    ) -> RetrievalJob:
        """Return all rows of a time range."""

        def compute() -> pa.Table:
            with tempfile.TemporaryDirectory() as scratch, connect(scratch) as connection:
                chosen = ", ".join(map(name, [*join_key_columns, *feature_name_columns, timestamp_field]))
                low = start_date or dt.datetime(1, 1, 1, tzinfo=dt.UTC)
                high = end_date or dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
                sql = (
                    f"SELECT {chosen} FROM {parquet(connection, files_of(data_source))}"  # noqa: S608
                    f" WHERE {name(timestamp_field)} BETWEEN ? AND ?"
                )
                return connection.execute(sql, [low, high]).to_arrow_table()

        return DuckJob(compute, full_feature_names=False)


def files_of(source: DataSource) -> list[str]:
    """Return the Parquet files of a published snapshot's folder, in name order."""
    folder = Path(str(source.path).removeprefix("file://"))
    return sorted(str(path) for path in folder.rglob("*.parquet"))


def _labels(frame: pd.DataFrame, time: str) -> pa.Table:
    """Return the entity rows as Arrow: a row id, times in UTC, keys in the views' types."""
    kept = frame.reset_index(drop=True).copy()
    moments = pd.to_datetime(kept[time])
    kept[time] = moments.dt.tz_localize("UTC") if moments.dt.tz is None else moments.dt.tz_convert("UTC")
    table = pa.Table.from_pandas(kept, preserve_index=False)
    place = table.schema.get_field_index(time)
    table = table.set_column(place, time, table.column(time).cast(pa.timestamp("us", tz="UTC"), safe=False))
    return table.append_column(ROW_ID, pa.array(range(len(kept)), pa.int64()))


def _join(
    labels: pa.Table,
    time: str,
    views: list[FeatureView],
    refs: list[str],
    full_feature_names: bool,
) -> pa.Table:
    with tempfile.TemporaryDirectory() as scratch, connect(scratch) as connection:
        connection.register("labels_in", labels)
        casts = {label: type_row(kind).duckdb for view in views for label, _, kind in _keys(view)}
        columns = ", ".join(
            f"CAST({name(c)} AS {casts[c]}) AS {name(c)}" if c in casts else name(c) for c in labels.column_names
        )
        connection.execute(f"CREATE TEMP TABLE labels AS SELECT {columns} FROM labels_in")  # noqa: S608
        joins = []
        for view in views:
            wanted = [ref.split(":")[1] for ref in refs if ref.split(":")[0] == view.projection.name_to_use()]
            joins.append(_one(view, wanted, scan_sql(connection, files_of(view.batch_source)), full_feature_names))
        found = connection.execute(join_sql("labels", time, joins)).to_arrow_table()
    return found.drop_columns([ROW_ID, *(join.reason for join, _ in joins)])


def _keys(view: FeatureView) -> list[tuple[str, str, str]]:
    renamed = view.projection.join_key_map
    return [(renamed.get(key.name, key.name), key.name, key.type) for key in layout_of(view).keys]


def _one(view: FeatureView, wanted: list[str], scan: str, full: bool) -> tuple[Join, str]:
    called = view.projection.name_to_use()
    names = {feature: f"{called}__{feature}" if full else feature for feature in wanted}
    keys = [(label, column) for label, column, _ in _keys(view)]
    kept = [name(column) for _, column in keys] + ["event_time", "created_time", ROW_ID]
    renamed = [f"{name(feature)} AS {name(shown)}" for feature, shown in names.items()]
    source = f"(SELECT {', '.join([*kept, *renamed])} FROM {scan})"  # noqa: S608
    join = Join(called, tuple(keys), tuple(names.values()), layout_of(view).ttl_seconds)
    return join, source
