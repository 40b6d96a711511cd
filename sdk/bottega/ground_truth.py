"""How a label names its prediction: 16 bytes made alike by the control plane and by the job that joins them.

A prediction is named by its request id and row, or by its entity keys and its moment (the record's event
time, or the ``as_of`` that it was made with). Both texts are hashed, so that a label is found by one lookup.
"""

import hashlib
from collections.abc import Mapping

REFERENCE_BYTES = 16
KeyValue = str | int


def request_reference(request_id: str, row: int = 0) -> bytes:
    """Return the reference of a row of a request."""
    return _digest(f"r{request_id}/{row}")


def key_reference(keys: Mapping[str, KeyValue], moment_us: int) -> bytes:
    """Return the reference of entity keys at a moment (microseconds since 1970, UTC).

    Each name and value stands with its length in bytes, so that no two sets of keys give one text.
    """
    parts = [f"{_sized(name)}={_sized(str(keys[name]))};" for name in sorted(keys)]
    return _digest(f"k{''.join(parts)}@{moment_us}")


def _sized(text: str) -> str:
    return f"{len(text.encode())}:{text}"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:REFERENCE_BYTES]
