"""Blobs that model versions point at."""

from collections.abc import Iterable

from bottega_platform.registry.models import ModelVersion
from bottega_platform.sweep.sweepers import root


@root("registry.bundles")
def bundles() -> Iterable[str]:
    """Manifest and files of every version, deleted ones too: an endpoint's history can be rolled back to them."""
    for bundle, files in ModelVersion.objects.values_list("bundle", "files").iterator():
        yield bundle
        yield from (file["sha256"] for file in files)
