"""Registering versions, moving aliases, and looking versions up."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from bottega.ids import SLUG_PATTERN
from bottega.specs import ModelSpec
from bottega_platform.api.errors import Conflict, Invalid, NameTaken, NotFound
from bottega_platform.audit import services as audit
from bottega_platform.jobs import outbox
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project
from bottega_platform.projects.services import check_slug
from bottega_platform.registry import usage
from bottega_platform.registry.ledger import TOPIC
from bottega_platform.registry.models import Alias, AliasMove, Model, ModelVersion
from bottega_platform.runs import training_sets
from bottega_platform.runs.models import RunState, TrainingRun


@transaction.atomic
def create_model(*, actor: Any, project: Project, name: str, spec: ModelSpec) -> Model:
    """Create a named line of versions."""
    check_slug(name, pointer="/name")
    if Model.objects.in_project(project).filter(name=name).exists():
        raise NameTaken(name)
    model = Model(project=project, created_by=actor, name=name, task=spec.task, description=spec.description)
    model.save(force_insert=True)
    after = {"name": name, "task": spec.task, "description": spec.description}
    audit.record(actor=actor, project=project, action="model.create", subject=model, after=after)
    return model


@transaction.atomic
def describe_model(*, actor: Any, model: Model, description: str) -> Model:
    """Change a model's description."""
    before = {"description": model.description}
    model.description = description
    model.save()
    audit.record(
        actor=actor,
        project=model.project,
        action="model.update",
        subject=model,
        before=before,
        after={"description": description},
    )
    return model


@transaction.atomic
def delete_model(*, actor: Any, model: Model) -> None:
    """Take a model with its versions out of sight.

    Raises:
        Conflict: endpoints serve a version of it or can roll back to one; ``users`` lists them.
    """
    _refuse_used(f"“{model.name}”", [use.detail for use in usage.of(model)], code="model_in_use")
    model.soft_delete()
    for row in model.versions.live():
        outbox.put(topic=TOPIC, payload={"version": row.id}, project=model.project)
    audit.record(actor=actor, project=model.project, action="model.delete", subject=model)


@transaction.atomic
def delete_version(*, actor: Any, version: ModelVersion) -> None:
    """Take a version out of sight; its number is never given again, its bundle stays for the history.

    Raises:
        Conflict: an alias points at it, or an endpoint serves it or can roll back to it; ``users`` lists them.
    """
    aliases = [f"alias {alias.name} points at it" for alias in version.aliases.order_by("name")]
    served = [use.detail for use in usage.of(version.model) if use.version == version.number]
    _refuse_used(f"Version {version.number} of “{version.model.name}”", aliases + served, code="version_in_use")
    version.deleted_at = timezone.now()
    version.save(update_fields={"deleted_at"})
    outbox.put(topic=TOPIC, payload={"version": version.id}, project=version.project)
    before = {"model": version.model.name, "version": version.number, "bundle": version.bundle}
    audit.record(actor=actor, project=version.project, action="model_version.delete", subject=version, before=before)


def _refuse_used(what: str, users: list[str], *, code: str) -> None:
    if users:
        detail = f"{what} is in use: {'; '.join(users)}. Point these elsewhere first."
        raise Conflict(detail, code=code, users=users)


def model(project: Project, name: str) -> Model:
    """Return a project's model by name."""
    found: Model = Model.objects.named(project, name)
    return found


def version(project: Project, model_name: str, reference: int | str) -> ModelVersion:
    """Return a model's version by number or alias.

    Raises:
        NotFound: there is no such model, version or alias.
    """
    line = model(project, model_name)
    text = str(reference)
    found: ModelVersion | None
    if text.isascii() and text.isdigit() and len(text) < 10:
        found = line.versions.live().select_related("model", "training_run").filter(number=int(text)).first()
    else:
        alias = line.aliases.select_related("version__model", "version__training_run").filter(name=text).first()
        found = alias.version if alias else None
    if found is None:
        raise NotFound(f"“{model_name}” has no version “{text[:80]}”. Look its versions up first.")
    return found


