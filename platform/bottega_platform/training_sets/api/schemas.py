"""Shapes of the endpoints of training sets."""

from datetime import datetime
from typing import Any

from bottega.specs import TrainingSetSpec
from bottega_platform.api.shapes import New, ResourceOut, common
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Role
from bottega_platform.training_sets.models import TrainingSet, TrainingSetState


class TrainingSetIn(New[TrainingSetSpec], frozen=True):
    """A new training set."""


class TrainingSetOut(ResourceOut, frozen=True):
    """A training set in a list. ``counts`` are rows by split, and rows left out by reason."""

    description: str
    labels: str
    label: str
    feature_service: str
    state: str
    job: str
    progress: dict[str, Any] | None
    counts: dict[str, int]
    features: int
    fit_for_registration: bool
    problem: dict[str, Any] | None
    finished_at: datetime | None


class TrainingSetDetail(TrainingSetOut, frozen=True):
    """A training set with what was measured.

    ``views`` says per view how many label rows found a value, none, or only a stale one; ``leaks`` are features
    that alone nearly decide the label; ``data`` maps each table to its Iceberg snapshot.
    """

    spec: dict[str, Any]
    meta_features: list[dict[str, Any]]
    statistics: dict[str, Any]
    views: dict[str, dict[str, int]]
    leaks: list[dict[str, Any]]
    splits: dict[str, str]
    data: dict[str, str]
    service_version: str


def _common(row: TrainingSet, job: Job | None, role: Role) -> dict[str, Any]:
    running = job is not None and job.state == "running" and row.state == TrainingSetState.QUEUED
    actions = {"train": Role.EDITOR} if row.state == TrainingSetState.READY else {}
    return {
        **common(row, role, actions | {"delete": Role.EDITOR}),
        "description": row.spec.get("description", ""),
        "labels": row.spec.get("labels", ""),
        "label": row.spec.get("label", ""),
        "feature_service": row.spec.get("feature_service", ""),
        "state": "running" if running else str(row.state),
        "job": row.job_id,
        "progress": job.progress if job is not None and running else None,
        "counts": row.counts,
        "features": len(row.meta.get("features", [])),
        "fit_for_registration": row.fit_for_registration,
        "problem": row.problem,
        "finished_at": row.finished_at,
    }


def training_set_out(row: TrainingSet, job: Job | None, role: Role) -> TrainingSetOut:
    """Render a training set for a list."""
    return TrainingSetOut(**_common(row, job, role))


def training_set_detail(row: TrainingSet, job: Job | None, role: Role) -> TrainingSetDetail:
    """Render a training set with what was measured."""
    return TrainingSetDetail(
        **_common(row, job, role),
        spec=row.spec,
        meta_features=row.meta.get("features", []),
        statistics=row.meta.get("statistics", {}),
        views=row.meta.get("views", {}),
        leaks=row.meta.get("leaks", []),
        splits=row.splits,
        data=row.data,
        service_version=row.service.get("version", ""),
    )
