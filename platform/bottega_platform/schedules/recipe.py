"""What a fire trains on: the recipe of the repeated run's training set, moved on to the present time."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from bottega.specs import TrainingSetSpec
from bottega_platform.features.models import FeatureService, FeatureView
from bottega_platform.features.services import is_current
from bottega_platform.projects.models import Project

BOUNDS = ("valid_from", "test_from", "end")


def moved(spec: TrainingSetSpec, *, now: datetime) -> TrainingSetSpec:
    """Return the recipe with its last bound at ``now`` and the others as far before it as they were.

    The first moment stays, so that the training rows become more. A recipe without bounds takes what there is.
    """
    last = spec.split.end or spec.end
    if last is None:
        return spec
    by = now - datetime.fromisoformat(last)
    split = {name: _later(getattr(spec.split, name), by) for name in BOUNDS}
    return msgspec.structs.replace(spec, end=_later(spec.end, by), split=msgspec.structs.replace(spec.split, **split))


def _later(bound: str | None, by: timedelta) -> str | None:
    return None if bound is None else (datetime.fromisoformat(bound) + by).isoformat()


def stale_views(project: Project, spec: TrainingSetSpec) -> list[FeatureView]:
    """Return the views behind a recipe that would change if they were computed now, those they read being done."""
    wanted = _upstream(project, _views_of(project, spec))
    current = {name: is_current(view) for name, view in wanted.items()}
    return [
        view
        for name, view in wanted.items()
        if not current[name] and all(current.get(source, True) for source in view.spec["sources"])
    ]


def _views_of(project: Project, spec: TrainingSetSpec) -> list[str]:
    service = FeatureService.objects.named(project, spec.feature_service)
    return [spec.labels, *service.spec["views"]]


def _upstream(project: Project, names: Iterable[str]) -> dict[str, FeatureView]:
    """Return the views of these names and all that they read, by name; tables of sources are none."""
    found: dict[str, FeatureView] = {}
    waiting = list(names)
    while waiting:
        rows = FeatureView.objects.in_project(project).filter(name__in=set(waiting) - set(found))
        fresh = {view.name: view for view in rows}
        found |= fresh
        waiting = [source for view in fresh.values() for source in view.spec["sources"]]
    return found
