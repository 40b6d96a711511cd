"""Labels with their history, what is kept of the prediction log to join them with, and quality per day."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from bottega_platform.api.models import Resource
from bottega_platform.jobs.clock import DatabaseNow


class Label(models.Model):
    """One value that was told about one prediction. A correction is a row with the next ``number``: it wins.

    ``reference`` names the prediction (see :mod:`bottega.ground_truth`). ``day`` is the UTC day of the
    prediction's moment; of a label by request id it is null until the log has that request.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    endpoint = models.ForeignKey("deployments.Endpoint", on_delete=models.PROTECT, related_name="labels")
    reference = models.BinaryField(max_length=16)
    number = models.PositiveIntegerField(default=1)
    value = models.FloatField()
    request_id = models.CharField(max_length=128, blank=True)
    row = models.PositiveIntegerField(default=0)
    keys = models.JSONField(null=True, blank=True)
    event_time = models.DateTimeField(null=True, blank=True)
    day = models.DateField(null=True, blank=True)
    received_at = models.DateTimeField(db_default=DatabaseNow())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "reference", "number"], name="ground_truth_label_number"),
            models.CheckConstraint(
                name="ground_truth_label_named",
                condition=~models.Q(request_id="") ^ models.Q(keys__isnull=False, event_time__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="ground_truth_label_day", fields=["endpoint", "day", "reference", "-number"]),
            models.Index(name="ground_truth_label_new", fields=["endpoint", "id"]),
            models.Index(
                name="ground_truth_label_waiting", fields=["endpoint", "id"], condition=models.Q(day__isnull=True)
            ),
            models.Index(
                name="ground_truth_label_request",
                fields=["endpoint", "request_id"],
                condition=~models.Q(request_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} label {self.pk}"


class PredictionPart(models.Model):
    """A blob with the predictions of one day, by their references: what labels are joined with.

    ``day`` is that of the predictions' moment; ``first_at`` and ``last_at`` say when they were made.
    """

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    endpoint = models.ForeignKey("deployments.Endpoint", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    digest = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    job_id = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "day", "digest"], name="ground_truth_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.day} {self.digest[:12]}"


class QualityDay(models.Model):
    """How one model version did on one day: predictions, how many have a label, and the metrics of those.

    ``metrics`` maps names to {value, low, high}, or to null where ``reasons`` says why there is none.
    """

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    endpoint = models.ForeignKey("deployments.Endpoint", on_delete=models.PROTECT, related_name="quality_days")
    day = models.DateField()
    model = models.CharField(max_length=63)
    version = models.PositiveIntegerField()
    task = models.CharField(max_length=16)
    predictions = models.BigIntegerField()
    labelled = models.BigIntegerField()
    metrics = models.JSONField(default=dict)
    reasons = models.JSONField(default=dict)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "day", "model", "version"], name="ground_truth_quality_day_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.day} {self.model} v{self.version}"


class LabelDay(models.Model):
    """Labels of one day, and how many of them name a prediction of the log."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    endpoint = models.ForeignKey("deployments.Endpoint", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    labels = models.BigIntegerField()
    matched = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "day"], name="ground_truth_label_day_once")]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.day}"


class QualityState(models.Model):
    """How far an endpoint's quality follows its labels and its log; ``revision`` counts the published runs.

    ``log_read`` maps a date of the log to what was read of it: every file up to ``after``, and ``names`` beyond.
    """

    endpoint = models.OneToOneField(
        "deployments.Endpoint", primary_key=True, on_delete=models.PROTECT, related_name="quality_state"
    )
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(default=0)
    labels_seen = models.BigIntegerField(default=0)
    log_read = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True, blank=True)
    job_id = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"quality of {self.endpoint_id}"


class ImportState(models.TextChoices):
    """How far an import is; a queued one whose job runs is running."""

    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LabelImport(Resource):
    """Labels that come from a file or from a table of the project.

    ``counts`` says what became of its rows; until it has succeeded, of those of each batch that was kept so far.
    """

    id_kind: ClassVar[str] = "label_import"

    endpoint = models.ForeignKey("deployments.Endpoint", on_delete=models.PROTECT, related_name="label_imports")
    spec = models.JSONField()
    state = models.CharField(max_length=16, choices=ImportState.choices, default=ImportState.QUEUED)
    job_id = models.CharField(max_length=40, unique=True)
    counts = models.JSONField(default=dict)
    problem = models.JSONField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "label import"
        indexes = [models.Index(name="ground_truth_import_list", fields=["endpoint", "-created_at"])]