@transaction.atomic
def register(*, actor: Any, model: Model, run_reference: str, alias: str | None = None, description: str = "") -> Job:
    """Queue the packaging of a finished run as the model's next version.

    Raises:
        Conflict: the run has another task, no servable model, an unfit training set, or is registered already.
    """
    run = _run(model.project, run_reference)
    if alias is not None:
        check_alias(alias, pointer="/alias")
    check_registrable(model, run)
    job = jobs.enqueue(
        project=model.project,
        kind="package",
        subject=model.id,
        spec={"model": model.id, "training_run": run.id, "alias": alias, "description": description},
        actor=actor,
    )
    after = {"training_run": run.id, "alias": alias}
    audit.record(actor=actor, project=model.project, action="model_version.register", subject=model, after=after)
    return job


def _run(project: Project, reference: str) -> TrainingRun:
    runs = TrainingRun.objects.in_project(project).select_related("training_set")
    found: TrainingRun | None = runs.filter(pk=reference).first() or runs.filter(name=reference).first()
    if found is None:
        raise NotFound(f"There is no training run “{reference[:80]}” here. Look it up in the list first.")
    return found


def check_registrable(model: Model, run: TrainingRun) -> None:
    """Refuse what can be refused before anything is packaged."""
    if run.state != RunState.SUCCEEDED:
        raise Conflict(f"The run “{run.name}” has not succeeded; register it once it has.", code="not_ready")
    if run.task != model.task:
        detail = f"“{model.name}” is for {model.task}, the run “{run.name}” for {run.task}. Make a model for it."
        raise Conflict(detail, code="task_mismatch")
    if not run.files:
        detail = f"{run.trainer} makes a baseline that cannot be served. Register another run."
        raise Conflict(detail, code="not_registrable")
    if not training_sets.is_fit(run.training_set):
        detail = (
            "The training set was built with the known-at filter off, so it holds what could not be known. "
            "Build it again with known_at and train on that."
        )
        raise Conflict(detail, code="not_registrable")
    known = ModelVersion.objects.live().filter(model=model, training_run=run).first()
    if known is not None:
        raise Conflict(
            f"The run “{run.name}” is version {known.number} of “{model.name}” already.", code="already_registered"
        )


def check_alias(name: str, *, pointer: str) -> None:
    """Refuse a name that cannot stand in an address."""
    if SLUG_PATTERN.fullmatch(name):
        return
    from bottega.problems import Fault

    detail = "Use 1 to 63 lower-case letters, digits, - and _, beginning with a letter."
    raise Invalid(detail, code="bad_slug", errors=[Fault("bad_slug", detail, pointer=pointer, got=name[:80])])


@transaction.atomic
def move_alias(*, actor: Any, model: Model, name: str, version: ModelVersion, reason: str = "") -> Alias:
    """Point an alias at a version; moving it where it is already changes nothing."""
    check_alias(name, pointer="/alias")
    alias = Alias.objects.select_for_update().filter(model=model, name=name).first()
    before = alias.version if alias else None
    if alias is not None and before == version:
        return alias
    alias = alias or Alias(project=model.project, model=model, name=name)
    alias.version = version
    alias.save()
    _record_move(actor, alias, before, reason)
    return alias


def _record_move(actor: Any, alias: Alias, before: ModelVersion | None, reason: str) -> None:
    model, version = alias.model, alias.version
    AliasMove.objects.create(
        project=model.project,
        model=model,
        alias=alias.name,
        before=before,
        after=version,
        actor=actor,
        reason=reason,
    )
    audit.record(
        actor=actor,
        project=model.project,
        action="alias.move",
        subject=model,
        before={"alias": alias.name, "version": before.number if before else None},
        after={"alias": alias.name, "version": version.number},
        reason=reason,
    )
    outbox.put(topic=TOPIC, payload={"version": version.id}, project=model.project)
