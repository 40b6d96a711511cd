"""Blobs that labels are joined with."""

from collections.abc import Iterable

from bottega_platform.ground_truth.models import PredictionPart
from bottega_platform.sweep.sweepers import root


@root("ground_truth.parts")
def parts() -> Iterable[str]:
    """Every part of the prediction log that is kept."""
    return PredictionPart.objects.values_list("digest", flat=True).iterator()
