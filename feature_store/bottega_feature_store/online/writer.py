"""Writing the online store: bulk loads of a whole version, single newer-wins updates, the pointer, sweeping.

A load writes under its own version tag and nobody reads it until the pointer names it. Updates of the current
version go through one script of ours, loaded at start by the loader (readers' and services' users need no
EVAL): the row with the later event time stays, whatever the order of arrival. There is no EXPIRE: time to
live is counted from ``as_of``, which a replay sets, never from the wall clock.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from bottega.faults import fault_point
from bottega_feature_store.online.keys import LAYOUT, KeyValue, key_maker, pointer_key

BATCH = 1_000
LIBRARY = """#!lua name=bottega
local function newer(keys, args)
  local written = 0
  for i, key in ipairs(keys) do
    local old = redis.call('GET', key)
    if not old or struct.unpack('<i8', args[i], 2) >= struct.unpack('<i8', old, 2) then
      redis.call('SET', key, args[i])
      written = written + 1
    end
  end
  return written
end
redis.register_function('bottega_newer', newer)
"""


class Writer:
    """Writes one view's values under one version tag."""

    def __init__(self, client: Any, project_id: str, view_id: str, tag: str) -> None:
        self._client = client
        self._make = key_maker(project_id, view_id, tag)

    @staticmethod
    def prepare(client: Any) -> None:
        """Load our script into the store; only the loader does this, once at start."""
        client.function_load(LIBRARY, replace=True)

    def load(self, keys: Sequence[Sequence[KeyValue]], values: Sequence[bytes]) -> None:
        """Write packed values in bulk; for a version that nobody reads yet."""
        names = list(map(self._make, keys))
        with self._client.pipeline(transaction=False) as pipeline:
            for start in range(0, len(names), BATCH):
                stop = start + BATCH
                pairs = dict(zip(names[start:stop], values[start:stop], strict=True))
                pipeline.mset(pairs)
            pipeline.execute()
        fault_point("mid_artifact")

    def update(self, keys: Sequence[Sequence[KeyValue]], values: Sequence[bytes]) -> int:
        """Write packed values where they are not older than what is there; return how many were written."""
        written = 0
        for start in range(0, len(keys), BATCH):
            names = list(map(self._make, keys[start : start + BATCH]))
            written += int(self._client.fcall("bottega_newer", len(names), *names, *values[start : start + BATCH]))
        return written


def flip(client: Any, project_id: str, view_id: str, tag: str | None) -> None:
    """Make readers follow the version; with None nothing is online any more."""
    if tag is None:
        client.delete(pointer_key(project_id, view_id))
    else:
        client.set(pointer_key(project_id, view_id), tag)


def current(client: Any, project_id: str, view_id: str) -> str | None:
    """Return the version tag that readers follow."""
    found = client.get(pointer_key(project_id, view_id))
    return None if found is None else found.decode()


def sweep(client: Any, project_id: str, view_id: str, tags: Collection[str]) -> int:
    """Delete all keys of these versions; return how many. Never name the current one here."""
    if not tags:
        return 0
    start = LAYOUT + f"{project_id}:{view_id}:".encode()
    wanted = tuple(start + tag.encode() + b":" for tag in tags)
    deleted = 0
    for names in _batches(client.scan_iter(match=start + b"*", count=5_000)):
        old = [name for name in names if name.startswith(wanted)]
        if old:
            deleted += int(client.unlink(*old))
    return deleted


def _batches(names: Iterable[bytes]) -> Iterable[list[bytes]]:
    batch: list[bytes] = []
    for name in names:
        batch.append(name)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
