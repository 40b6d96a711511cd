"""Shapes of the registry's endpoints."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.db.models import Max, Prefetch, Q, QuerySet

from bottega.specs import ModelSpec
from bottega_platform.jobs.models import Job
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Role
from bottega_platform.registry.models import CHAMPION, Alias, AliasMove, Comparison, Model, ModelVersion
from bottega_platform.registry.signatures import Change

VERSION_ACTIONS = {"deploy": Role.DEPLOYER, "set_alias": Role.DEPLOYER, "delete": Role.EDITOR}
Name = Annotated[str, msgspec.Meta(max_length=63)]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]


class ModelIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new model."""

    name: Name
    spec: ModelSpec


class ModelPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change."""

    description: Text


class RegisterIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finished run (id or name) to register as the next version, and an alias to give it."""

    training_run: Name
    alias: Name | None = None
    description: Text = ""


class AliasIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the alias should point, and why."""

    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class AliasOut(msgspec.Struct, frozen=True):
    """An alias."""

    name: str
    version: int
    updated_at: datetime
    revision: int


class AliasMoveOut(msgspec.Struct, frozen=True):
    """A move of an alias."""

    alias: str
    before: int | None
    after: int
    by: str | None
    reason: str
    at: datetime


class ModelOut(msgspec.Struct, frozen=True):
    """A model."""

    id: str
    name: str
    task: str
    description: str
    latest_version: int | None
    aliases: list[AliasOut]
    created_at: datetime
    updated_at: datetime
    revision: int
    allowed_actions: list[str]


class RegistrationOut(msgspec.Struct, frozen=True):
    """A version on its way: it appears in the list when ``job`` has succeeded."""

    model: str
    training_run: str
    state: str
    job: str


class ModelVersionOut(msgspec.Struct, frozen=True):
    """A model version."""

    id: str
    model: str
    task: str
    version: int
    format: str
    bundle: str
    training_run: str
    training_run_name: str
    trainer: str
    aliases: list[str]
    metrics: dict[str, Any]
    measured: dict[str, float]
    description: str
    created_at: datetime
    created_by: str | None
    allowed_actions: list[str]


class ModelVersionDetail(ModelVersionOut, frozen=True):
    """A model version with its signature and stamps."""

    signature: dict[str, Any]
    files: list[dict[str, Any]]
    stamps: dict[str, Any]
    job: str


class CompareIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version to compare with: a number or an alias."""

    against: str | int = CHAMPION


class Interval(msgspec.Struct, frozen=True):
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


class PairedDifference(msgspec.Struct, frozen=True):
    """How much better the challenger is in ``metric`` on the same rows; a gain above 0 is in its favour."""

    metric: str
    gain: Interval
    verdict: Literal["better", "worse", "undecided"]


class ComparisonOut(msgspec.Struct, frozen=True):
    """A version against another one, both on the hold-out rows of the version's training set."""

    id: str
    challenger: int
    champion: int
    training_set: str
    state: str
    job: str
    rows: int | None
    metrics: dict[str, dict[str, Interval]]
    difference: PairedDifference | None
    problem: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None
    created_by: str | None


class SignatureDiffOut(msgspec.Struct, frozen=True):
    """How a version's signature differs from another one's."""

    version: int
    against: int
    identical: bool
    breaking: bool
    changes: list[Change]


def alias_out(alias: Alias) -> AliasOut:
    """Render an alias."""
    return AliasOut(alias.name, alias.version.number, alias.updated_at, alias.revision)


def move_out(move: AliasMove) -> AliasMoveOut:
    """Render a move."""
    return AliasMoveOut(
        alias=move.alias,
        before=move.before.number if move.before else None,
        after=move.after.number,
        by=move.actor.get_username() if move.actor else None,
        reason=move.reason,
        at=move.at,
    )


def listed(models: QuerySet[Model]) -> QuerySet[Model]:
    """Return the models with what :func:`model_out` shows of their versions and aliases, in two queries."""
    aliases = Prefetch("aliases", Alias.objects.select_related("version").order_by("name"), to_attr="named")
    return models.annotate(newest=Max("versions__number", filter=Q(versions__deleted_at=None))).prefetch_related(
        aliases
    )


def model_out(model: Any, role: Role) -> ModelOut:
    """Render a model of :func:`listed`."""
    editor = role.includes(Role.EDITOR)
    return ModelOut(
        id=model.id,
        name=model.name,
        task=model.task,
        description=model.description,
        latest_version=model.newest,
        aliases=[alias_out(alias) for alias in model.named],
        created_at=model.created_at,
        updated_at=model.updated_at,
        revision=model.revision,
        allowed_actions=["update", "register", "delete"] if editor else [],
    )


def registration_out(model: Model, job: Job) -> RegistrationOut:
    """Render an accepted registration."""
    return RegistrationOut(model.name, job.spec["training_run"], str(job.state), job.id)


def _version(version: ModelVersion, role: Role) -> dict[str, Any]:
    return {
        "id": version.id,
        "model": version.model.name,
        "task": version.model.task,
        "version": version.number,
        "format": version.format,
        "bundle": version.bundle,
        "training_run": version.training_run_id,
        "training_run_name": version.training_run.name,
        "trainer": version.training_run.trainer,
        "aliases": sorted(alias.name for alias in version.aliases.all()),
        "metrics": version.metrics,
        "measured": version.measured,
        "description": version.description,
        "created_at": version.created_at,
        "created_by": version.created_by.get_username() if version.created_by else None,
        "allowed_actions": permissions.allowed_actions(role, VERSION_ACTIONS),
    }


def version_out(version: ModelVersion, role: Role) -> ModelVersionOut:
    """Render a version for a list."""
    return ModelVersionOut(**_version(version, role))


def version_detail(version: ModelVersion, role: Role) -> ModelVersionDetail:
    """Render a version with its signature and stamps."""
    return ModelVersionDetail(
        **_version(version, role),
        signature=version.signature,
        files=version.files,
        stamps=version.stamps,
        job=version.job_id,
    )


def comparison_out(row: Comparison, job: Job | None) -> ComparisonOut:
    """Render a comparison; the results of one that has not succeeded are empty."""
    running = row.state == "queued" and job is not None and job.state == "running"
    return ComparisonOut(
        id=row.pk,
        challenger=row.challenger.number,
        champion=row.champion.number,
        training_set=row.training_set.name,
        state="running" if running else str(row.state),
        job=row.job_id,
        rows=row.rows or None,
        metrics=msgspec.convert(row.metrics, dict[str, dict[str, Interval]]),
        difference=msgspec.convert(row.difference, PairedDifference) if row.difference else None,
        problem=row.problem,
        created_at=row.created_at,
        finished_at=row.finished_at,
        created_by=row.created_by.get_username() if row.created_by else None,
    )
