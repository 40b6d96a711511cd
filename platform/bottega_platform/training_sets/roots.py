"""Blobs that training sets point at."""

from collections.abc import Iterable

from bottega_platform.sweep.sweepers import root
from bottega_platform.training_sets.models import TrainingSet


@root("training_sets.splits")
def splits() -> Iterable[str]:
    """The rows of every training set, deleted ones too: runs name them."""
    for digests in TrainingSet.objects.values_list("splits", flat=True).iterator():
        yield from digests.values()
