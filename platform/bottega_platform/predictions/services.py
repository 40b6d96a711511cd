"""Keeping what nodes counted, and summing it up per version."""

import re
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from bottega.problems import Fault, SpecProblem
from bottega.serving_contract import Observed, TrafficCell
from bottega_feature_store.types import from_micros, parse_timestamp
from bottega_platform.api.errors import BadRequest, Invalid
from bottega_platform.deployments.models import Endpoint
from bottega_platform.predictions import latency
from bottega_platform.predictions.models import TrafficMinute

MAX_RANGE = timedelta(days=92)
_RANGE = re.compile(r"^([1-9][0-9]{0,4})([mhd])$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_UPSERT = """
INSERT INTO predictions_trafficminute
  (project_id, endpoint_id, version, node_id, boot, minute, requests, errors, degraded, buckets)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (endpoint_id, version, node_id, boot, minute) DO UPDATE
SET requests = EXCLUDED.requests, errors = EXCLUDED.errors, degraded = EXCLUDED.degraded, buckets = EXCLUDED.buckets
WHERE predictions_trafficminute.requests <= EXCLUDED.requests
"""


class Minute(msgspec.Struct, frozen=True):
    """A step of the series: requests, errors and latency in milliseconds."""

    minute: datetime
    requests: int
    errors: int
    degraded: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class VersionTraffic(msgspec.Struct, frozen=True):
    """One version's traffic over the range; latencies in milliseconds."""

    version: int
    requests: int
    errors: int
    degraded: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    minutes: list[Minute]


class Traffic(msgspec.Struct, frozen=True):
    """An endpoint's traffic over a range, newest version first; ``step_seconds`` is the series' step."""

    since: datetime
    until: datetime
    step_seconds: int
    versions: list[VersionTraffic]


class _Sum:
    def __init__(self) -> None:
        self.requests = self.errors = self.degraded = 0
        self.buckets = [0] * latency.BUCKETS

    def add(self, row: TrafficMinute) -> None:
        self.requests += row.requests
        self.errors += row.errors
        self.degraded += row.degraded
        latency.add(self.buckets, row.buckets)

    def numbers(self) -> dict[str, Any]:
        shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
        return {
            "requests": self.requests,
            "errors": self.errors,
            "degraded": self.degraded,
            **{name: latency.percentile(self.buckets, share) for name, share in shares.items()},
        }


def record(report: Observed) -> None:
    """Keep the totals of a node's report; repeating it changes nothing."""
    if not report.traffic:
        return
    wanted = {cell.endpoint_id for cell in report.traffic}
    projects = dict(Endpoint.objects.filter(pk__in=wanted).values_list("pk", "project_id"))
    rows = [_row(report, cell, projects[cell.endpoint_id]) for cell in report.traffic if cell.endpoint_id in projects]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_UPSERT, rows)


def _row(report: Observed, cell: TrafficCell, project_id: str) -> tuple[Any, ...]:
    buckets = msgspec.json.encode(cell.buckets).decode()
    return (
        project_id, cell.endpoint_id, cell.version, report.node_id, report.boot, _minute(cell.minute), cell.requests,
        cell.errors, cell.degraded, buckets,
    )  # fmt: skip


def _minute(text: str) -> datetime:
    try:
        return from_micros(parse_timestamp(text))
    except SpecProblem as problem:
        raise Invalid(str(problem), errors=[Fault("bad_time", str(problem), pointer="/traffic")]) from problem


def parse_range(text: str) -> timedelta:
    """Return the length of ``30m``, ``24h`` or ``7d``."""
    match = _RANGE.match(text)
    length = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None
    if length is None or length > MAX_RANGE:
        raise BadRequest("range is a number and m, h or d, at most 92d, for example 24h.", code="bad_range")
    return length


def step_of(length: timedelta) -> int:
    """Return the seconds of one step, so that a range has at most a few hundred."""
    steps = (60, 300, 900, 3600, 21_600, 86_400)
    return next((step for step in steps if length.total_seconds() / step <= 240), steps[-1])


def traffic(endpoint: Endpoint, *, length: timedelta, until: datetime | None = None) -> Traffic:
    """Return an endpoint's traffic per version over the range that ends at ``until``."""
    until = until or timezone.now()
    since, step = until - length, step_of(length)
    rows = TrafficMinute.objects.filter(endpoint=endpoint, minute__gt=since, minute__lte=until).order_by("minute")
    totals: dict[int, _Sum] = {}
    series: dict[int, dict[int, _Sum]] = {}
    for row in rows.iterator():
        slot = int(row.minute.timestamp()) // step * step
        totals.setdefault(row.version, _Sum()).add(row)
        series.setdefault(row.version, {}).setdefault(slot, _Sum()).add(row)
    versions = [_version(version, totals[version], series[version]) for version in sorted(totals, reverse=True)]
    return Traffic(since, until, step, versions)


def _version(version: int, total: _Sum, slots: dict[int, _Sum]) -> VersionTraffic:
    minutes = [Minute(_moment(slot), **part.numbers()) for slot, part in sorted(slots.items())]
    return VersionTraffic(version=version, minutes=minutes, **total.numbers())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=timezone.get_default_timezone())
