"""What a fire does, step by step; every step goes through the services that people use.

The scheduler looks at each open fire every few seconds: a step starts its jobs, and the next one begins when they
have ended. Nothing is held in memory, so a fire goes on wherever the platform was stopped.
"""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError, transaction

from bottega.problems import ProblemError
from bottega.specs import TrainingRunSpec, TrainingSetSpec
from bottega_platform.accounts.models import User
from bottega_platform.features import services as features
from bottega_platform.jobs import clock
from bottega_platform.jobs.models import Job
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Role
from bottega_platform.projects.services import as_of
from bottega_platform.registry import comparisons
from bottega_platform.registry import services as registry
from bottega_platform.registry.models import CHAMPION, Alias, ComparisonState, ModelVersion
from bottega_platform.runs import services as runs
from bottega_platform.runs.models import RunState, TrainingRun
from bottega_platform.schedules import recipe
from bottega_platform.schedules.errors import OwnerMissing, StepFailed
from bottega_platform.schedules.models import Fire
from bottega_platform.schedules.states import FireState, Step
from bottega_platform.training_sets import services as training_sets
from bottega_platform.training_sets.models import TrainingSetState

CHALLENGER = "challenger"
NAME_LENGTH = 63
_log = logging.getLogger("bottega.schedules")


def advance_open() -> int:
    """Take every open fire as far as it goes now; the scheduler calls this, and any number of them may."""
    running = Fire.objects.filter(state=FireState.RUNNING).order_by("created_at")
    return sum(_try(pk) for pk in list(running.values_list("pk", flat=True)))


def _try(pk: str) -> bool:
    """Advance one fire; what breaks one of them keeps no other from going on."""
    try:
        return advance(pk)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - told in the log; the fire stays open and is tried again
        _log.exception("fire %s cannot go on", pk)
        return False


@transaction.atomic
def advance(pk: str) -> bool:
    """Take one fire as far as it goes now; say whether anything was done."""
    rows = Fire.objects.select_for_update(skip_locked=True, of=("self",)).select_related("project", "schedule__owner")
    fire = rows.filter(pk=pk, state=FireState.RUNNING).first()
    if fire is None:
        return False
    try:
        with transaction.atomic():
            _go_on(fire)
    except ProblemError as error:
        fire.refresh_from_db()
        _settle(fire, FireState.FAILED, {"code": error.problem.code, "detail": error.problem.detail})
    return True


def _go_on(fire: Fire) -> None:
    """Do steps until one has to wait, or none is left."""
    steps, owner = list(Step), _owner(fire)
    while _DO[Step(fire.step)](fire, owner):
        place = steps.index(Step(fire.step)) + 1
        if place == len(steps):
            _settle(fire, FireState.SUCCEEDED)
            return
        fire.step = steps[place]
    fire.save()


def _settle(fire: Fire, state: FireState, problem: dict[str, Any] | None = None) -> None:
    fire.state, fire.problem, fire.finished_at = state, problem, clock.now()
    fire.save()


def _owner(fire: Fire) -> User:
    """Return who the fire acts as.

    Raises:
        OwnerMissing: the account is gone or closed, or may not move aliases here any more.
    """
    owner: User | None = fire.schedule.owner
    role = permissions.role_of(owner, fire.project) if owner is not None and owner.is_active else None
    if owner is None or role is None or not role.includes(Role.DEPLOYER):
        name = owner.get_username() if owner else "Nobody"
        raise OwnerMissing(f"{name} owns this schedule and is no deployer here. Save it again as somebody who is.")
    return owner


def _note(fire: Fire, name: str, job: str) -> None:
    fire.jobs = [*fire.jobs, {"step": str(fire.step), "name": name, "job": job}]


def _jobs_of(fire: Fire, step: Step) -> list[dict[str, str]]:
    return [entry for entry in fire.jobs if entry["step"] == step]


def _template(fire: Fire) -> TrainingRun:
    found: TrainingRun = TrainingRun.objects.named(fire.project, fire.parsed.training_run)
    return found


