"""What ``bottega verify`` checks of training sets: a ready one has its splits."""

from collections.abc import Iterable

from bottega_platform.artifacts.services import blobs
from bottega_platform.jobs import verify
from bottega_platform.training_sets.models import TrainingSet, TrainingSetState


def register() -> None:
    """Add the check."""
    verify.check("training_sets.split_blobs_exist")(split_blobs)


def split_blobs(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    """Every split of a ready training set is stored."""
    store = blobs()
    for row in TrainingSet.objects.filter(state=TrainingSetState.READY):
        for split in ("train", "valid", "test"):
            if split not in row.splits or not store.exists(row.splits[split]):
                yield row.pk, f"the rows of its split {split} are gone"
