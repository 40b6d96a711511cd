"""Training runs, studies and trials: the record; MLflow and Optuna follow it."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from bottega_platform.api.models import NamedResource, Resource


class RunState(models.TextChoices):
    """How far a run or a study is. While it is queued, its job says whether it runs already."""

    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TrialState(models.TextChoices):
    """How far a trial is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    PRUNED = "pruned"
    FAILED = "failed"


FINAL_TRIAL_STATES = frozenset({TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED})


class TrainingRun(NamedResource):
    """One fit, or a study and the refit of its best point. Results are set once, by the job that made them."""

    id_kind: ClassVar[str] = "training_run"

    training_set = models.ForeignKey("training_sets.TrainingSet", on_delete=models.PROTECT, related_name="runs")
    spec = models.JSONField()
    trainer = models.CharField(max_length=63)
    task = models.CharField(max_length=16)
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.QUEUED)
    job_id = models.CharField(max_length=40, unique=True)
    code = models.CharField(max_length=80, blank=True, help_text="commit or version of the platform's code")
    params = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    comparisons = models.JSONField(default=list)
    threshold = models.FloatField(null=True, blank=True)
    report = models.CharField(max_length=64, blank=True)
    predictions = models.CharField(max_length=64, blank=True)
    format = models.CharField(max_length=16, blank=True)
    files = models.JSONField(default=list)
    inputs = models.JSONField(default=list)
    environment = models.JSONField(default=dict)
    seconds = models.JSONField(default=dict)
    device = models.JSONField(default=dict, help_text="where a trainer that can use a GPU ran, and why there")
    problem = models.JSONField(null=True, blank=True)
    published_by = models.CharField(max_length=40, blank=True, help_text="job whose results these are")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(NamedResource.Meta):
        verbose_name = "training run"
        constraints = [
            *NamedResource.Meta.constraints,
            models.CheckConstraint(
                name="runs_succeeded_has_results",
                condition=~models.Q(state="succeeded") | (~models.Q(report="") & ~models.Q(predictions="")),
            ),
        ]
        indexes = [models.Index(name="runs_project_created", fields=["project", "-created_at"])]


class Study(Resource):
    """A search for a run's parameters; its trials are the truth, Optuna only proposes."""

    id_kind: ClassVar[str] = "study"

    run = models.OneToOneField(TrainingRun, on_delete=models.PROTECT, related_name="study")
    spec = models.JSONField()
    direction = models.CharField(max_length=8)
    metric = models.CharField(max_length=31)
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.QUEUED)
    best_number = models.PositiveIntegerField(null=True, blank=True)
    best_value = models.FloatField(null=True, blank=True)
    refit_job_id = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = "study"


class Trial(models.Model):
    """One point of a study. ``reports`` are [step, value] of the attempt with ``reports_fence``.

    ``sampler`` says how the point was drawn (``random``, ``tpe``); ``started_at`` is when its last attempt began.
    """

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="trials")
    number = models.PositiveIntegerField()
    params = models.JSONField()
    sampler = models.CharField(max_length=16, blank=True, default="")
    state = models.CharField(max_length=16, choices=TrialState.choices, default=TrialState.QUEUED)
    value = models.FloatField(null=True, blank=True)
    reports = models.JSONField(default=list)
    reports_fence = models.BigIntegerField(default=0)
    job_id = models.CharField(max_length=40, unique=True)
    problem = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("study", "number")
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="runs_trial_number"),
            models.CheckConstraint(
                name="runs_trial_completed_has_value",
                condition=~models.Q(state="completed") | models.Q(value__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} #{self.number}"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes any more."""
        return self.state in FINAL_TRIAL_STATES
