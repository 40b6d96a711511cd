"""Models, their immutable versions, and aliases with their history."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from bottega_platform.api.models import NamedQuerySet, NamedResource, Resource, Revisioned

CHAMPION = "champion"


class Model(NamedResource):
    """A named line of model versions of one task."""

    id_kind: ClassVar[str] = "model"

    task = models.CharField(max_length=16)
    description = models.TextField(blank=True)

    class Meta(NamedResource.Meta):
        verbose_name = "model"


class ModelVersion(Resource):
    """One packaged and checked model: its row exists only once its bundle is complete, and only its deletion changes
    it. A deleted one stays in the table, out of sight, and keeps its number.
    """

    id_kind: ClassVar[str] = "model_version"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    training_run = models.ForeignKey("runs.TrainingRun", on_delete=models.PROTECT, related_name="versions")
    bundle = models.CharField(max_length=64, help_text="digest of the manifest")
    format = models.CharField(max_length=16)
    signature = models.JSONField()
    files = models.JSONField()
    metrics = models.JSONField()
    measured = models.JSONField()
    stamps = models.JSONField()
    description = models.TextField(blank=True)
    job_id = models.CharField(max_length=40, unique=True)
    fence = models.BigIntegerField()
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = NamedQuerySet.as_manager()

    class Meta:
        verbose_name = "model version"
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="registry_version_number"),
            models.UniqueConstraint(
                fields=["model", "training_run"], condition=models.Q(deleted_at=None), name="registry_version_run"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} version {self.number}"


class Alias(Revisioned):
    """A movable name for one version of a model."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(max_length=63)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="aliases")

    class Meta:
        verbose_name = "alias"
        constraints = [models.UniqueConstraint(fields=["model", "name"], name="registry_alias_name")]

    def __str__(self) -> str:
        return self.name


class AliasMove(models.Model):
    """One move of an alias: what was called so from ``at`` on, and who moved it."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="alias_moves")
    alias = models.CharField(max_length=63)
    before = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(name="registry_alias_history", fields=["model", "alias", "-at"])]

    def __str__(self) -> str:
        return f"{self.alias} to {self.after_id}"


class ComparisonState(models.TextChoices):
    """How far a comparison is; a queued one whose job runs is running."""

    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Comparison(Resource):
    """Two versions of a model on the same rows: the hold-out of ``training_set``. Results are set once.

    ``metrics`` maps ``challenger`` and ``champion`` to metrics with intervals. ``difference`` is the paired one:
    the main metric's name, the challenger's ``gain`` with its interval, and the ``verdict``.
    """

    id_kind: ClassVar[str] = "comparison"

    challenger = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="comparisons")
    champion = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    training_set = models.ForeignKey("training_sets.TrainingSet", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=ComparisonState.choices, default=ComparisonState.QUEUED)
    job_id = models.CharField(max_length=40, unique=True)
    rows = models.PositiveBigIntegerField(default=0)
    metrics = models.JSONField(default=dict)
    difference = models.JSONField(default=dict)
    problem = models.JSONField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "comparison"
        constraints = [
            models.UniqueConstraint(
                fields=["challenger", "champion", "training_set"],
                condition=models.Q(state__in=["queued", "succeeded"]),
                name="registry_comparison_once",
            ),
            models.CheckConstraint(
                name="registry_comparison_has_results",
                condition=~models.Q(state="succeeded") | (~models.Q(metrics={}) & models.Q(rows__gt=0)),
            ),
        ]
        indexes = [models.Index(name="registry_comparison_list", fields=["challenger", "-created_at"])]
