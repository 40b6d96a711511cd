"""Remove what was kept for a while only: old answers of keyed requests, old events, folders of dead attempts."""

import shutil
import time
from datetime import timedelta
from pathlib import Path

from bottega_platform.api.models import StoredAnswer
from bottega_platform.config import env
from bottega_platform.jobs import clock
from bottega_platform.jobs.models import Job, JobEvent
from bottega_platform.jobs.states import JobState

ANSWERS_AGE = timedelta(hours=24)
EVENTS_AGE = timedelta(days=7)
SCRATCH_GRACE_SECONDS = 3600.0


def purge() -> dict[str, int]:
    """Remove everything past its age; return how much of each."""
    now = clock.now()
    answers, _ = StoredAnswer.objects.filter(created_at__lt=now - ANSWERS_AGE).delete()
    events, _ = JobEvent.objects.filter(created_at__lt=now - EVENTS_AGE).delete()
    return {"answers": answers, "events": events, "scratch": _purge_scratch(env.current().home / "scratch")}


def _purge_scratch(folder: Path) -> int:
    """Remove folders of attempts that no running job owns any more."""
    if not folder.is_dir():
        return 0
    running = Job.objects.filter(state=JobState.RUNNING).values_list("pk", "fence")
    owned = {f"{job_id}-{fence}" for job_id, fence in running}
    stale = [path for path in folder.glob("job_*-*") if path.name not in owned and _is_old(path)]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)
    return len(stale)


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - SCRATCH_GRACE_SECONDS
    except FileNotFoundError:
        return False
