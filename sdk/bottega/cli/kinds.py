"""The kinds of documents: where each lives in the API, what its spec is, and how it may change."""

from collections.abc import Callable
from typing import Any

import msgspec

from bottega.specs import (
    EntitySpec,
    FeatureServiceSpec,
    FeatureViewSpec,
    ModelSpec,
    ScheduleSpec,
    SourceSpec,
    TrainingRunSpec,
    TrainingSetSpec,
)

Body = dict[str, Any]


def _whole(spec: Body) -> Body:
    return {"spec": spec}


class Kind(msgspec.Struct, frozen=True):
    """One kind. ``change`` makes the body of a PATCH from a spec; what has none never changes.

    ``struct`` checks a spec before anything is sent; without one the platform alone does.
    """

    name: str
    folder: str
    struct: Any
    present: Callable[[Body], Body]
    change: Callable[[Body], Body] | None = None
    changing: frozenset[str] | None = None

    def normal(self, spec: Body) -> Body:
        """Return a spec as it is compared: defaults left out, fields in their own order."""
        if self.struct is None:
            return {name: spec[name] for name in sorted(spec)}
        found: Body = msgspec.to_builtins(msgspec.convert(spec, self.struct))
        return found


def _spec(body: Body) -> Body:
    found: Body = body["spec"]
    return found


def _described(*names: str) -> Callable[[Body], Body]:
    return lambda body: {name: body[name] for name in names}


_ALL = (
    Kind("Source", "sources", SourceSpec, _spec, _whole),
    Kind("Entity", "entities", EntitySpec, _spec, _whole),
    Kind("FeatureView", "feature-views", FeatureViewSpec, _spec, _whole),
    Kind("FeatureService", "feature-services", FeatureServiceSpec, _spec, _whole),
    Kind("TrainingSet", "training-sets", TrainingSetSpec, _spec),
    Kind("TrainingRun", "training-runs", TrainingRunSpec, _spec),
    Kind(
        "Model",
        "models",
        ModelSpec,
        _described("task", "description"),
        _described("description"),
        frozenset({"description"}),
    ),
    Kind("Schedule", "schedules", ScheduleSpec, _spec, _whole),
    Kind("Endpoint", "endpoints", None, _described("description", "auth"), _described("description", "auth")),
)
KINDS = {kind.name: kind for kind in _ALL}
"""All kinds by name, each after those it may refer to."""


def named(text: str) -> Kind | None:
    """Return the kind called so: ``FeatureView``, ``feature-view`` or ``feature-views``."""
    plain = text.replace("-", "").replace("_", "").lower()
    for kind in _ALL:
        if plain in {kind.name.lower(), kind.folder.replace("-", "")}:
            return kind
    return None
