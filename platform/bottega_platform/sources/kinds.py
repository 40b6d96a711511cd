"""Job kinds ``inspect`` and ``ingest``, the control plane's half."""

from typing import Any, ClassVar

from bottega_platform.jobs.kinds import JobKind
from bottega_platform.jobs.models import Job
from bottega_platform.sources import inspections
from bottega_platform.sources.models import Inspection, Source
from bottega_platform.tables import services as tables


class Inspect(JobKind):
    """Reads the beginning and samples of an upload and guesses what it holds."""

    name: ClassVar[str] = "inspect"
    queue: ClassVar[str] = "cpu"
    connections: ClassVar[tuple[str, ...]] = ("artifacts",)
    timeout_seconds: ClassVar[float] = 600.0

    def inputs(self, job: Job) -> dict[str, Any]:
        """Return which file, and how it is said to be written."""
        row = Inspection.objects.select_related("upload").get(pk=job.subject)
        return {"upload": row.upload.digest, "format": row.format}

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Show what was found."""
        inspections.settle(job, result)

    def failed(self, job: Job) -> None:
        """Say why the file cannot be read."""
        inspections.settle_failed(job)


class Ingest(JobKind):
    """Reads an upload strictly and publishes a version of the source's table."""

    name: ClassVar[str] = "ingest"
    queue: ClassVar[str] = "cpu"
    connections: ClassVar[tuple[str, ...]] = ("iceberg", "artifacts")

    def inputs(self, job: Job) -> dict[str, Any]:
        """Return the source as it was when the ingest was asked for, and where to stage."""
        source = Source.objects.get(pk=job.subject)
        return {"source": job.spec["source"], "project_id": job.project_id, "table_id": source.table_id}

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Publish the staged snapshot as the table's next version."""
        source = Source.objects.select_related("table").get(pk=job.subject)
        tables.publish_result(job=job, table=source.table, result=result, message=f"ingest of {source.name}")
