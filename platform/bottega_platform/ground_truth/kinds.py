"""The control plane's half of ``quality`` and ``label_import``."""

from typing import Any, ClassVar

from bottega_platform.ground_truth import imports, quality
from bottega_platform.jobs.kinds import HandleCall, JobKind
from bottega_platform.jobs.models import Job


class QualityKind(JobKind):
    """Joins labels with predictions and measures the days that changed."""

    name: ClassVar[str] = quality.KIND
    queue: ClassVar[str] = "cpu"
    connections: ClassVar[tuple[str, ...]] = ("artifacts",)
    calls: ClassVar[dict[str, HandleCall]] = {
        "labels.waiting": quality.waiting_labels,
        "labels.place": quality.place_labels,
        "labels.of_day": quality.labels_of_day,
    }

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give the versions served, the known parts, and how far log and labels were read."""
        return quality.inputs(job)

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Replace the days that were measured."""
        quality.publish(job, result)


class LabelImportKind(JobKind):
    """Reads labels from a file or a table, checks all of them, then hands them over in batches."""

    name: ClassVar[str] = imports.KIND
    queue: ClassVar[str] = "cpu"
    connections: ClassVar[tuple[str, ...]] = ("iceberg", "artifacts")
    calls: ClassVar[dict[str, HandleCall]] = {"labels.add": imports.add}

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give where the labels are and what they must look like."""
        return imports.inputs(job)

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Say how many labels came, and bring the quality up to date."""
        imports.publish(job, result)

    def failed(self, job: Job) -> None:
        """Say why the import failed."""
        imports.settle_failed(job)


KINDS = (QualityKind, LabelImportKind)
