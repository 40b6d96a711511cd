"""Blobs that uploads point at."""

from collections.abc import Iterable

from bottega_platform.sources.models import Upload
from bottega_platform.sweep.sweepers import root


@root("sources.uploads")
def uploads() -> Iterable[str]:
    """Every uploaded file."""
    return Upload.objects.values_list("digest", flat=True).iterator()
