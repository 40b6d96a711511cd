"""Shapes of the endpoints of schedules."""

from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Prefetch, QuerySet

from bottega.specs import ScheduleSpec
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Role
from bottega_platform.registry.api.schemas import Name, PairedDifference
from bottega_platform.schedules import cron
from bottega_platform.schedules.models import Fire, Schedule

FIRE_RELATED = ("schedule", "training_set", "training_run", "version", "comparison__champion")
ACTIONS = {"update": Role.DEPLOYER, "run": Role.DEPLOYER, "delete": Role.DEPLOYER}


class ScheduleIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new schedule."""

    name: Name
    spec: ScheduleSpec


class ScheduleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A schedule's new spec."""

    spec: ScheduleSpec


class FireTimes(msgspec.Struct, frozen=True):
    """When an expression fires next, in UTC."""

    cron: str
    timezone: str
    next_fires: list[datetime]


class FireJob(msgspec.Struct, frozen=True):
    """A job that a fire started: in which step, and for what."""

    step: str
    name: str
    job: str


class FireOut(msgspec.Struct, frozen=True):
    """One fire. ``missed`` counts the earlier times that this one stands for, of a platform that was down.

    ``difference`` is the challenger's to the champion on the same rows; null until they were compared, and
    where there is no champion.
    """

    id: str
    schedule: str
    fire_time: datetime
    trigger: str
    missed: int
    state: str
    step: str
    jobs: list[FireJob]
    training_set: str | None
    training_run: str | None
    model: str
    version: int | None
    champion: int | None
    difference: PairedDifference | None
    problem: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


class ScheduleOut(msgspec.Struct, frozen=True):
    """A schedule, its next fire times in UTC (none while it is not enabled) and its newest fire."""

    id: str
    name: str
    spec: ScheduleSpec
    owner: str | None
    next_fires: list[datetime]
    last_fire: FireOut | None
    created_at: datetime
    updated_at: datetime
    revision: int
    allowed_actions: list[str]


def fire_out(row: Fire) -> FireOut:
    """Render a fire."""
    comparison = row.comparison
    done = comparison is not None and bool(comparison.difference)
    return FireOut(
        id=row.pk,
        schedule=row.schedule.name,
        fire_time=row.fire_time,
        trigger=row.trigger,
        missed=row.missed,
        state=row.state,
        step=row.step,
        jobs=msgspec.convert(row.jobs, list[FireJob]),
        training_set=row.training_set.name if row.training_set else None,
        training_run=row.training_run.name if row.training_run else None,
        model=row.spec["model"],
        version=row.version.number if row.version else None,
        champion=comparison.champion.number if comparison else None,
        difference=msgspec.convert(comparison.difference, PairedDifference) if comparison and done else None,
        problem=row.problem,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def listed(schedules: QuerySet[Schedule]) -> QuerySet[Schedule]:
    """Return the schedules with what :func:`schedule_out` shows of their fires, in one more query."""
    newest = Fire.objects.select_related(*FIRE_RELATED).order_by("schedule", "-fire_time").distinct("schedule")
    return schedules.select_related("owner").prefetch_related(Prefetch("fires", newest, to_attr="newest"))


def schedule_out(row: Any, role: Role, now: datetime) -> ScheduleOut:
    """Render a schedule of :func:`listed`."""
    spec = row.parsed
    return ScheduleOut(
        id=row.pk,
        name=row.name,
        spec=spec,
        owner=row.owner.get_username() if row.owner else None,
        next_fires=cron.following(spec.cron, spec.timezone, now) if spec.enabled else [],
        last_fire=fire_out(row.newest[0]) if row.newest else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        revision=row.revision,
        allowed_actions=permissions.allowed_actions(role, ACTIONS),
    )
