"""What ``bottega verify`` checks of schedules."""

from collections.abc import Iterable
from datetime import timedelta

from bottega_platform.jobs import clock, verify
from bottega_platform.schedules.models import Schedule

GRACE = timedelta(minutes=5)


def register() -> None:
    """Make the check known."""
    verify.check("schedules.due_ones_fire")(_overdue)


def _overdue(at_rest: bool) -> Iterable[tuple[str, str]]:
    """No schedule is due for long without firing."""
    limit = clock.now() - (timedelta(0) if at_rest else GRACE)
    rows = Schedule.objects.live().filter(next_fire_at__lt=limit, project__deleted_at=None)
    for schedule in rows:
        yield schedule.pk, f"was due at {schedule.next_fire_at} and has not fired: is a scheduler up?"
