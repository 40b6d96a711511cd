"""The control plane's half of ``package`` and ``compare``: what a bundle is made from, and how versions compare."""

from typing import Any, ClassVar

from bottega_platform.api.errors import Conflict
from bottega_platform.jobs import outbox
from bottega_platform.jobs.kinds import JobKind
from bottega_platform.jobs.models import Job
from bottega_platform.registry import comparisons, services
from bottega_platform.registry.ledger import TOPIC
from bottega_platform.registry.models import Model, ModelVersion
from bottega_platform.runs import training_sets
from bottega_platform.runs.models import TrainingRun


class PackageKind(JobKind):
    """Builds, checks and measures a bundle; only a complete one becomes a version."""

    name: ClassVar[str] = "package"
    queue: ClassVar[str] = "cpu"
    timeout_seconds: ClassVar[float] = 1800.0
    connections: ClassVar[tuple[str, ...]] = ("artifacts",)

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give the run's results, its hold-out, its service as it was trained, and the stamps."""
        run = TrainingRun.objects.select_related("training_set", "project").get(pk=job.spec["training_run"])
        training_set = run.training_set
        return {
            "run": run.id,
            "task": run.task,
            "format": run.format or None,
            "files": run.files,
            "inputs": run.inputs,
            "test": training_set.splits["test"],
            "predictions": run.predictions,
            "metrics": {**run.metrics, "threshold": run.threshold},
            "fit_for_registration": training_sets.is_fit(training_set),
            "service": training_sets.service(training_set),
            "stamps": _stamps(job, run),
        }

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Create the next version, and point the wished alias at it."""
        model = Model.objects.select_for_update().get(pk=job.spec["model"])
        newest = model.versions.order_by("-number").first()
        run = TrainingRun.objects.get(pk=job.spec["training_run"])
        if ModelVersion.objects.live().filter(model=model, training_run=run).exists():
            raise Conflict(f"The run “{run.name}” is registered already.", code="already_registered")
        version = ModelVersion.objects.create(
            project_id=job.project_id,
            created_by=job.created_by,
            model=model,
            number=1 + (newest.number if newest else 0),
            training_run=run,
            metrics=run.metrics,
            description=job.spec.get("description", ""),
            job_id=job.id,
            fence=job.fence,
            **{name: result[name] for name in ("bundle", "format", "signature", "files", "measured", "stamps")},
        )
        if job.spec.get("alias"):
            services.move_alias(
                actor=job.created_by, model=model, name=job.spec["alias"], version=version, reason="registered"
            )
        outbox.put(topic=TOPIC, payload={"version": version.id}, project=model.project)


def _stamps(job: Job, run: TrainingRun) -> dict[str, Any]:
    return {
        "code": run.code,
        "training_set": run.training_set_id,
        "training_run": run.id,
        "data": training_sets.data_versions(run.training_set),
        "environment": run.environment,
        "created_by": job.created_by.get_username() if job.created_by else "bottega",
        "created_at": job.created_at.isoformat(),
    }


class CompareKind(JobKind):
    """Two versions answer the same hold-out rows."""

    name: ClassVar[str] = comparisons.KIND
    queue: ClassVar[str] = "cpu"
    connections: ClassVar[tuple[str, ...]] = ("artifacts",)

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give the rows and both bundles."""
        return comparisons.inputs(job)

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Write the results, once."""
        comparisons.publish(job, result)

    def failed(self, job: Job) -> None:
        """Say why there is no comparison."""
        comparisons.settle_failed(job)


KINDS = (PackageKind, CompareKind)
