"""The tables of the job engine. Every row carries its project, but for the machines' devices."""

from django.conf import settings
from django.db import models

from bottega.ids import new_id
from bottega.protocol import PAYLOAD_FORMAT, FailureClass
from bottega_platform.jobs.clock import DatabaseNow
from bottega_platform.jobs.states import FINAL, JobState


def new_job_id() -> str:
    """Return a new job id."""
    return new_id("job")


class Job(models.Model):
    """One piece of durable work. The row is the truth: messages about it only wake a worker."""

    id = models.CharField(primary_key=True, max_length=40, default=new_job_id, editable=False)
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=63)
    subject = models.CharField(max_length=63, help_text="id of the resource this job works for")
    spec = models.JSONField(default=dict)
    payload_format = models.PositiveSmallIntegerField(default=PAYLOAD_FORMAT)
    natural_key = models.CharField(max_length=255, null=True, blank=True)
    queue = models.CharField(max_length=31)
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=15, default=JobState.QUEUED.value)
    attempt = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=3)
    run_after = models.DateTimeField(db_default=DatabaseNow())
    fence = models.BigIntegerField(default=0)
    lease_owner = models.CharField(max_length=127, null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    progress = models.JSONField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    failure_class = models.CharField(max_length=15, null=True, blank=True)
    problem = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=DatabaseNow())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="job_state_known", condition=models.Q(state__in=[str(state) for state in JobState])
            ),
            models.CheckConstraint(
                name="job_failure_class_known",
                condition=models.Q(failure_class__isnull=True)
                | models.Q(failure_class__in=[str(item) for item in FailureClass]),
            ),
            models.CheckConstraint(
                name="job_running_has_lease",
                condition=models.Q(state="running", lease_until__isnull=False, lease_owner__isnull=False)
                | (~models.Q(state="running") & models.Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="job_failed_has_reason",
                condition=~models.Q(state="failed") | models.Q(problem__isnull=False, failure_class__isnull=False),
            ),
            models.CheckConstraint(
                name="job_final_has_finish_time",
                condition=models.Q(state__in=["queued", "running"], finished_at__isnull=True)
                | models.Q(state__in=["succeeded", "failed", "cancelled"], finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="job_attempt_within_limit", condition=models.Q(attempt__lte=models.F("max_attempts"))
            ),
            models.UniqueConstraint(name="job_natural_key", fields=["project", "kind", "natural_key"]),
        ]
        indexes = [
            models.Index(
                name="job_claim",
                fields=["queue", "-priority", "run_after", "id"],
                condition=models.Q(state="queued"),
            ),
            models.Index(name="job_lease", fields=["lease_until"], condition=models.Q(state="running")),
            models.Index(name="job_project_created", fields=["project", "-created_at", "-id"]),
            models.Index(name="job_subject", fields=["subject", "-created_at"]),
            models.Index(name="job_active", fields=["project"], condition=models.Q(state__in=["queued", "running"])),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_final(self) -> bool:
        """Whether nothing can change any more."""
        return self.state in FINAL

    @property
    def staging_name(self) -> str:
        """The name under which this attempt stages effects outside the database."""
        return f"{self.id}-{self.fence}"


class Device(models.Model):
    """A GPU of a worker's machine and the lease on it; see :mod:`bottega_platform.jobs.devices`.

    It belongs to the machine, not to a project.
    """

    id = models.BigAutoField(primary_key=True)
    host = models.CharField(max_length=255)
    number = models.CharField(max_length=63, help_text="what CUDA_VISIBLE_DEVICES takes: an index or a UUID")
    name = models.CharField(max_length=127)
    memory_bytes = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(db_default=DatabaseNow())
    job = models.OneToOneField(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="device")
    fence = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="job_device_of_host", fields=["host", "number"]),
            models.CheckConstraint(
                name="job_device_lease_has_fence",
                condition=models.Q(job__isnull=True) | models.Q(fence__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number} of {self.host}"


class JobPublication(models.Model):
    """Proof that a job's effect was committed, once, and under which fence."""

    job = models.OneToOneField(Job, primary_key=True, on_delete=models.PROTECT, related_name="publication")
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="+")
    fence = models.BigIntegerField()
    published_at = models.DateTimeField(db_default=DatabaseNow())

    def __str__(self) -> str:
        return f"{self.job_id} at fence {self.fence}"


class JobEvent(models.Model):
    """Something a project's members can follow live; the id is the event id of the stream."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=63)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        indexes = [
            models.Index(name="job_event_stream", fields=["project", "id"]),
            models.Index(name="job_event_job", fields=["job", "id"]),
            models.Index(name="job_event_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class OutboxMessage(models.Model):
    """A side effect promised by a transaction; the relay delivers it at least once, then deletes it."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey("projects.Project", null=True, on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=63)
    payload = models.JSONField(default=dict)
    attempts = models.PositiveIntegerField(default=0)
    available_at = models.DateTimeField(db_default=DatabaseNow())
    last_error = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(db_default=DatabaseNow())

    class Meta:
        indexes = [models.Index(name="outbox_due", fields=["available_at", "id"])]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"
