"""Our online store as a Feast ``OnlineStore``: stock ``get_online_features`` with packed reads, TTL and statuses.

Select it by ``type: bottega_feature_store.feast.online.BottegaOnlineStore`` with ``url`` and, for a replay,
``as_of`` (RFC 3339).
"""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
import redis
from feast import Entity, FeatureView, RepoConfig
from feast.infra.online_stores.online_store import OnlineStore
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from feast.repo_config import FeastConfigBaseModel

from bottega_feature_store.codec import ViewCodec
from bottega_feature_store.feast.definitions import TAG, Layout
from bottega_feature_store.online.client import ReadClient
from bottega_feature_store.online.keys import KeyValue
from bottega_feature_store.online.reader import OnlineView, Reader, Row, Status
from bottega_feature_store.online.writer import Writer, current, flip
from bottega_feature_store.types import from_micros, parse_timestamp, to_micros

_FIELDS = {
    "string": "string_val", "int32": "int32_val", "int64": "int64_val", "float32": "float_val",
    "float64": "double_val", "bool": "bool_val",
}  # fmt: skip
_KEY_FIELDS = {"string": "string_val", "int32": "int32_val", "int64": "int64_val"}
Read = tuple[dt.datetime | None, dict[str, Value] | None]
FIRST_TAG = "feast"


class BottegaOnlineStoreConfig(FeastConfigBaseModel):
    """Settings of the store."""

    type: Literal["bottega_feature_store.feast.online.BottegaOnlineStore"] = (
        "bottega_feature_store.feast.online.BottegaOnlineStore"
    )
    url: str
    as_of: str | None = None


class BottegaOnlineStore(OnlineStore):
    """Reads what the platform loaded; what is missing or beyond its TTL comes back as not found."""

    def __init__(self) -> None:
        super().__init__()
        self._client: Any = None
        self._reading: ReadClient | None = None
        self._readers: dict[str, Reader] = {}

    def _connect(self, config: RepoConfig) -> Any:
        if self._client is None:
            self._client = redis.Redis.from_url(config.online_store.url)
        return self._client

    def online_read(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[EntityKey],
        requested_features: list[str] | None = None,
    ) -> list[Read]:
        """Read all entities in one MGET."""
        layout = layout_of(table)
        reader = self._readers.get(layout.view_id)
        if reader is None:
            view = OnlineView(layout.project_id, layout.view_id, layout.columns, layout.ttl_seconds)
            self._reading = self._reading or ReadClient(config.online_store.url)
            reader = self._readers[layout.view_id] = Reader(self._reading, view)
        as_of = config.online_store.as_of
        moment = time.time_ns() // 1000 if as_of is None else parse_timestamp(as_of)
        rows = reader.read([key_of(layout, key) for key in entity_keys], moment)
        return [_answer(layout, row, requested_features) for row in rows]

    def online_write_batch(
        self,
        config: RepoConfig,
        table: FeatureView,
        data: list[tuple[EntityKey, dict[str, Value], dt.datetime, dt.datetime | None]],
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Write rows where they are newer than what is there (``push`` and ``materialize`` of Feast)."""
        layout, client = layout_of(table), self._connect(config)
        tag = current(client, layout.project_id, layout.view_id)
        codec = ViewCodec(layout.columns)
        keys = [key_of(layout, key) for key, _, _, _ in data]
        values = [codec.pack(_micros(event), _scalars(layout, row)) for _, row, event, _ in data]
        Writer.prepare(client)
        Writer(client, layout.project_id, layout.view_id, tag or FIRST_TAG).update(keys, values)
        if tag is None:
            flip(client, layout.project_id, layout.view_id, FIRST_TAG)
        if progress is not None:
            progress(len(data))

    def update(
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        tables_to_keep: Sequence[FeatureView],
        entities_to_delete: Sequence[Entity],
        entities_to_keep: Sequence[Entity],
        partial: bool,
    ) -> None:
        """Do nothing: the platform makes and sweeps versions."""

    def teardown(self, config: RepoConfig, tables: Sequence[FeatureView], entities: Sequence[Entity]) -> None:
        """Do nothing: the platform makes and sweeps versions."""


def layout_of(table: FeatureView) -> Layout:
    """Return how the view lies in the online store, from its tag."""
    return msgspec.json.decode(table.tags[TAG].encode(), type=Layout)


def key_of(layout: Layout, key: EntityKey) -> list[KeyValue]:
    """Return our key: Feast sorts join keys by name, ours follow the entity."""
    found = dict(zip(key.join_keys, key.entity_values, strict=True))
    return [getattr(found[column.name], _KEY_FIELDS[column.type]) for column in layout.keys]


def _answer(layout: Layout, row: Row, requested: list[str] | None) -> Read:
    if row.event_time is None or row.status is Status.STALE:
        return None, None
    wanted = None if requested is None else set(requested)
    values = {
        column.name: value_of(column.type, value)
        for column, value in zip(layout.columns, row.values, strict=True)
        if wanted is None or column.name in wanted
    }
    return from_micros(row.event_time), values


def value_of(kind: str, value: Any) -> Value:
    """Return Feast's value of one of our scalars."""
    if value is None:
        return Value()
    if kind == "timestamp":
        return Value(unix_timestamp_val=value // 1_000_000)
    if kind == "date":
        return Value(unix_timestamp_val=value * 86_400)
    return Value(**{_FIELDS[kind]: value})


def _scalars(layout: Layout, row: dict[str, Value]) -> list[Any]:
    return [_scalar(column.type, row.get(column.name)) for column in layout.columns]


def _scalar(kind: str, value: Value | None) -> Any:
    field = None if value is None else value.WhichOneof("val")
    if field is None:
        return None
    found = getattr(value, field)
    if kind == "timestamp":
        return found * 1_000_000
    return found // 86_400 if kind == "date" else found


def _micros(moment: dt.datetime) -> int:
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))
