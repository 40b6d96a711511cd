"""Following labels and predictions: when a quality job is due, what it is given, and what its result becomes.

At most one such job per endpoint is under way. It reads only files of the log that none before it has read, and
computes only days that new labels or new predictions touch.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from bottega.ids import moment_of
from bottega_platform.api.errors import Conflict
from bottega_platform.deployments.models import Endpoint
from bottega_platform.ground_truth.facts import keys_of, versions_of
from bottega_platform.ground_truth.models import Label, LabelDay, PredictionPart, QualityDay, QualityState
from bottega_platform.jobs import clock
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.predictions.models import TrafficMinute

KIND = "quality"
PAGE = 20_000
FIRST_DAYS = 92
LATE_DAYS = 7
STRANGER_DAYS = 30
SHIPPED_WITHIN = timedelta(minutes=2)
RETRY_AFTER = timedelta(minutes=5)
_OPEN = ("queued", "running")


def follow(endpoint: Endpoint, actor: Any = None) -> str:
    """Return the id of the job that will bring the endpoint's quality up to date, started if none is open."""
    QualityState.objects.get_or_create(endpoint=endpoint, defaults={"project_id": endpoint.project_id})
    with transaction.atomic():
        state = QualityState.objects.select_for_update().select_related("endpoint__project").get(endpoint=endpoint)
        if not Job.objects.filter(pk=state.job_id, state__in=_OPEN).exists():
            _start(state, actor)
    return state.job_id


def _start(state: QualityState, actor: Any = None) -> None:
    endpoint = state.endpoint
    job = jobs.enqueue(project=endpoint.project, kind=KIND, subject=endpoint.pk, spec={}, actor=actor)
    state.job_id = job.pk
    state.save(update_fields=["job_id"])


def follow_due() -> int:
    """Start a job for each endpoint with labels or predictions that no job has seen; the scheduler calls this."""
    due = list(_due(clock.now()))
    for state in due:
        follow(state.endpoint)
    return len(due)


def _due(now: datetime) -> Iterable[QualityState]:
    newer = Label.objects.filter(endpoint=OuterRef("pk"), id__gt=OuterRef("labels_seen"))
    shipped_since = TrafficMinute.objects.filter(
        endpoint=OuterRef("pk"), minute__gte=OuterRef("read_at") - SHIPPED_WITHIN
    )
    mine = Job.objects.filter(pk=OuterRef("job_id"))
    busy = mine.filter(Q(state__in=_OPEN) | Q(state="failed", finished_at__gt=now - RETRY_AFTER))
    rows = QualityState.objects.filter(endpoint__deleted_at=None, endpoint__project__deleted_at=None)
    return rows.filter(Exists(newer) | Exists(shipped_since)).exclude(Exists(busy)).select_related("endpoint__project")


def inputs(job: Job) -> dict[str, Any]:
    """Return what a quality job reads: versions with their keys, known parts, how far the log was read."""
    state = QualityState.objects.select_related("endpoint").get(endpoint=job.subject)
    newest = Label.objects.filter(endpoint=state.endpoint).order_by("-id").values_list("id", flat=True).first() or 0
    now = clock.now()
    return {
        "project_id": job.project_id,
        "endpoint_id": job.subject,
        "revision": state.revision,
        "seen": state.labels_seen,
        "bound": newest,
        "days": [day.isoformat() for day in _label_days(state, newest)],
        "versions": [
            {"model": name, "version": number, "task": row.model.task, "keys": [key.name for key in keys_of(row)]}
            for (name, number), row in sorted(versions_of(state.endpoint).items())
        ],
        "parts": [_part(part) for part in PredictionPart.objects.filter(endpoint=state.endpoint).order_by("day", "id")],
        "log_read": state.log_read,
        "log_from": (now - timedelta(days=LATE_DAYS if state.read_at else FIRST_DAYS)).date().isoformat(),
        "strangers_from_us": _micros(now - timedelta(days=STRANGER_DAYS)),
        "read_at": now.isoformat(),
    }


