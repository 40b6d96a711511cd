"""Feature services: creating them, and resolving them against published views."""

import difflib
from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import transaction

from bottega.problems import Fault
from bottega.specs import Column, FeatureServiceSpec
from bottega.specs.data import DataType
from bottega.specs.resolved import ResolvedKey, ResolvedService, ResolvedView
from bottega_feature_store.definitions import service_version
from bottega_feature_store.expressions import ExpressionProblem, parse
from bottega_feature_store.types import parse_duration
from bottega_feature_store.windows.sql import feature_columns
from bottega_platform.api.errors import Conflict
from bottega_platform.audit import services as audit
from bottega_platform.features import validation
from bottega_platform.features.definitions import save_new
from bottega_platform.features.models import FeatureService, FeatureView
from bottega_platform.projects.models import Project
from bottega_platform.projects.services import check_slug
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import TableVersion


class NotComputed(Conflict):
    """A view of the service has no data of its present meaning."""

    code = "not_computed"
    title = "A feature view has to be computed first"


@transaction.atomic
def create_service(*, actor: Any, project: Project, name: str, spec: FeatureServiceSpec) -> FeatureService:
    """Create a feature service."""
    check_slug(name, pointer="/name")
    check_service(project, spec)
    service = FeatureService(project=project, created_by=actor, name=name, spec=msgspec.to_builtins(spec))
    save_new(service)
    after = {"spec": service.spec}
    audit.record(actor=actor, project=project, action="feature_service.create", subject=service, after=after)
    return service


@transaction.atomic
def change_service(*, actor: Any, service: FeatureService, spec: FeatureServiceSpec) -> FeatureService:
    """Change a feature service; models stay pinned to what they were built with."""
    check_service(service.project, spec)
    before, service.spec = {"spec": service.spec}, msgspec.to_builtins(spec)
    service.save()
    audit.record(
        actor=actor,
        project=service.project,
        action="feature_service.change",
        subject=service,
        before=before,
        after={"spec": service.spec},
    )
    return service


@transaction.atomic
def delete_service(*, actor: Any, service: FeatureService) -> None:
    """Delete a feature service; training sets and models hold their own copy."""
    service.soft_delete()
    audit.record(actor=actor, project=service.project, action="feature_service.delete", subject=service)


def resolve_service(project: Project, name: str) -> ResolvedService:
    """Return a service with every view at its published version.

    Raises:
        NotFound: there is no such service.
        NotComputed: a view has no data, or data of an older meaning.
    """
    service: FeatureService = FeatureService.objects.named(project, name)
    spec = service.parsed
    views = [_resolve_view(spec, view, wanted) for view, wanted in chosen(project, spec)]
    version = service_version(spec, [(view.name, view.version, view.features) for view in views])
    resolved = ResolvedService(
        name=service.name,
        service_id=service.pk,
        version=version,
        views=views,
        request=spec.request,
        expressions=spec.expressions,
        categorical=spec.categorical,
        event_time=spec.event_time,
    )
    validation.refuse(list(_name_faults(resolved, spec)))
    return resolved


def _resolve_view(spec: FeatureServiceSpec, view: FeatureView, wanted: list[str]) -> ResolvedView:
    table_version = present(view)
    columns = view.feature_columns
    known = [column.name for column in columns]
    missing = [name for name in wanted if name not in known]
    if missing:
        raise NotComputed(f"“{view.name}” has no feature “{missing[0]}”; it has {', '.join(known)}.", view=view.name)
    return ResolvedView(
        name=view.name,
        view_id=view.online_id(),
        version=view.computed_version,
        entity=view.entity.name if view.entity else "",
        keys=view_keys(view, spec),
        columns=columns,
        features=wanted or known,
        ttl_seconds=view.ttl_seconds,
        hop_seconds=parse_duration(view.parsed.hop) if view.parsed.aggregates else None,
        read=tables.read_of(table_version),
        spec=view.parsed,
    )


def present(view: FeatureView) -> TableVersion:
    """Return the version that holds the view's present meaning."""
    if view.table_version is None or view.computed_version != view.version:
        state = "has no data" if view.table_version is None else "changed since it was computed"
        raise NotComputed(f"“{view.name}” {state}: compute it first.", view=view.name)
    return view.table_version


def view_keys(view: FeatureView, spec: FeatureServiceSpec) -> list[ResolvedKey]:
    """Return a view's keys with the names that a request uses: the entity's, unless the service renames them."""
    entity_keys = view.entity.parsed.keys if view.entity else []
    return [
        ResolvedKey(column.name, spec.keys.get(f"{view.name}.{key.name}", key.name), key.type)
        for column, key in zip(view.key_columns, entity_keys, strict=True)
    ]