def _name(fire: Fire) -> str:
    """Return what the fire's training set and run are called: the schedule and the second it was due."""
    moment = f"{fire.fire_time:%Y%m%d-%H%M%S}"
    return f"{fire.schedule.name[: NAME_LENGTH - len(moment) - 1]}-{moment}"


def _features(fire: Fire, owner: User) -> bool:
    """Compute the views that would change, those first that others read; each once."""
    entries = _jobs_of(fire, Step.FEATURES)
    if not _ended([entry["job"] for entry in entries]):
        return False
    spec = msgspec.convert(_template(fire).training_set.spec, TrainingSetSpec)
    known = {entry["name"] for entry in entries}
    stale = [view for view in recipe.stale_views(fire.project, spec) if view.name not in known]
    for view in stale:
        _note(fire, view.name, features.compute(actor=owner, view=view).pk)
    return not stale


def _ended(ids: list[str]) -> bool:
    """Say whether all of these jobs have succeeded.

    Raises:
        StepFailed: one of them did not.
    """
    rows = list(Job.objects.filter(pk__in=ids))
    for job in rows:
        if job.state in {"failed", "cancelled"}:
            reason = (job.problem or {}).get("detail") or f"It was {job.state}."
            raise StepFailed(f"{job.kind} {job.pk}: {reason}")
    return all(job.state == "succeeded" for job in rows)


def _training_set(fire: Fire, owner: User) -> bool:
    """Build the recipe anew, its bounds moved on to the project's present time."""
    if fire.training_set is None:
        spec = msgspec.convert(_template(fire).training_set.spec, TrainingSetSpec)
        spec = recipe.moved(spec, now=as_of(fire.project))
        row = training_sets.create(actor=owner, project=fire.project, name=_name(fire), spec=spec)
        fire.training_set = row
        _note(fire, row.name, row.job_id)
    return _ended([fire.training_set.job_id]) and fire.training_set.state == TrainingSetState.READY


def _train(fire: Fire, owner: User) -> bool:
    """Repeat the run on the new rows."""
    if fire.training_run is None:
        assert fire.training_set is not None  # noqa: S101 - the step before has made it
        spec = msgspec.convert(_template(fire).spec, TrainingRunSpec)
        spec = msgspec.structs.replace(spec, training_set=fire.training_set.name)
        run = runs.start(actor=owner, project=fire.project, name=_name(fire), spec=spec)
        fire.training_run = run
        _note(fire, run.name, run.job_id)
    return _ended([fire.training_run.job_id]) and fire.training_run.state == RunState.SUCCEEDED


def _register(fire: Fire, owner: User) -> bool:
    """Make the run the next version, the challenger."""
    entries = _jobs_of(fire, Step.REGISTER)
    if not entries:
        assert fire.training_run is not None  # noqa: S101 - the step before has made it
        model = registry.model(fire.project, fire.parsed.model)
        job = registry.register(actor=owner, model=model, run_reference=fire.training_run.pk, alias=CHALLENGER)
        _note(fire, model.name, job.pk)
        return False
    if not _ended([entry["job"] for entry in entries]):
        return False
    fire.version = ModelVersion.objects.live().get(training_run=fire.training_run)
    return True


def _compare(fire: Fire, owner: User) -> bool:
    """Compare with the champion on the same rows; without a champion there is nothing to compare with."""
    if fire.comparison is None:
        assert fire.version is not None  # noqa: S101 - the step before has made it
        champion = Alias.objects.select_related("version").filter(model=fire.version.model, name=CHAMPION).first()
        if champion is None:
            return True
        fire.comparison = comparisons.start(actor=owner, challenger=fire.version, champion=champion.version)
        _note(fire, f"version {champion.version.number}", fire.comparison.job_id)
    return _ended([fire.comparison.job_id]) and fire.comparison.state == ComparisonState.SUCCEEDED


_DO: dict[Step, Callable[[Fire, User], bool]] = {
    Step.FEATURES: _features,
    Step.TRAINING_SET: _training_set,
    Step.TRAIN: _train,
    Step.REGISTER: _register,
    Step.COMPARE: _compare,
}
