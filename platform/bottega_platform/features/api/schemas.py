"""Shapes of the endpoints of features."""

from datetime import datetime
from typing import Any

import msgspec

from bottega.specs import Column, EntitySpec, FeatureServiceSpec, FeatureViewSpec
from bottega_platform.api.shapes import Changed, New, ResourceOut, common
from bottega_platform.features.models import Entity, FeatureService, FeatureView, LoadState, OnlineLoad
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Role
from bottega_platform.tables.api.schemas import VersionOut, version_out

SERVICE_ACTIONS = {"change": Role.EDITOR, "delete": Role.EDITOR}


class EntityIn(New[EntitySpec], frozen=True):
    """A new entity."""


class EntityChange(Changed[EntitySpec], frozen=True):
    """An entity's new spec."""


class EntityOut(ResourceOut, frozen=True):
    """An entity and the views about it."""

    spec: EntitySpec
    views: list[str]


class FeatureViewIn(New[FeatureViewSpec], frozen=True):
    """A new feature view."""


class FeatureViewChange(Changed[FeatureViewSpec], frozen=True):
    """A feature view's new spec."""


class OnlineLoadOut(msgspec.Struct, frozen=True):
    """One load of a view into the online store; ``keys`` is how many entities it holds."""

    id: str
    as_of: datetime
    state: str
    keys: int | None
    bytes: int | None
    seconds: float | None
    job: str
    created_at: datetime
    finished_at: datetime | None


class FeatureViewOut(ResourceOut, frozen=True):
    """A feature view: what is defined, what is computed (``table``), what is online (``online_load``).

    ``state`` is ``new``, ``computing``, ``failed``, ``changed`` (since it was computed) or ``ready``.
    """

    version: str
    spec: FeatureViewSpec
    owner: str
    entity: str | None
    keys: list[Column]
    features: list[Column]
    ttl_seconds: int | None
    state: str
    job: str | None
    problem: dict[str, Any] | None
    table: VersionOut | None
    online_load: OnlineLoadOut | None
    consumers: list[str]
    profile: dict[str, Any]


class LoadIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What moment to load; without one the project's clock."""

    as_of: datetime | None = None


class ReadIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose features to read, and at what moment (default: the project's clock)."""

    keys: list[dict[str, Any]]
    as_of: datetime | None = None


class ReadRow(msgspec.Struct, frozen=True):
    """One entity: ``status`` is present, null, not_found or stale; values are null unless present."""

    key: dict[str, Any]
    status: str
    event_time: str | None
    values: dict[str, Any]


class ReadOut(msgspec.Struct, frozen=True):
    """Features of the entities that were asked for, in order."""

    as_of: datetime
    rows: list[ReadRow]


class FeatureServiceIn(New[FeatureServiceSpec], frozen=True):
    """A new feature service."""


class FeatureServiceChange(Changed[FeatureServiceSpec], frozen=True):
    """A feature service's new spec."""


class FeatureOut(msgspec.Struct, frozen=True):
    """One input a model gets from the service; ``type`` is null until its view is computed."""

    name: str
    type: str | None
    origin: str
    view: str | None
    categorical: bool


class FeatureServiceOut(ResourceOut, frozen=True):
    """A feature service and its features."""

    spec: FeatureServiceSpec
    features: list[FeatureOut]


def entity_out(entity: Entity, views: list[str], role: Role) -> EntityOut:
    """Render an entity."""
    actions = {"change": Role.EDITOR} | ({} if views else {"delete": Role.EDITOR})
    return EntityOut(
        **common(entity, role, actions),
        spec=entity.parsed,
        views=views,
    )


def load_out(row: OnlineLoad) -> OnlineLoadOut:
    """Render a load."""
    return OnlineLoadOut(
        id=row.pk,
        as_of=row.as_of,
        state=row.state,
        keys=row.rows,
        bytes=row.bytes,
        seconds=row.seconds,
        job=row.job_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def view_out(
    view: FeatureView, *, job: Job | None, live: OnlineLoad | None, users: list[str], role: Role, full: bool = False
) -> FeatureViewOut:
    """Render a feature view; ``full`` adds the profile of its features."""
    spec = view.parsed
    table = view.table_version
    return FeatureViewOut(
        **common(view, role, _actions(view, users)),
        version=view.version,
        spec=spec,
        owner=spec.owner,
        entity=view.entity.name if view.entity else None,
        keys=view.key_columns,
        features=view.feature_columns,
        ttl_seconds=view.ttl_seconds,
        state=_state(view, job),
        job=view.job_id or None,
        problem=job.problem if job is not None and job.state == "failed" else None,
        table=version_out(table) if table else None,
        online_load=load_out(live) if live is not None and live.state == LoadState.LIVE else None,
        consumers=users,
        profile=table.profile if table and full else {},
    )


def _state(view: FeatureView, job: Job | None) -> str:
    if job is not None and job.state in {"queued", "running"}:
        return "computing"
    if job is not None and job.state == "failed" and job.spec.get("version") == view.version:
        return "failed"
    if not view.computed_version:
        return "new"
    return "ready" if view.computed_version == view.version else "changed"


def _actions(view: FeatureView, users: list[str]) -> dict[str, Role]:
    actions = {"change": Role.EDITOR, "compute": Role.EDITOR}
    if view.entity_id and view.computed_version and view.computed_version == view.version and view.parsed.online:
        actions |= {"load": Role.EDITOR, "read": Role.VIEWER}
    return actions if users else actions | {"delete": Role.EDITOR}


def service_out(service: FeatureService, features: list[FeatureOut], role: Role) -> FeatureServiceOut:
    """Render a feature service."""
    return FeatureServiceOut(
        **common(service, role, SERVICE_ACTIONS),
        spec=service.parsed,
        features=features,
    )
