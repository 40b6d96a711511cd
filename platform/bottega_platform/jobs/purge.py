"""Remove what was kept for a while only: old answers of keyed requests, old events."""

from datetime import timedelta

from bottega_platform.api.models import StoredAnswer
from bottega_platform.jobs import clock
from bottega_platform.jobs.models import JobEvent

ANSWERS_AGE = timedelta(hours=24)
EVENTS_AGE = timedelta(days=7)


def purge() -> dict[str, int]:
    """Remove everything past its age; return how much of each."""
    now = clock.now()
    answers, _ = StoredAnswer.objects.filter(created_at__lt=now - ANSWERS_AGE).delete()
    events, _ = JobEvent.objects.filter(created_at__lt=now - EVENTS_AGE).delete()
    return {"answers": answers, "events": events}
