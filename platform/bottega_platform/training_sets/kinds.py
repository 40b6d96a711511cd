"""Job kind ``training_set``, the control plane's half."""

from typing import Any, ClassVar

from django.utils import timezone

from bottega_platform.jobs.kinds import JobKind
from bottega_platform.jobs.models import Job
from bottega_platform.training_sets import services
from bottega_platform.training_sets.models import TrainingSet, TrainingSetState


class BuildTrainingSet(JobKind):
    """Joins labels with features and publishes three splits."""

    name: ClassVar[str] = "training_set"
    queue: ClassVar[str] = "cpu"
    connections: ClassVar[tuple[str, ...]] = ("iceberg", "artifacts", "spark")

    def inputs(self, job: Job) -> dict[str, Any]:
        """Return what was resolved when the training set was asked for: it never moves under a retry."""
        row = TrainingSet.objects.get(pk=job.subject)
        return {"spec": row.spec, "service": row.service, "labels": job.spec["labels"], "project_id": job.project_id}

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Make the training set ready."""
        TrainingSet.objects.filter(pk=job.subject).update(
            state=TrainingSetState.READY,
            counts=result["counts"],
            meta=result["meta"],
            splits=result["splits"],
            fit_for_registration=result["fit_for_registration"],
            finished_at=timezone.now(),
        )

    def failed(self, job: Job) -> None:
        """Say why it failed."""
        services.settle_failed(job)