def chosen(project: Project, spec: FeatureServiceSpec) -> list[tuple[FeatureView, list[str]]]:
    """Return the service's views with the features asked for by name (none: all of them)."""
    rows = FeatureView.objects.in_project(project).select_related("entity", "table_version__table")
    views = {view.name: view for view in rows if view.entity is not None}
    detail = "Name at least one feature view, or request fields."
    faults = [] if spec.views or spec.request else [Fault("required", detail, "/spec/views")]
    for place, item in enumerate(spec.views):
        name = item.partition(":")[0]
        if name not in views:
            near = difflib.get_close_matches(name, views, 1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            detail = f"There is no feature view “{name}” with an entity.{hint}"
            faults.append(Fault("unknown_view", detail, f"/spec/views/{place}", got=item))
    validation.refuse(faults)
    return [(views[name], features) for name, features in wanted_features(spec).items()]


def wanted_features(spec: FeatureServiceSpec) -> dict[str, list[str]]:
    """Return the features asked for by view; a view that stands alone is asked for whole, which is none by name."""
    wanted: dict[str, list[str]] = {}
    for item in spec.views:
        name, _, feature = item.partition(":")
        wanted.setdefault(name, []).append(feature)
    return {name: [] if "" in features else features for name, features in wanted.items()}


def known_columns(view: FeatureView) -> list[Column] | None:
    """Return the view's features with types, as far as they are known before or after computing."""
    spec = view.parsed
    if spec.aggregates:
        return feature_columns(spec.aggregates)
    return view.feature_columns if view.computed_version == view.version else None


def check_service(project: Project, spec: FeatureServiceSpec) -> None:
    """Check names, types and expressions of a service as far as its views are known."""
    types: dict[str, DataType] = {}
    complete = True
    faults: list[Fault] = []
    for view, wanted in chosen(project, spec):
        for key in view_keys(view, spec):
            if types.setdefault(key.request, key.type) != key.type:
                detail = f"The key “{key.request}” is {types[key.request]} in one view and {key.type} in another."
                faults.append(Fault("type_mismatch", detail, "/spec/keys", got=key.request))
        columns = known_columns(view)
        complete = complete and columns is not None
        faults += _take_features(types, view, wanted, columns)
    for field in spec.request:
        if types.setdefault(field.name, field.type) != field.type or not validation.NAME.match(field.name):
            faults.append(Fault("duplicate_name", f"“{field.name}” is taken.", "/spec/request", got=field.name))
    validation.refuse(faults or list(_expression_faults(spec, types, complete=complete)))


def _take_features(
    types: dict[str, DataType], view: FeatureView, wanted: list[str], columns: list[Column] | None
) -> list[Fault]:
    if columns is None:
        return []
    known = {column.name: column.type for column in columns}
    faults = []
    for name in wanted or known:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            faults.append(Fault("unknown_feature", f"“{view.name}” has no feature “{name}”.{hint}", "/spec/views"))
        elif name in types:
            detail = f"“{name}” of “{view.name}” comes twice: rename it, or list single features as view:feature."
            faults.append(Fault("duplicate_name", detail, "/spec/views", got=name))
        else:
            types[name] = known[name]
    return faults


def _expression_faults(spec: FeatureServiceSpec, types: dict[str, DataType], *, complete: bool) -> Iterable[Fault]:
    for place, expression in enumerate(spec.expressions):
        pointer = f"/spec/expressions/{place}"
        if expression.name in types or not validation.NAME.match(expression.name):
            yield Fault("duplicate_name", f"The name “{expression.name}” cannot be used.", pointer, got=expression.name)
            continue
        try:
            parse(expression.sql, types, expression.type)
        except ExpressionProblem as problem:
            if complete or problem.problem.code != "unknown_column":
                yield Fault(problem.problem.code, str(problem), f"{pointer}/sql", got=expression.sql[:200])
    names = {*types, *(expression.name for expression in spec.expressions)}
    if spec.event_time is not None and types.get(spec.event_time) != "timestamp":
        yield Fault("unknown_field", "event_time names a request field of type timestamp.", "/spec/event_time")
    for name in spec.categorical:
        if complete and name not in names:
            yield Fault("unknown_feature", f"There is no “{name}” to be a category.", "/spec/categorical", got=name)


def _name_faults(resolved: ResolvedService, spec: FeatureServiceSpec) -> Iterable[Fault]:
    keys = resolved.keys()
    types: dict[str, DataType] = {key.name: key.type for key in keys}
    for view in resolved.views:
        for column in view.columns:
            if column.name in view.features:
                if column.name in types:
                    yield Fault("duplicate_name", f"“{column.name}” of “{view.name}” comes twice.", "/spec/views")
                types[column.name] = column.type
    types |= {field.name: field.type for field in resolved.request}
    yield from _expression_faults(spec, types, complete=True)
