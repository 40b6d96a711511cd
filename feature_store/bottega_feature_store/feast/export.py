"""Writing definitions into a Feast SQL registry, one writer at a time."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from bottega.faults import fault_point
from bottega_feature_store.feast.definitions import TAG, ExportService, ExportView

_LOCK = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
_VALUE_TYPES = {"string": "STRING", "int32": "INT32", "int64": "INT64"}
_FIELD_TYPES = {
    "string": "String", "int32": "Int32", "int64": "Int64", "float32": "Float32", "float64": "Float64",
    "bool": "Bool", "timestamp": "UnixTimestamp", "date": "UnixTimestamp",
}  # fmt: skip


def settings(project_id: str, registry_url: str, online_url: str, as_of: str | None = None) -> dict[str, Any]:
    """Return the ``RepoConfig`` fields of a stock ``feast.FeatureStore`` over our engine."""
    return {
        "project": project_id,
        "provider": "local",
        "registry": {"registry_type": "sql", "path": registry_url, "cache_ttl_seconds": 60},
        "offline_store": {"type": "bottega_feature_store.feast.offline.BottegaOfflineStore"},
        "online_store": {
            "type": "bottega_feature_store.feast.online.BottegaOnlineStore",
            "url": online_url,
            "as_of": as_of,
        },
        "entity_key_serialization_version": 3,
    }


@contextmanager
def _alone(registry_url: str, project_id: str) -> Iterator[None]:
    """Hold the project's advisory lock: Feast itself takes none around an apply."""
    import psycopg2

    connection = psycopg2.connect(registry_url.replace("+psycopg2", ""))
    try:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, (f"feast {project_id}",))
        fault_point("feast_registry_locked")
        yield
    finally:
        connection.close()


def export(
    *,
    project_id: str,
    registry_url: str,
    online_url: str,
    views: Sequence[ExportView],
    services: Sequence[ExportService],
) -> dict[str, int]:
    """Make the registry's project hold exactly these definitions; return how many there are of each."""
    from feast import FeatureStore
    from feast.repo_config import RepoConfig

    with _alone(registry_url, project_id):
        store = FeatureStore(config=RepoConfig(**settings(project_id, registry_url, online_url)))
        entities = _entities(views)
        made = {view.name: _view(view, entities) for view in views}
        groups = [_service(service, made) for service in services if set(service.views) <= set(made)]
        wanted = [*entities.values(), *made.values(), *groups]
        store.apply(wanted, objects_to_delete=_gone(store, wanted), partial=False)
    return {"entities": len(entities), "feature_views": len(made), "feature_services": len(groups)}


def _gone(store: Any, wanted: list[Any]) -> list[Any]:
    kept = {(type(item).__name__, item.name) for item in wanted}
    present = [*store.list_feature_services(), *store.list_feature_views(), *store.list_entities()]
    return [item for item in present if (type(item).__name__, item.name) not in kept and not item.name.startswith("__")]


def _entities(views: Sequence[ExportView]) -> dict[tuple[str, str], Any]:
    """Return one Feast entity per key: Feast's have one join key each, a view has several of them."""
    from feast import Entity, ValueType

    found = {}
    for view in views:
        for key in view.layout.keys:
            kind = getattr(ValueType, _VALUE_TYPES[key.type])
            name = f"{view.entity}__{key.name}"
            found[view.entity, key.name] = Entity(name=name, join_keys=[key.name], value_type=kind)
    return found


def _view(view: ExportView, entities: dict[tuple[str, str], Any]) -> Any:
    import feast
    from feast import types

    keys, columns = view.layout.keys, view.layout.columns
    schema = [feast.Field(name=c.name, dtype=getattr(types, _FIELD_TYPES[c.type])) for c in [*keys, *columns]]
    source = feast.FileSource(
        name=f"{view.name}__table",
        path=view.folder,
        timestamp_field="event_time",
        created_timestamp_column="created_time",
    )
    ttl = view.layout.ttl_seconds
    return feast.FeatureView(
        name=view.name,
        entities=[entities[view.entity, key.name] for key in keys],
        schema=schema,
        source=source,
        ttl=dt.timedelta(seconds=ttl or 0),
        online=True,
        tags={TAG: msgspec.json.encode(view.layout).decode()},
        description=view.description,
        owner=view.owner,
    )


def _service(service: ExportService, views: dict[str, Any]) -> Any:
    from feast import FeatureService

    chosen = [views[name][features] for name, features in service.views.items()]
    return FeatureService(name=service.name, features=chosen, description=service.description)
