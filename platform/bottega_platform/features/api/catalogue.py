"""Lists of definitions rendered with few queries."""

from collections.abc import Callable

from bottega.specs import FeatureServiceSpec
from bottega_platform.features import feature_services
from bottega_platform.features.api.schemas import (
    EntityOut,
    FeatureOut,
    FeatureServiceOut,
    FeatureViewOut,
    entity_out,
    service_out,
    view_out,
)
from bottega_platform.features.models import Entity, FeatureService, FeatureView, LoadState, OnlineLoad
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project, Role


def entity_renderer(project: Project, role: Role) -> Callable[[Entity], EntityOut]:
    """Return a function that renders the project's entities with their views."""
    by_entity: dict[str, list[str]] = {}
    for name, entity in FeatureView.objects.in_project(project).order_by("name").values_list("name", "entity_id"):
        by_entity.setdefault(entity, []).append(name)
    return lambda entity: entity_out(entity, by_entity.get(entity.pk, []), role)


def view_renderer(project: Project, role: Role, *, full: bool = False) -> Callable[[FeatureView], FeatureViewOut]:
    """Return a function that renders the project's views with job, live load and consumers."""
    views = list(FeatureView.objects.in_project(project))
    jobs = Job.objects.in_bulk([view.job_id for view in views if view.job_id])
    live = {
        (load.view_id, load.view_version): load
        for load in OnlineLoad.objects.in_project(project).filter(state=LoadState.LIVE)
    }
    users = _consumers(project, views)

    def render(view: FeatureView) -> FeatureViewOut:
        loaded = live.get((view.pk, view.computed_version))
        names = sorted(users.get(view.name, set()))
        return view_out(view, job=jobs.get(view.job_id), live=loaded, users=names, role=role, full=full)

    return render


def _consumers(project: Project, views: list[FeatureView]) -> dict[str, set[str]]:
    users: dict[str, set[str]] = {}
    for view in views:
        for source in view.spec["sources"]:
            users.setdefault(source, set()).add(view.name)
    for service in FeatureService.objects.in_project(project):
        for item in service.spec["views"]:
            users.setdefault(item.partition(":")[0], set()).add(service.name)
    return users


def service_renderer(project: Project, role: Role) -> Callable[[FeatureService], FeatureServiceOut]:
    """Return a function that renders the project's services with their features."""
    rows = FeatureView.objects.in_project(project).select_related("entity")
    views = {view.name: view for view in rows if view.entity is not None}
    return lambda service: service_out(service, features_of(service.parsed, views), role)


def features_of(spec: FeatureServiceSpec, views: dict[str, FeatureView]) -> list[FeatureOut]:
    """Return a service's features; those of views that are not computed, or not there any more, have no type."""
    chosen = set(spec.categorical)
    found: list[FeatureOut] = []
    keys: dict[str, str] = {}
    for name, wanted in feature_services.wanted_features(spec).items():
        view = views.get(name)
        types = {column.name: column.type for column in feature_services.known_columns(view) or []} if view else {}
        found += [FeatureOut(item, types.get(item), "view", name, item in chosen) for item in wanted or types]
        if view is not None:
            keys |= {key.request: key.type for key in feature_services.view_keys(view, spec)}
    found += [FeatureOut(e.name, e.type, "expression", None, e.name in chosen) for e in spec.expressions]
    found += [
        FeatureOut(field.name, field.type, "request", None, field.name in chosen)
        for field in spec.request
        if field.name in chosen or (field.type not in {"string", "timestamp", "date"} and field.name != spec.event_time)
    ]
    return found + [FeatureOut(name, kind, "key", None, True) for name, kind in keys.items() if name in chosen]
