"""Request ids and the bytes of answers."""

import os
import time

import msgspec

from bottega.problems import Problem

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_ANSWER = b'{"request_id":"%b%b%b,"degraded":%b,"timings_ms":{"decode":%b,"features":%b,"predict":%b,"total":%b}}'
_SHORT = [b"%d.%03d" % divmod(microseconds, 1000) for microseconds in range(2048)]
_encode = msgspec.json.encode


def _milliseconds(nanoseconds: int) -> bytes:
    """Return milliseconds with three digits; looked up where short, for formatting costs more than predicting."""
    microseconds = nanoseconds // 1000
    return _SHORT[microseconds] if microseconds < 2048 else b"%d.%03d" % divmod(microseconds, 1000)


def problem_answer(problem: Problem, request_id: str) -> bytes:
    """Return the JSON of a problem."""
    document = problem.as_dict()
    if request_id:
        document["request_id"] = request_id
    return _encode(document)


class RequestIds:
    """Makes request ids in well under a microsecond: time, 50 random bits of this process, a counter."""

    def __init__(self) -> None:
        seed = int.from_bytes(os.urandom(8), "big")
        self._random = self._pairs(seed, 5)
        self._counter = int.from_bytes(os.urandom(3), "big")
        self._stamp = -1
        self._prefix = ""

    @staticmethod
    def _pairs(number: int, count: int) -> str:
        return "".join(_PAIRS[(number >> (10 * place)) & 1023] for place in reversed(range(count)))

    def next(self) -> str:
        """Return a new id: ``req_`` and 26 characters."""
        milliseconds = time.time_ns() // 1_000_000
        if milliseconds != self._stamp:
            self._stamp = milliseconds
            self._prefix = "req_" + self._pairs(milliseconds, 5) + self._random
        self._counter = count = (self._counter + 1) & 0x3FFFFFFF
        return f"{self._prefix}{_PAIRS[count >> 20]}{_PAIRS[(count >> 10) & 1023]}{_PAIRS[count & 1023]}"


def given_id(raw: bytes) -> str | None:
    """Return the caller's request id when it is harmless to repeat."""
    if not raw or len(raw) > 128 or not raw.replace(b"-", b"").replace(b"_", b"").replace(b".", b"").isalnum():
        return None
    return raw.decode("ascii", "ignore")


class AnswerHead:
    """The constant part of one deployment's answers, encoded once."""

    def __init__(self, model: str, version: int, arm: str) -> None:
        self._middle = b'","model":%b,"version":%d,"arm":%b,"predictions":' % (_encode(model), version, _encode(arm))

    def body(
        self, request_id: str, predictions: list[float], degraded: list[str], marks: tuple[int, int, int, int]
    ) -> bytes:
        """Return the answer's JSON; ``marks`` are nanoseconds: start, decoded, features there, predicted."""
        start, decoded, fetched, predicted = marks
        return _ANSWER % (
            request_id.encode(),
            self._middle,
            _encode(predictions),
            _encode(degraded) if degraded else b"[]",
            _milliseconds(decoded - start),
            _milliseconds(fetched - decoded),
            _milliseconds(predicted - fetched),
            _milliseconds(predicted - start),
        )
