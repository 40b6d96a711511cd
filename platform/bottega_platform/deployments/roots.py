"""Blobs that deployments point at."""

from collections.abc import Iterable

from bottega_platform.deployments.models import Deployment
from bottega_platform.sweep.sweepers import root


@root("deployments.bundles")
def bundles() -> Iterable[str]:
    """The manifest of whatever was deployed; the model version names its files."""
    return Deployment.objects.values_list("bundle", flat=True).iterator()
