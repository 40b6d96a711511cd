"""Training sets: immutable once ready."""

from typing import ClassVar

from django.db import models

from bottega_platform.api.models import NamedResource


class TrainingSetState(models.TextChoices):
    """Where a training set stands; ``running`` is read from its job."""

    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"


class TrainingSet(NamedResource):
    """One join of labels with features; its rows are three Parquet blobs.

    ``splits`` maps ``train``, ``valid`` and ``test`` to digests. ``meta`` has ``features`` (name, type, origin,
    view, categorical, categories, low, high), ``label``, ``statistics``, ``views`` (rows missing and stale) and
    ``leaks``. ``data`` maps table names to snapshot ids (as text) and ``service`` is the ResolvedService.
    """

    id_kind: ClassVar[str] = "training_set"

    spec = models.JSONField()
    service = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=TrainingSetState.choices, default=TrainingSetState.QUEUED)
    job_id = models.CharField(max_length=40, blank=True)
    counts = models.JSONField(default=dict)
    meta = models.JSONField(default=dict)
    splits = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    fit_for_registration = models.BooleanField(default=False)
    problem = models.JSONField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(NamedResource.Meta):
        verbose_name = "training set"
        constraints = [
            *NamedResource.Meta.constraints,
            models.CheckConstraint(
                name="training_sets_ready_has_splits",
                condition=~models.Q(state="ready") | ~models.Q(splits={}),
            ),
        ]
