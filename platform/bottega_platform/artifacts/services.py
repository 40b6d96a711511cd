"""The stores of this installation, addressed by its settings."""

from functools import cache

from bottega_feature_store.blobs import BlobStore
from bottega_platform.artifacts.logs import LogStore
from bottega_platform.config import env


@cache
def _blobs(url: str) -> BlobStore:
    return BlobStore(url)


def blobs() -> BlobStore:
    """Return the content-addressed blob store."""
    return _blobs(env.current().artifacts)


def logs() -> LogStore:
    """Return the store of job logs."""
    settings = env.current()
    return LogStore(settings.artifacts, settings.home / "scratch" / "logs")
