"""Computing views and loading them online: starting the jobs, and what their ends mean."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from bottega_platform.api.errors import Conflict
from bottega_platform.audit import services as audit
from bottega_platform.features.feature_services import NotComputed
from bottega_platform.features.models import FeatureView, LoadState, OnlineLoad
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.services import as_of as project_now
from bottega_platform.tables import services as tables

KEEP_REPLACED = timedelta(minutes=10)
ACTIVE = ("queued", "running")


@transaction.atomic
def compute(*, actor: Any, view: FeatureView) -> Job:
    """Start computing a view from the published versions of its sources, or return the job that does."""
    locked = FeatureView.objects.select_for_update().get(pk=view.pk)
    spec = _job_spec(locked)
    active = Job.objects.filter(pk=locked.job_id, state__in=ACTIVE).first()
    if active is not None and active.spec == spec:
        return active
    job = jobs.enqueue(project=locked.project, kind="feature_view", subject=locked.pk, spec=spec, actor=actor)
    FeatureView.objects.filter(pk=locked.pk).update(job_id=job.id)
    view.job_id = job.id
    audit.record(
        actor=actor, project=locked.project, action="feature_view.compute", subject=locked, after={"job": job.id}
    )
    return job


def _job_spec(view: FeatureView) -> dict[str, Any]:
    """Return what a job would compute the view from now: its meaning and the published versions of its sources."""
    versions = {name: tables.published(view.project, name) for name in view.spec["sources"]}
    return {
        "view": view.spec,
        "version": view.version,
        "keys": view.keys,
        "sources": {name: version.pk for name, version in versions.items()},
    }


def is_current(view: FeatureView) -> bool:
    """Say whether the view's table was computed from what is published now, so that nothing would change."""
    last = Job.objects.filter(pk=view.job_id, state="succeeded").first()
    return last is not None and last.spec == _job_spec(view)


@transaction.atomic
def load(*, actor: Any, view: FeatureView, as_of: datetime | None = None) -> OnlineLoad:
    """Start loading a view online as of a moment (default: the project's clock)."""
    locked = FeatureView.objects.select_for_update().get(pk=view.pk)
    if locked.entity_id is None or not locked.parsed.online:
        raise Conflict(f"“{locked.name}” is kept offline only.", code="offline_only")
    if locked.table_version is None or locked.computed_version != locked.version:
        raise NotComputed(f"“{locked.name}” has no data of its present meaning: compute it first.")
    row = OnlineLoad.objects.create(
        project=locked.project,
        created_by=actor,
        view=locked,
        view_version=locked.computed_version,
        table_version=locked.table_version,
        as_of=as_of or project_now(locked.project),
    )
    job = jobs.enqueue(project=locked.project, kind="load_online", subject=row.pk, spec={"load": row.pk}, actor=actor)
    row.job_id = job.id
    row.save(update_fields={"job_id"})
    audit.record(
        actor=actor,
        project=locked.project,
        action="feature_view.load",
        subject=locked,
        after={"as_of": row.as_of.isoformat(), "job": job.id},
    )
    return row


def live_load(view: FeatureView) -> OnlineLoad | None:
    """Return the load that readers of the computed version follow."""
    found: OnlineLoad | None = view.loads.filter(state=LoadState.LIVE, view_version=view.computed_version).first()
    return found


def publish_load(*, job: Job, result: dict[str, Any]) -> OnlineLoad:
    """Make a finished load the live one of its view version; call it inside the fenced transaction."""
    row = OnlineLoad.objects.select_for_update().get(pk=job.subject)
    now = timezone.now()
    others = OnlineLoad.objects.filter(view_id=row.view_id, view_version=row.view_version, state=LoadState.LIVE)
    others.exclude(pk=row.pk).update(state=LoadState.REPLACED, replaced_at=now)
    row.state, row.tag, row.finished_at = LoadState.LIVE, result["tag"], now
    row.rows, row.bytes, row.seconds = result["rows"], result["bytes"], result["seconds"]
    row.save()
    _mark_swept(row, result["swept"], now)
    published: OnlineLoad = row
    return published


def _mark_swept(row: OnlineLoad, tags: list[str], now: datetime) -> None:
    gone = {tag.rpartition("-")[0] for tag in tags}
    OnlineLoad.objects.filter(view_id=row.view_id, job_id__in=gone).exclude(state=LoadState.LIVE).update(swept_at=now)


def tags_to_sweep(row: OnlineLoad) -> list[str]:
    """Return version tags of this view version that nobody follows: replaced ten minutes ago, failed, cut off."""
    old = OnlineLoad.objects.filter(view_id=row.view_id, view_version=row.view_version, swept_at=None)
    old = old.exclude(pk=row.pk).exclude(state__in=(LoadState.LIVE, LoadState.LOADING))
    before = timezone.now() - KEEP_REPLACED
    over = [load for load in old if load.state == LoadState.FAILED or (load.replaced_at and load.replaced_at < before)]
    fences = dict(Job.objects.filter(pk__in=[load.job_id for load in over]).values_list("pk", "fence"))
    mine = Job.objects.get(pk=row.job_id)
    tags = [f"{load.job_id}-{fence}" for load in over for fence in range(1, fences.get(load.job_id, 0) + 1)]
    return tags + [f"{mine.pk}-{fence}" for fence in range(1, mine.fence)]
