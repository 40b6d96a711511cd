"""Reading a view's online features for people: keys as JSON in, statuses and values out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from redis.exceptions import RedisError

from bottega.problems import Fault
from bottega_feature_store.online.client import ReadClient
from bottega_feature_store.online.keys import KeyValue
from bottega_feature_store.online.reader import OnlineView, Reader, Row, Status
from bottega_feature_store.types import format_timestamp, from_json, to_json, to_micros
from bottega_platform.api.errors import Conflict, NotFound, Unavailable
from bottega_platform.config import env
from bottega_platform.features import validation
from bottega_platform.features.models import FeatureView

MAX_KEYS = 1_000


def read(view: FeatureView, keys: Sequence[dict[str, Any]], as_of: datetime) -> list[dict[str, Any]]:
    """Return one row per key: status, event time, values by feature.

    Raises:
        NotFound: one single key was asked for and is not there.
        Conflict: the view is not online.
        Unavailable: the online store does not answer.
    """
    if view.entity_id is None or not view.columns:
        raise Conflict(f"“{view.name}” is not online: compute and load it first.", code="not_online")
    asked = _keys(view, keys)
    try:
        rows = _rows(view, asked, to_micros(as_of))
    except RedisError as error:
        raise Unavailable("The online store does not answer. Try again in a moment.", retry_after=2) from error
    if len(rows) == 1 and rows[0].status is Status.NOT_FOUND:
        text = ", ".join(f"{name}={value}" for name, value in keys[0].items())
        raise NotFound(f"“{view.name}” knows no {text[:200]} as of {as_of.isoformat()}.", code="unknown_entity")
    return [_render(view, key, row) for key, row in zip(keys, rows, strict=True)]


def _rows(view: FeatureView, asked: Sequence[Sequence[KeyValue]], as_of: int) -> list[Row]:
    online = OnlineView(view.project_id, view.online_id(), view.feature_columns, view.ttl_seconds)
    with ReadClient(env.current().online_store_url) as client:
        reader = Reader(client, online)
        if reader.version() is None:
            raise Conflict(f"“{view.name}” was not loaded: load it first.", code="not_online")
        return reader.read(asked, as_of)


def _keys(view: FeatureView, keys: Sequence[dict[str, Any]]) -> list[list[KeyValue]]:
    if not 1 <= len(keys) <= MAX_KEYS:
        validation.refuse([Fault("required", f"Send 1 to {MAX_KEYS} keys.", "/keys")])
    faults: list[Fault] = []
    found = []
    for place, key in enumerate(keys):
        found.append(_key(view, key, f"/keys/{place}", faults))
        if len(faults) > 50:
            break
    validation.refuse(faults)
    return found


def _key(view: FeatureView, key: dict[str, Any], pointer: str, faults: list[Fault]) -> list[KeyValue]:
    names = [column.name for column in view.key_columns]
    detail = f"The key of this view is {', '.join(names)}."
    faults += [Fault("unknown_field", detail, f"{pointer}/{name}") for name in key if name not in names]
    values: list[KeyValue] = []
    for column in view.key_columns:
        try:
            value = from_json(column.type, key.get(column.name))
        except ValueError as error:
            faults.append(Fault("wrong_type", f"{error}.", f"{pointer}/{column.name}", got=str(key[column.name])[:80]))
            continue
        if isinstance(value, str | int):
            values.append(value)
        else:
            faults.append(Fault("required", f"The key {column.name} is missing.", f"{pointer}/{column.name}"))
    return values


def _render(view: FeatureView, key: dict[str, Any], row: Row) -> dict[str, Any]:
    columns = view.feature_columns
    values = {c.name: to_json(c.type, value) for c, value in zip(columns, row.values, strict=True)}
    moment = None if row.event_time is None else format_timestamp(row.event_time)
    return {"key": key, "status": row.status.value, "event_time": moment, "values": values}
