"""Names in the online store. The serving tier builds the same bytes, so this page is a contract.

``b1:<project id>:<view id>:<version tag>:{<key bytes>}`` holds one packed value;
``b1:<project id>:<view id>:current`` holds the version tag that readers follow. The braces are a hash tag:
in a cluster all views of one entity lie on one shard.
"""

import struct
from collections.abc import Callable, Sequence

LAYOUT = b"b1:"
_LENGTH = struct.Struct("<I")
KeyValue = str | int


def pointer_key(project_id: str, view_id: str) -> bytes:
    """Return the name of the key that holds the view's current version tag."""
    return LAYOUT + f"{project_id}:{view_id}:current".encode()


def version_prefix(project_id: str, view_id: str, tag: str) -> bytes:
    """Return what all keys of one version begin with, up to the entity."""
    return LAYOUT + f"{project_id}:{view_id}:{tag}:".encode()


def key_bytes(values: Sequence[KeyValue]) -> bytes:
    """Return an entity key: each part as its length (4 bytes, little-endian) and UTF-8 text."""
    parts = [value.encode() if type(value) is str else str(value).encode() for value in values]
    if len(parts) == 1:
        return _LENGTH.pack(len(parts[0])) + parts[0]
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def online_key(project_id: str, view_id: str, tag: str, values: Sequence[KeyValue]) -> bytes:
    """Return the key of one (view, entity) at one version."""
    return version_prefix(project_id, view_id, tag) + b"{" + key_bytes(values) + b"}"


def key_maker(project_id: str, view_id: str, tag: str) -> Callable[[Sequence[KeyValue]], bytes]:
    """Return a quick function from entity key to online key, made once per view and version."""
    start = version_prefix(project_id, view_id, tag) + b"{"

    def make(values: Sequence[KeyValue]) -> bytes:
        return start + key_bytes(values) + b"}"

    return make
