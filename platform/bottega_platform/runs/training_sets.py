"""What runs read of training sets: the one place that knows how their results are stored."""

from typing import Any

from django.db.models import Q

from bottega_platform.api.errors import Conflict, NotFound
from bottega_platform.projects.models import Project
from bottega_platform.training_sets.models import TrainingSet, TrainingSetState


def find(project: Project, reference: str) -> TrainingSet:
    """Return a project's ready training set by id or name.

    Raises:
        NotFound: there is none.
        Conflict: it is not built, or building it failed, or it was deleted.
    """
    rows = TrainingSet.objects.filter(project=project)
    named = Q(pk=reference) | Q(name=reference, deleted_at=None)
    found: TrainingSet | None = rows.filter(named).first()
    if found is None:
        raise NotFound(f"There is no training set “{reference[:80]}” here. Look it up in the list first.")
    if found.deleted_at is not None:
        raise gone(found)
    if found.state != TrainingSetState.READY:
        follow = f"follow its job {found.job_id}" if found.state == TrainingSetState.QUEUED else "build it again"
        raise Conflict(f"The training set “{found.name}” is not ready: {follow}.", code="not_ready")
    return found


def gone(training_set: TrainingSet) -> Conflict:
    """Return the problem of a training set that was deleted."""
    detail = f"The training set “{training_set.name}” was deleted. Build one and start a new run."
    return Conflict(detail, code="dataset_gone")


def as_input(training_set: TrainingSet) -> dict[str, Any]:
    """Return what a job child needs to open it."""
    return {
        "id": training_set.id,
        "splits": dict(training_set.splits),
        "features": features(training_set),
    }


def features(training_set: TrainingSet) -> list[dict[str, Any]]:
    """Return the model's inputs: name, type, origin, view, categorical."""
    found: list[dict[str, Any]] = training_set.meta.get("features", [])
    return found


def service(training_set: TrainingSet) -> dict[str, Any]:
    """Return the feature service as it was resolved for this training set."""
    found: dict[str, Any] = training_set.service
    return found


def data_versions(training_set: TrainingSet) -> dict[str, int]:
    """Return the snapshot of each table it was made from."""
    return {name: int(snapshot) for name, snapshot in training_set.data.items()}


def is_fit(training_set: TrainingSet) -> bool:
    """Say whether a model trained on it may be registered."""
    return bool(training_set.fit_for_registration)
