"""What can be said of JSON bytes by counting characters: names that occur twice, lists that are too long.

JSON decoders keep the last of two equal names, so one of two values would be ignored without a word. The decoder
knows how many different names it took; the body must hold no more names than that. Counting colons proves
it for most bodies in a fraction of a microsecond, because each name has one.
"""

import re
from collections.abc import Generator

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"[ \t\n\r]*(:?)', re.DOTALL)
_SPACED = (b" :", b"\t:", b"\n:", b"\r:")
_SLICE = 256 * 1024
_STRINGS = 4096


def repeats(body: bytes, names: int) -> bool:
    """Return whether valid JSON holds more than ``names`` names, ``names`` being those that differ."""
    if body.count(b":") == names:
        return False
    if body.count(b'":') == names and not any(spaced in body for spaced in _SPACED):
        return False
    return sum(1 for found in _STRING.finditer(body) if found[1]) != names


def repeats_in_steps(body: bytes, names: int) -> Generator[None, None, bool]:
    """Return the same for a large body, yielding between steps of about a millisecond."""
    direct, spaced = 0, False
    for start in range(0, len(body), _SLICE):
        stop = start + _SLICE + 1  # a pair may lie across the border
        direct += body.count(b'":', start, stop)
        spaced = spaced or any(body.find(pair, start, stop) >= 0 for pair in _SPACED)
        yield
    if direct == names and not spaced:
        return False
    return (yield from _exactly(body)) != names


def _exactly(body: bytes) -> Generator[None, None, int]:
    found = 0
    for number, string in enumerate(_STRING.finditer(body), start=1):
        found += bool(string[1])
        if number % _STRINGS == 0:
            yield
    return found


def more_outside_strings(data: bytes, mark: bytes, limit: int) -> Generator[None, None, bool]:
    """Return whether a character occurs more often than ``limit`` outside strings; yields like the above."""
    count = data.count(mark)
    if count <= limit:
        return False
    for number, string in enumerate(_STRING.finditer(data), start=1):
        count -= string[0].count(mark)
        if count <= limit:
            return False
        if number % _STRINGS == 0:
            yield
    return True