def _label_days(state: QualityState, bound: int) -> list[date]:
    rows = Label.objects.filter(endpoint=state.endpoint, id__gt=state.labels_seen, id__lte=bound, day__isnull=False)
    found = rows.order_by("day").values_list("day", flat=True).distinct()
    return [day for day in found if day is not None]


def _part(part: PredictionPart) -> dict[str, Any]:
    return {
        "day": part.day.isoformat(),
        "digest": part.digest,
        "rows": part.rows,
        "first_us": _micros(part.first_at),
        "last_us": _micros(part.last_at),
    }


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


# what the child asks for, under the fence


def waiting_labels(job: Job, params: dict[str, Any]) -> list[list[Any]]:
    """Return a page of labels whose request the log did not have: [id, reference, made at in µs or null]."""
    rows = Label.objects.filter(
        endpoint=job.subject, day__isnull=True, id__gt=params["after"], id__lte=params["bound"]
    ).order_by("id")
    return [[row.id, bytes(row.reference).hex(), _made_at(row.request_id)] for row in rows[:PAGE]]


def _made_at(request_id: str) -> int | None:
    milliseconds = moment_of(request_id)
    return None if milliseconds is None else milliseconds * 1000


def place_labels(job: Job, params: dict[str, Any]) -> int:
    """Write down the days on which the named requests were found; repeating it changes nothing."""
    days: dict[str, list[bytes]] = {}
    for reference, day in params["found"]:
        days.setdefault(day, []).append(bytes.fromhex(reference))
    return sum(
        Label.objects.filter(endpoint=job.subject, reference__in=references, day__isnull=True).update(day=day)
        for day, references in days.items()
    )


def labels_of_day(job: Job, params: dict[str, Any]) -> list[list[Any]]:
    """Return a page of a day's valid labels, the newest of each reference: [reference, id, value]."""
    rows = Label.objects.filter(
        endpoint=job.subject, day=params["day"], id__lte=params["bound"], reference__gt=bytes.fromhex(params["after"])
    )
    newest = rows.order_by("reference", "-number").distinct("reference")
    return [[bytes(row.reference).hex(), row.id, row.value] for row in newest[:PAGE]]


# what its result becomes


def publish(job: Job, result: dict[str, Any]) -> None:
    """Make a job's result the endpoint's quality; call it inside the fenced transaction."""
    state = QualityState.objects.select_for_update().select_related("endpoint__project").get(endpoint=job.subject)
    if state.revision != result["revision"]:
        raise Conflict("Another run has brought this endpoint's quality up to date meanwhile.", code="conflict")
    endpoint = state.endpoint
    _replace_parts(job, endpoint, result["parts"], result["replaced"])
    for day in result["days"]:
        _replace_day(endpoint, day)
    state.revision += 1
    state.labels_seen, state.log_read = result["bound"], result["log_read"]
    state.read_at = datetime.fromisoformat(result["read_at"])
    state.save()
    if Label.objects.filter(endpoint=endpoint, id__gt=state.labels_seen).exists():
        _start(state)


def _replace_parts(job: Job, endpoint: Endpoint, parts: list[dict[str, Any]], replaced: list[list[str]]) -> None:
    for day, digest in replaced:
        PredictionPart.objects.filter(endpoint=endpoint, day=day, digest=digest).delete()
    for part in parts:
        PredictionPart.objects.update_or_create(
            endpoint=endpoint,
            day=part["day"],
            digest=part["digest"],
            defaults={
                "project_id": endpoint.project_id,
                "rows": part["rows"],
                "first_at": _moment(part["first_us"]),
                "last_at": _moment(part["last_us"]),
                "job_id": job.pk,
            },
        )


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, tz=UTC)


def _replace_day(endpoint: Endpoint, day: dict[str, Any]) -> None:
    QualityDay.objects.filter(endpoint=endpoint, day=day["day"]).delete()
    now = timezone.now()
    QualityDay.objects.bulk_create(
        QualityDay(project_id=endpoint.project_id, endpoint=endpoint, day=day["day"], computed_at=now, **version)
        for version in day["versions"]
    )
    LabelDay.objects.update_or_create(
        endpoint=endpoint,
        day=day["day"],
        defaults={"project_id": endpoint.project_id, "labels": day["labels"], "matched": day["matched"]},
    )
