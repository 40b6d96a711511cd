"""The difference between two signatures, and whether a client would notice it."""

from typing import Any

import msgspec


class Change(msgspec.Struct, frozen=True):
    """One difference; ``breaking`` when a request that was right before is refused or meant otherwise now."""

    path: str
    kind: str
    breaking: bool
    before: Any
    after: Any


def difference(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Compare what a client sends (keys, request fields, time), and what the model reads."""
    changes = [
        *_fields("keys", before, after, breaking=True),
        *_fields("request", before, after, breaking=True),
        *_fields("inputs", before, after, breaking=False),
        *_fields("views", before, after, breaking=False),
        *_fields("expressions", before, after, breaking=False),
    ]
    changes.extend(
        Change(f"/{name}", "changed", True, before.get(name), after.get(name))
        for name in ("event_time", "output")
        if before.get(name) != after.get(name)
    )
    return changes


def _fields(part: str, before: dict[str, Any], after: dict[str, Any], *, breaking: bool) -> list[Change]:
    old = {item["name"]: item for item in before.get(part, [])}
    new = {item["name"]: item for item in after.get(part, [])}
    found = []
    for name in [*old, *(name for name in new if name not in old)]:
        kind = "removed" if name not in new else "added" if name not in old else "changed"
        if old.get(name) != new.get(name):
            found.append(Change(f"/{part}/{name}", kind, breaking, old.get(name), new.get(name)))
    return found
