"""Blobs that no row points at, and writes of blobs that were never ended."""

from collections.abc import Iterable

from bottega_platform.artifacts import services as artifacts
from bottega_platform.sweep.sweepers import Sweep, marked, sweeper


@sweeper("blobs")
def blobs(sweep: Sweep) -> Iterable[tuple[str, int]]:
    """Remove blobs that no root names.

    Where no root names any, a database that does not belong to the store is likelier than a store full of garbage:
    then nothing goes.
    """
    store, named = artifacts.blobs(), marked()
    if not named:
        return
    for blob in store.unmarked(named, before=sweep.before):
        if sweep.dry_run or store.remove(blob.sha256, before=sweep.before):
            yield blob.sha256, blob.size


@sweeper("blobs.incoming")
def incoming(sweep: Sweep) -> Iterable[tuple[str, int]]:
    """Remove what a writer that died has left behind."""
    store = artifacts.blobs()
    for name, size in store.abandoned(before=sweep.before):
        if not sweep.dry_run:
            store.discard(name)
        yield name, size
