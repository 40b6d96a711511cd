"""Opening fires: those that are due, each once, and those that somebody asks for."""

from datetime import datetime
from itertools import takewhile
from typing import Any

from django.db import transaction

from bottega_platform.audit import services as audit
from bottega_platform.jobs import clock
from bottega_platform.schedules import cron, services
from bottega_platform.schedules.errors import AlreadyRunning
from bottega_platform.schedules.models import Fire, Schedule
from bottega_platform.schedules.states import FireState, Trigger


def fire_due() -> int:
    """Open a fire for each schedule that is due; the scheduler calls this, and any number of them may."""
    now = clock.now()
    due = Schedule.objects.live().filter(next_fire_at__lte=now, project__deleted_at=None)
    return sum(_fire(pk, now) for pk in due.order_by("next_fire_at").values_list("pk", flat=True))


@transaction.atomic
def _fire(pk: str, now: datetime) -> bool:
    """Open one fire for the newest time that is due, however many were missed; say whether there was one."""
    rows = Schedule.objects.live().select_for_update(skip_locked=True, of=("self",)).select_related("project")
    schedule = rows.filter(pk=pk, next_fire_at__lte=now).first()
    if schedule is None:
        return False
    spec = schedule.parsed
    later = takewhile(lambda time: time <= now, cron.after(spec.cron, spec.timezone, schedule.next_fire_at))
    due = [schedule.next_fire_at, *later]
    schedule.next_fire_at = services.next_fire(spec, now)
    Schedule.objects.filter(pk=pk).update(next_fire_at=schedule.next_fire_at)
    _open(schedule, due[-1], Trigger.SCHEDULE, missed=len(due) - 1)
    return True


@transaction.atomic
def run_now(*, actor: Any, schedule: Schedule) -> Fire:
    """Open a fire at once.

    Raises:
        AlreadyRunning: the one before is not over.
    """
    locked = Schedule.objects.select_for_update(of=("self",)).select_related("project").get(pk=schedule.pk)
    running = locked.fires.filter(state=FireState.RUNNING).first()
    if running is not None:
        raise AlreadyRunning(f"The fire of {running.fire_time:%Y-%m-%d %H:%M} UTC is not over.", fire=running.pk)
    fire = _open(locked, clock.now(), Trigger.MANUAL)
    audit.record(actor=actor, project=locked.project, action="schedule.run", subject=locked, after={"fire": fire.pk})
    return fire


def _open(schedule: Schedule, fire_time: datetime, trigger: Trigger, *, missed: int = 0) -> Fire:
    fire = Fire(
        project=schedule.project,
        created_by=schedule.owner,
        schedule=schedule,
        fire_time=fire_time,
        trigger=trigger,
        missed=missed,
        spec=schedule.spec,
    )
    running = schedule.fires.filter(state=FireState.RUNNING).first()
    if running is not None:
        fire.state, fire.finished_at = FireState.SKIPPED, clock.now()
        detail = f"The fire of {running.fire_time:%Y-%m-%d %H:%M} UTC was not over."
        fire.problem = {"code": AlreadyRunning.code, "detail": detail}
    fire.save(force_insert=True)
    return fire
