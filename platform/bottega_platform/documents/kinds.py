"""The kinds of documents: how each is created, compared with what is there, and changed."""

from collections.abc import Callable
from dataclasses import dataclass
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
from bottega_platform.deployments import services as deployments
from bottega_platform.deployments.api.schemas import EndpointSpec
from bottega_platform.deployments.models import Endpoint
from bottega_platform.features import services as features
from bottega_platform.features.models import Entity, FeatureService, FeatureView
from bottega_platform.projects.models import Role
from bottega_platform.registry import services as registry
from bottega_platform.registry.models import Model
from bottega_platform.runs import services as runs
from bottega_platform.runs.models import TrainingRun
from bottega_platform.schedules import services as schedules
from bottega_platform.schedules.models import Schedule
from bottega_platform.sources import services as sources
from bottega_platform.sources.models import Source
from bottega_platform.training_sets import services as training_sets
from bottega_platform.training_sets.models import TrainingSet

Spec = Any


@dataclass(frozen=True)
class Outcome:
    """What creating or changing gave besides the row: its job, and a key that is shown this once."""

    job: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Kind:
    """One kind.

    Attributes:
        name: what ``kind`` says in a document.
        struct: its spec.
        rows: the model of its rows, which have a name.
        create: called with actor, project, name and spec.
        change: called with actor, row and spec; None for what never changes.
        fixed: fields of the spec that never change.
        present: the spec that a row stands for.
        completed: what a wanted spec is beside the present one, defaults of the platform filled in.
        reads: names of documents of its own kind that go before it.
        role: who may create and change it.
    """

    name: str
    struct: type[msgspec.Struct]
    rows: Any
    create: Callable[..., Outcome]
    change: Callable[..., Outcome] | None = None
    fixed: frozenset[str] = frozenset()
    present: Callable[[Any], Spec] | None = None
    completed: Callable[[Spec, Spec], Spec] = lambda _, wanted: wanted
    reads: Callable[[Spec], frozenset[str]] = lambda _: frozenset()
    role: Role = Role.EDITOR

    def spec_of(self, row: Any) -> Spec:
        """Return the spec that a row stands for."""
        return self.present(row) if self.present else msgspec.convert(row.spec, self.struct)


def _creating(service: Callable[..., Any]) -> Callable[..., Outcome]:
    def create(*, actor: Any, project: Any, name: str, spec: Spec) -> Outcome:
        row = service(actor=actor, project=project, name=name, spec=spec)
        return Outcome(job=getattr(row, "job_id", None) or None)

    return create


def _changing(service: Callable[..., Any], word: str) -> Callable[..., Outcome]:
    def change(*, actor: Any, row: Any, spec: Spec) -> Outcome:
        service(actor=actor, spec=spec, **{word: row})
        return Outcome()

    return change


def _describe(*, actor: Any, row: Model, spec: ModelSpec) -> Outcome:
    registry.describe_model(actor=actor, model=row, description=spec.description)
    return Outcome()


def _create_endpoint(*, actor: Any, project: Any, name: str, spec: EndpointSpec) -> Outcome:
    fields = msgspec.structs.asdict(spec)
    _, key = deployments.create_endpoint(actor=actor, project=project, name=name, **fields)
    return Outcome(key=key)


def _change_endpoint(*, actor: Any, row: Endpoint, spec: EndpointSpec) -> Outcome:
    changes = msgspec.structs.asdict(spec)
    return Outcome(key=deployments.update_endpoint(actor=actor, endpoint=row, changes=changes))


def _with_space(present: TrainingRunSpec, wanted: TrainingRunSpec) -> TrainingRunSpec:
    """Fill in the ready search space, which the platform wrote into the spec when the run was made."""
    if not (present.tune and wanted.tune) or wanted.tune.space:
        return wanted
    return msgspec.structs.replace(wanted, tune=msgspec.structs.replace(wanted.tune, space=present.tune.space))


_ALL = (
    Kind(
        "Source",
        SourceSpec,
        Source,
        _creating(sources.create_source),
        _changing(sources.change_source, "source"),
    ),
    Kind(
        "Entity",
        EntitySpec,
        Entity,
        _creating(features.create_entity),
        _changing(features.change_entity, "entity"),
    ),
    Kind(
        "FeatureView",
        FeatureViewSpec,
        FeatureView,
        _creating(features.create_view),
        _changing(features.change_view, "view"),
        reads=lambda spec: frozenset(spec.sources),
    ),
    Kind(
        "FeatureService",
        FeatureServiceSpec,
        FeatureService,
        _creating(features.create_service),
        _changing(features.change_service, "service"),
    ),
    Kind("TrainingSet", TrainingSetSpec, TrainingSet, _creating(training_sets.create)),
    Kind("TrainingRun", TrainingRunSpec, TrainingRun, _creating(runs.start), completed=_with_space),
    Kind(
        "Model",
        ModelSpec,
        Model,
        _creating(registry.create_model),
        _describe,
        fixed=frozenset({"task"}),
        present=lambda row: ModelSpec(task=row.task, description=row.description),
    ),
    Kind(
        "Endpoint",
        EndpointSpec,
        Endpoint,
        _create_endpoint,
        _change_endpoint,
        present=lambda row: EndpointSpec(description=row.description, auth=row.auth),
    ),
    Kind(
        "Schedule",
        ScheduleSpec,
        Schedule,
        _creating(schedules.create),
        _changing(schedules.change, "schedule"),
        role=Role.DEPLOYER,
    ),
)
KINDS = {kind.name: kind for kind in _ALL}
"""All kinds by name, each after those it may refer to."""
