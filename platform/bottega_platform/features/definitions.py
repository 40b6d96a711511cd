"""Creating, changing and deleting entities and feature views."""

from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from bottega.problems import Fault
from bottega.specs import EntitySpec, FeatureViewSpec
from bottega_feature_store.definitions import view_version
from bottega_platform.api.errors import Conflict, Invalid, NameTaken
from bottega_platform.audit import services as audit
from bottega_platform.features import validation
from bottega_platform.features.models import Entity, FeatureService, FeatureView
from bottega_platform.projects.models import Project
from bottega_platform.projects.services import check_slug
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import Table, TableKind


def check_free(model: Any, project: Project, name: str) -> None:
    """Refuse a name that a live row of the project has."""
    if model.objects.in_project(project).filter(name=name).exists():
        raise NameTaken(name)


def save_new(row: Any) -> None:
    """Insert a named row, or say that its name is taken."""
    check_free(type(row), row.project, row.name)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(row.name) from error


@transaction.atomic
def create_entity(*, actor: Any, project: Project, name: str, spec: EntitySpec) -> Entity:
    """Create an entity."""
    check_slug(name, pointer="/name")
    validation.check_entity(spec)
    entity = Entity(project=project, created_by=actor, name=name, spec=msgspec.to_builtins(spec))
    save_new(entity)
    audit.record(actor=actor, project=project, action="entity.create", subject=entity, after={"spec": entity.spec})
    return entity


@transaction.atomic
def change_entity(*, actor: Any, entity: Entity, spec: EntitySpec) -> Entity:
    """Change an entity; its keys only while no view uses it."""
    validation.check_entity(spec)
    before = entity.spec
    views = sorted(entity.views.filter(deleted_at=None).values_list("name", flat=True))
    if [(k.name, k.type) for k in spec.keys] != [(k.name, k.type) for k in entity.parsed.keys] and views:
        raise Conflict(
            f"The keys are used by {', '.join(views)}: make a new entity instead.", code="in_use", users=views
        )
    entity.spec = msgspec.to_builtins(spec)
    entity.save()
    _audit_change(actor, entity, "entity.change", before)
    return entity


@transaction.atomic
def delete_entity(*, actor: Any, entity: Entity) -> None:
    """Delete an entity that no view uses."""
    _refuse_used(entity, sorted(entity.views.filter(deleted_at=None).values_list("name", flat=True)))
    entity.soft_delete()
    audit.record(actor=actor, project=entity.project, action="entity.delete", subject=entity)


@transaction.atomic
def create_view(*, actor: Any, project: Project, name: str, spec: FeatureViewSpec) -> FeatureView:
    """Create a feature view and its table.

    Raises:
        Invalid: the SQL, a source, a column, a name or a duration is wrong (422, with pointers).
        NameTaken: a view or a source has the name.
    """
    check_slug(name, pointer="/name")
    if Table.objects.in_project(project).filter(name=name, kind=TableKind.SOURCE).exists():
        raise NameTaken(name)
    check_free(FeatureView, project, name)
    entity = _entity(project, spec)
    keys = validation.view_keys(spec, entity)
    guarded = validation.check_view(project, name, spec, keys)
    table = tables.ensure_table(
        project=project, name=name, kind=TableKind.FEATURE_VIEW, actor=actor, description=spec.description
    )
    view = FeatureView(project=project, created_by=actor, name=name, table=table, entity=entity)
    _set_spec(view, spec, view_version(spec, guarded.canonical, keys), keys)
    save_new(view)
    audit.record(actor=actor, project=project, action="feature_view.create", subject=view, after=_facts(view))
    return view


@transaction.atomic
def change_view(*, actor: Any, view: FeatureView, spec: FeatureViewSpec) -> FeatureView:
    """Change a view. Another meaning is another version; what is computed and loaded stays until replaced."""
    entity = _entity(view.project, spec)
    _keep_keys(view, entity)
    keys = validation.view_keys(spec, entity)
    guarded = validation.check_view(view.project, view.name, spec, keys)
    before = _facts(view)
    view.entity = entity
    _set_spec(view, spec, view_version(spec, guarded.canonical, keys), keys)
    view.save()
    after = _facts(view)
    audit.record(
        actor=actor, project=view.project, action="feature_view.change", subject=view, before=before, after=after
    )
    return view


@transaction.atomic
def delete_view(*, actor: Any, view: FeatureView) -> None:
    """Delete a view that no other view and no service uses; its published table stays."""
    _refuse_used(view, consumers(view))
    view.soft_delete()
    audit.record(actor=actor, project=view.project, action="feature_view.delete", subject=view)


def consumers(view: FeatureView) -> list[str]:
    """Return the names of the views and services that use this view."""
    rows = FeatureView.objects.in_project(view.project).exclude(pk=view.pk)
    names = [other.name for other in rows if view.name in other.spec["sources"]]
    return sorted([*names, *services_using(view)])


def services_using(view: FeatureView) -> list[str]:
    """Return the names of the feature services that use this view."""
    services = FeatureService.objects.in_project(view.project)
    return [row.name for row in services if view.name in [item.partition(":")[0] for item in row.spec["views"]]]


def _keep_keys(view: FeatureView, entity: Entity | None) -> None:
    """Refuse another entity, or none, while services use the view: they look its rows up by the present one."""
    if view.entity is not None and view.entity != entity:
        _refuse_used(view, services_using(view))


def _set_spec(view: FeatureView, spec: FeatureViewSpec, version: str, keys: list[Any]) -> None:
    view.spec, view.version, view.keys = msgspec.to_builtins(spec), version, msgspec.to_builtins(keys)


def _entity(project: Project, spec: FeatureViewSpec) -> Entity | None:
    if spec.entity is None:
        return None
    entity: Entity | None = Entity.objects.in_project(project).filter(name=spec.entity).first()
    if entity is None:
        fault = Fault(
            "unknown_entity_type",
            f"There is no entity “{spec.entity}”: create it first.",
            "/spec/entity",
            got=spec.entity,
        )
        raise Invalid(fault.detail, code=fault.code, errors=[fault])
    return entity


def _facts(view: FeatureView) -> dict[str, Any]:
    return {"spec": view.spec, "version": view.version}


def _audit_change(actor: Any, row: Any, action: str, before: Any) -> None:
    audit.record(
        actor=actor, project=row.project, action=action, subject=row, before={"spec": before}, after={"spec": row.spec}
    )


def _refuse_used(row: Any, users: list[str]) -> None:
    if users:
        raise Conflict(
            f"“{row.name}” is used by {', '.join(users)}: change or delete these first.", code="in_use", users=users
        )
