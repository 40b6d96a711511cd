"""Creating, changing and deleting schedules."""

from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from bottega.specs import ScheduleSpec
from bottega.specs.training import UPLOADED
from bottega_platform.api.errors import Conflict, NameTaken
from bottega_platform.audit import services as audit
from bottega_platform.jobs import clock
from bottega_platform.projects.models import Project
from bottega_platform.projects.services import check_slug
from bottega_platform.registry import services as registry
from bottega_platform.runs.models import RunState, TrainingRun
from bottega_platform.schedules import cron
from bottega_platform.schedules.models import Schedule


@transaction.atomic
def create(*, actor: Any, project: Project, name: str, spec: ScheduleSpec) -> Schedule:
    """Create a schedule; it acts as who creates it.

    Raises:
        Invalid: the expression or the time zone cannot be used.
        NotFound: there is no such run or model.
        Conflict: the run cannot be repeated for the model.
        NameTaken: the project has a schedule of this name.
    """
    check_slug(name, pointer="/name")
    check(project, spec)
    if Schedule.objects.in_project(project).filter(name=name).exists():
        raise NameTaken(name)
    row = Schedule(project=project, created_by=actor, name=name)
    _write(row, spec, actor)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(name) from error
    audit.record(actor=actor, project=project, action="schedule.create", subject=row, after={"spec": row.spec})
    return row


@transaction.atomic
def change(*, actor: Any, schedule: Schedule, spec: ScheduleSpec) -> Schedule:
    """Replace the spec; from then on it acts as who changed it. What is running goes on as it began."""
    check(schedule.project, spec)
    before = {"spec": schedule.spec}
    _write(schedule, spec, actor)
    schedule.save()
    after = {"spec": schedule.spec}
    audit.record(
        actor=actor, project=schedule.project, action="schedule.update", subject=schedule, before=before, after=after
    )
    return schedule


@transaction.atomic
def delete(*, actor: Any, schedule: Schedule) -> None:
    """Take a schedule out of sight; it fires no more, and what is running goes on to its end."""
    schedule.next_fire_at = None
    schedule.save(update_fields={"next_fire_at"})
    schedule.soft_delete()
    audit.record(actor=actor, project=schedule.project, action="schedule.delete", subject=schedule)


def _write(row: Schedule, spec: ScheduleSpec, actor: Any) -> None:
    row.spec, row.owner = msgspec.to_builtins(spec), actor
    row.next_fire_at = next_fire(spec, clock.now())


def next_fire(spec: ScheduleSpec, moment: datetime) -> datetime | None:
    """Return when it fires next after a moment; None while it is not enabled."""
    return next(cron.after(spec.cron, spec.timezone, moment), None) if spec.enabled else None


def check(project: Project, spec: ScheduleSpec) -> None:
    """Refuse a spec that could not fire, or whose run cannot be repeated for the model."""
    cron.check(spec.cron, spec.timezone, at="/spec")
    run: TrainingRun = TrainingRun.objects.named(project, spec.training_run)
    model = registry.model(project, spec.model)
    if run.state != RunState.SUCCEEDED:
        raise Conflict(f"The run “{run.name}” has not succeeded; repeat one that has.", code="not_ready")
    if run.task != model.task:
        detail = f"“{model.name}” is for {model.task}, the run “{run.name}” for {run.task}."
        raise Conflict(detail, code="task_mismatch")
    if run.trainer == UPLOADED or not run.files:
        detail = f"The run “{run.name}” fits no model that could be served: nothing can be trained again."
        raise Conflict(detail, code="not_registrable")
