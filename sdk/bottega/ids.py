"""Opaque, prefixed, time-ordered ids.

An id is ``<prefix>_<26 characters>``: 48 bits of milliseconds and 80 random bits in Crockford's
base 32, so ids sort by creation time and never reveal a count.
"""

import os
import re
import time
from collections.abc import Callable

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

PREFIXES = {
    "project": "prj",
    "job": "job",
    "upload": "upl",
    "inspection": "insp",
    "source": "src",
    "table": "tbl",
    "table_version": "tv",
    "entity": "ent",
    "feature_view": "fv",
    "feature_service": "fs",
    "load": "load",
    "training_set": "ts",
    "training_run": "trun",
    "study": "std",
    "model": "mdl",
    "model_version": "mv",
    "endpoint": "ep",
    "endpoint_key": "ek",
    "deployment": "dep",
    "node": "node",
    "request": "req",
    "label_import": "lim",
    "comparison": "cmp",
    "schedule": "sch",
    "fire": "fire",
    "token": "tok",
    "user": "usr",
}

ID_PATTERN = re.compile(r"^[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}$")
SLUG_PATTERN = re.compile(r"^[a-z][a-z0-9_-]{0,62}$")


def moment_of(text: str) -> int | None:
    """Return the milliseconds since 1970 at which an id was made, or None where the text is no id of ours."""
    if not ID_PATTERN.match(text):
        return None
    return decode_moment(text.partition("_")[2])


def decode_moment(characters: str) -> int:
    """Return the milliseconds that the first ten of an id's characters hold."""
    number = 0
    for character in characters[:10]:
        number = number * 32 + _ALPHABET.index(character)
    return number


def encode_moment(milliseconds: int) -> str:
    """Return the ten characters with which an id made at this moment begins, after its prefix."""
    return _encode(milliseconds, 10)


def _encode(number: int, length: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(length)))


def new_id(
    kind: str,
    *,
    clock: Callable[[], float] = time.time,
    entropy: Callable[[int], bytes] = os.urandom,
) -> str:
    """Return a new id for ``kind`` (a key of :data:`PREFIXES`); clock and entropy are seams for tests."""
    milliseconds = int(clock() * 1000)
    random_bits = int.from_bytes(entropy(10), "big")
    return f"{PREFIXES[kind]}_{_encode(milliseconds, 10)}{_encode(random_bits, 16)}"
