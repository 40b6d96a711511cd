"""An endpoint's realised quality as it is shown: per day and version, with how many predictions have a label."""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from django.db.models import QuerySet

from bottega_platform.deployments.models import Endpoint
from bottega_platform.ground_truth.models import Label, LabelDay, QualityDay, QualityState
from bottega_platform.jobs import clock
from bottega_platform.jobs.models import Job
from bottega_platform.projects.services import as_of

WAITS = timedelta(hours=1)
LEADING = {"binary": "auc", "regression": "mae"}


class Measured(msgspec.Struct, frozen=True):
    """A metric's value and its 95 % interval."""

    value: float
    low: float
    high: float


class DayQuality(msgspec.Struct, frozen=True):
    """One version on one UTC day. A metric is null where ``reasons`` says why; ``coverage`` is the labelled share."""

    day: date
    predictions: int
    labelled: int
    coverage: float
    metrics: dict[str, Measured | None]
    reasons: dict[str, str]
    computed_at: datetime


class VersionQuality(msgspec.Struct, frozen=True):
    """One model version over the range; ``metric`` is the one that leads its chart."""

    model: str
    version: int
    task: str
    metric: str
    predictions: int
    labelled: int
    coverage: float
    days: list[DayQuality]


class LabelCounts(msgspec.Struct, frozen=True):
    """What became of labels. The first two are of the range, the others of all labels by request id.

    ``matched`` name a prediction of the log, ``unmatched`` none so far. ``waiting`` name a request that the log
    does not have yet; after an hour they count as ``unknown``, and match still if it appears.
    """

    matched: int
    unmatched: int
    waiting: int
    unknown: int
    newest_at: datetime | None


class Quality(msgspec.Struct, frozen=True):
    """Realised quality of an endpoint, newest version first. ``job`` is at work while ``following`` is true."""

    since: date
    until: date
    by: str
    labels: LabelCounts
    following: bool
    job: str | None
    versions: list[VersionQuality]


def quality(endpoint: Endpoint, *, length: timedelta) -> Quality:
    """Return the quality of the days of the range that ends at the project's present time."""
    until = as_of(endpoint.project)
    since = (until - length).date()
    rows = QualityDay.objects.filter(endpoint=endpoint, day__gte=since, day__lte=until.date())
    state = QualityState.objects.filter(endpoint=endpoint).first()
    open_job = state is not None and Job.objects.filter(pk=state.job_id, state__in=["queued", "running"]).exists()
    return Quality(
        since=since,
        until=until.date(),
        by="day",
        labels=_label_counts(endpoint, since, until.date()),
        following=open_job,
        job=state.job_id if state else None,
        versions=_versions(rows.order_by("day")),
    )


def _versions(rows: QuerySet[QualityDay]) -> list[VersionQuality]:
    grouped: dict[tuple[str, int], list[QualityDay]] = {}
    for row in rows:
        grouped.setdefault((row.model, row.version), []).append(row)
    newest = sorted(grouped, key=lambda key: (grouped[key][-1].day, key[1]), reverse=True)
    return [_version(grouped[key]) for key in newest]


def _version(days: list[QualityDay]) -> VersionQuality:
    predictions, labelled = sum(row.predictions for row in days), sum(row.labelled for row in days)
    return VersionQuality(
        model=days[0].model,
        version=days[0].version,
        task=days[0].task,
        metric=LEADING[days[0].task],
        predictions=predictions,
        labelled=labelled,
        coverage=labelled / predictions if predictions else 0.0,
        days=[_day(row) for row in days],
    )


def _day(row: QualityDay) -> DayQuality:
    return DayQuality(
        day=row.day,
        predictions=row.predictions,
        labelled=row.labelled,
        coverage=row.labelled / row.predictions if row.predictions else 0.0,
        metrics=msgspec.convert(row.metrics, dict[str, Measured | None]),
        reasons=row.reasons,
        computed_at=row.computed_at,
    )


def _label_counts(endpoint: Endpoint, since: date, until: date) -> LabelCounts:
    days = LabelDay.objects.filter(endpoint=endpoint, day__gte=since, day__lte=until)
    labels, matched = sum(row.labels for row in days), sum(row.matched for row in days)
    nowhere = Label.objects.filter(endpoint=endpoint, day__isnull=True, number=1)
    old = clock.now() - WAITS
    newest: Any = Label.objects.filter(endpoint=endpoint).order_by("-id").values_list("received_at", flat=True).first()
    return LabelCounts(
        matched=matched,
        unmatched=labels - matched,
        waiting=nowhere.filter(received_at__gte=old).count(),
        unknown=nowhere.filter(received_at__lt=old).count(),
        newest_at=newest,
    )
