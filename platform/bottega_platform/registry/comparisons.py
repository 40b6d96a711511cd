"""Comparing a version with another one of its model on the same rows."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from bottega.ids import new_id
from bottega.problems import Fault
from bottega_platform.api.errors import Conflict, Invalid
from bottega_platform.audit import services as audit
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.registry.models import Comparison, ComparisonState, ModelVersion
from bottega_platform.training_sets.models import TrainingSet, TrainingSetState

KIND = "compare"


@transaction.atomic
def start(*, actor: Any, challenger: ModelVersion, champion: ModelVersion) -> Comparison:
    """Compare on the hold-out of the challenger's training set, or return the comparison that there is.

    Raises:
        Invalid: both are the same version.
        Conflict: the training set is gone.
    """
    _refuse_same(challenger, champion)
    training_set = _training_set(challenger)
    ModelVersion.objects.select_for_update().get(pk=challenger.pk)
    rows = Comparison.objects.filter(challenger=challenger, champion=champion, training_set=training_set)
    known: Comparison | None = rows.filter(state__in=["queued", "succeeded"]).first()
    return known or _create(actor, challenger, champion, training_set)


def _create(actor: Any, challenger: ModelVersion, champion: ModelVersion, training_set: TrainingSet) -> Comparison:
    project = challenger.project
    row = Comparison(
        id=new_id("comparison"),
        project=project,
        created_by=actor,
        challenger=challenger,
        champion=champion,
        training_set=training_set,
    )
    job = jobs.enqueue(project=project, kind=KIND, subject=row.pk, spec={}, actor=actor, natural_key=row.pk)
    row.job_id = job.pk
    row.save(force_insert=True)
    after = {"challenger": challenger.number, "champion": champion.number}
    audit.record(actor=actor, project=project, action="model_version.compare", subject=challenger, after=after)
    return row


def _refuse_same(challenger: ModelVersion, champion: ModelVersion) -> None:
    if challenger.pk == champion.pk:
        detail = f"Version {challenger.number} cannot be compared with itself. Name another version or alias."
        raise Invalid(detail, code="same_version", errors=[Fault("same_version", detail, pointer="/against")])


def _training_set(version: ModelVersion) -> TrainingSet:
    found: TrainingSet = version.training_run.training_set
    if found.deleted_at is not None or found.state != TrainingSetState.READY:
        raise Conflict(f"The training set “{found.name}” was deleted, and its rows with it.", code="dataset_gone")
    return found


def inputs(job: Job) -> dict[str, Any]:
    """Return what a comparison's child reads: the hold-out and both bundles."""
    row = Comparison.objects.select_related("challenger__model", "champion", "training_set").get(pk=job.subject)
    return {
        "task": row.challenger.model.task,
        "test": row.training_set.splits["test"],
        "challenger": row.challenger.bundle,
        "champion": row.champion.bundle,
    }


def publish(job: Job, result: dict[str, Any]) -> None:
    """Write the results, once; call it inside the fenced transaction."""
    row = Comparison.objects.select_for_update().get(pk=job.subject)
    row.rows, row.metrics, row.difference = result["rows"], result["metrics"], result["difference"]
    row.state, row.finished_at = ComparisonState.SUCCEEDED, timezone.now()
    row.save()


def settle_failed(job: Job) -> None:
    """Settle the comparison as failed or cancelled, with the reason."""
    state = ComparisonState.CANCELLED if job.state == "cancelled" else ComparisonState.FAILED
    Comparison.objects.filter(pk=job.subject).update(state=state, problem=job.problem, finished_at=timezone.now())
