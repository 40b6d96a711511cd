"""The lines of a CSV file before it is parsed: blank ones are found, mixed line ends are made one.

A line break inside quotes belongs to a value and is left alone. Files with one kind of line end and no blank line
are only looked through, not rewritten. A record longer than DuckDB's buffer is refused here: DuckDB 2.0 loses such
a row, or never returns.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bottega.problems import DataProblem, Fault

CHUNK_BYTES = 1 << 20
MAX_RECORD_BYTES = 16 << 20
_BLANK = re.compile(rb"\n\r?\n")
_CR, _LF, _QUOTE = 13, 10, 34
Bytes = NDArray[np.uint8]


@dataclass
class Lines:
    """The file to parse, the numbers of its blank records (the header is 1), and whether line ends were rewritten."""

    path: Path
    blank: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    rewritten: bool = False


def look(path: Path, scratch: Path, delimiter: str) -> Lines:
    """Return the file with one kind of line end, and where its blank lines are.

    Raises:
        DataProblem: ``field_too_long`` or ``unclosed_quote`` for a record of more than :data:`MAX_RECORD_BYTES`.
    """
    _refuse_long_lines(path)
    if _may_quote_too_much(path):
        _refuse_long_records(path, delimiter)
    carriage, pairs, feeds, blank = _counts(path)
    mixed = carriage > 0 and not (carriage == pairs == feeds)
    if mixed:
        path = _one_kind(path, scratch / "lines.csv")
    found = Lines(path, rewritten=mixed)
    if blank or mixed:
        found.blank = np.concatenate([found.blank, *_blank_records(path)])
    return found


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def _refuse_long_lines(path: Path) -> None:
    line = 1
    length = 0
    for chunk in _chunks(path):
        feeds = chunk.count(b"\n") or chunk.count(b"\r")
        mark = b"\n" if b"\n" in chunk else b"\r"
        first = chunk.find(mark) if feeds else len(chunk)
        if length + first > MAX_RECORD_BYTES:
            raise _too_long(line, "field_too_long", f"a line may have at most {MAX_RECORD_BYTES >> 20} MB")
        length = len(chunk) - chunk.rfind(mark) if feeds else length + len(chunk)
        line += feeds


def _may_quote_too_much(path: Path) -> bool:
    """Say whether a value in quotes may be too long: inside one, quotes stand only in runs of even length."""
    start, last_odd, kept = 0, -1, b""
    for chunk in _chunks(path):
        text = kept + chunk
        kept = text[len(text.rstrip(b'"')) :]
        quotes = np.flatnonzero(np.frombuffer(text, np.uint8)[: len(text) - len(kept)] == _QUOTE)
        begins = np.flatnonzero(np.diff(quotes, prepend=-2) > 1)
        lengths = np.diff(begins, append=len(quotes))
        odd = quotes[begins[lengths % 2 == 1]] + start
        places = np.concatenate([[last_odd], odd]) if last_odd >= 0 else odd
        if len(places) and np.any(np.diff(places, append=start + len(text)) > MAX_RECORD_BYTES):
            return True
        last_odd = int(places[-1]) if len(places) else -1
        start += len(text) - len(kept)
    return False


def _refuse_long_records(path: Path, delimiter: str) -> None:
    """Parse the file record by record, as slowly as it takes: only a parser knows which quotes open a value."""
    limit = csv.field_size_limit(MAX_RECORD_BYTES * 2)
    record, size = 1, 0

    def lines() -> Iterator[str]:
        nonlocal size
        with path.open(encoding="latin-1", newline="") as stream:
            for line in stream:
                size += len(line)
                if size > MAX_RECORD_BYTES:
                    detail = f"a quote opened here is not closed within {MAX_RECORD_BYTES >> 20} MB: close it"
                    raise _too_long(record, "unclosed_quote", detail)
                yield line

    try:
        for _ in csv.reader(lines(), delimiter=delimiter):
            record, size = record + 1, 0
    finally:
        csv.field_size_limit(limit)


def _too_long(row: int, code: str, detail: str) -> DataProblem:
    status = 413 if code == "field_too_long" else None
    return DataProblem(f"row {row}: {detail}", code=code, status=status, errors=[Fault(code, detail, row=row)])


def _counts(path: Path) -> tuple[int, int, int, bool]:
    """Count CR, CRLF and LF, and say whether a blank line is possible; plain scans at memory speed."""
    carriage = pairs = feeds = 0
    blank, tail = False, b"\n"
    for chunk in _chunks(path):
        text = tail[-2:] + chunk
        carriage += chunk.count(b"\r")
        feeds += chunk.count(b"\n")
        pairs += chunk.count(b"\r\n") + (tail.endswith(b"\r") and chunk.startswith(b"\n"))
        blank = blank or _BLANK.search(text) is not None
        tail = text
    return carriage, pairs, feeds, blank


def _pieces(path: Path) -> Iterator[tuple[Bytes, NDArray[np.bool_]]]:
    """Yield the file piece by piece, with which bytes stand outside quotes; no piece ends between CR and LF."""
    inside, kept = np.uint8(0), b""
    with path.open("rb") as stream:
        while chunk := kept + stream.read(CHUNK_BYTES):
            kept = b"\r" if chunk.endswith(b"\r") and chunk != kept else b""
            text = np.frombuffer(chunk.removesuffix(kept), np.uint8)
            depth = np.bitwise_xor.accumulate((text == _QUOTE).astype(np.uint8)) ^ inside
            inside = depth[-1]
            yield text, depth == 0


def _one_kind(path: Path, target: Path) -> Path:
    with target.open("wb") as out:
        for text, outside in _pieces(path):
            carriage = (text == _CR) & outside
            paired = carriage & np.append(text[1:] == _LF, False)
            out.write(np.where(carriage, _LF, text).astype(np.uint8)[~paired].tobytes())
    return target


def _blank_records(path: Path) -> Iterator[NDArray[np.int64]]:
    """Yield the numbers of the records that are an empty line, piece by piece."""
    record, start, before = 1, 0, 0
    for text, outside in _pieces(path):
        ends = np.flatnonzero((text == _LF) & outside)
        lengths = np.diff(ends, prepend=start - 1) - 1
        previous = np.concatenate([[before], text[:-1]])[ends]
        empty = (lengths == 0) | ((lengths == 1) & (previous == _CR))
        yield np.flatnonzero(empty) + record
        record += len(ends)
        start = (int(ends[-1]) + 1 if len(ends) else start) - len(text)
        before = int(text[-1])
