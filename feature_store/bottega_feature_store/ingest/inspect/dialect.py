"""How a CSV is written: delimiter, header row, marks in numbers. Guessed from its first rows."""

import csv
import io
import itertools
import re
from collections import Counter
from typing import Literal

from bottega.specs import CsvFormat
from bottega_feature_store.ingest.inspect.dates import looks_like_date
from bottega_feature_store.ingest.inspect.sample import Sample

DELIMITERS = (",", ";", "\t", "|")
ROWS = 200
LINE_CHARACTERS = 1 << 16
_PLAIN = re.compile(r"^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*$")
_COMMA = re.compile(r"^\s*[+-]?\d{1,3}(\.\d{3})*,\d+\s*$|^\s*[+-]?\d+,\d+\s*$")
_POINT_GROUPS = re.compile(r"^\s*[+-]?\d{1,3}(\.\d{3})+(,\d+)?\s*$")
_COMMA_GROUPS = re.compile(r"^\s*[+-]?\d{1,3}(,\d{3})+(\.\d+)?\s*$")
Rows = list[list[str]]


def guess(sample: Sample) -> CsvFormat:
    """Return the format that splits the first rows best; a bad row is to be counted and left out."""
    delimiter = max(DELIMITERS, key=lambda mark: _consistency(rows(sample.head, mark)))
    first = rows(sample.head, delimiter)
    decimal, thousands = _marks(first)
    return CsvFormat(
        delimiter=delimiter,
        encoding=sample.encoding,
        on_bad_row="skip",
        header=_has_header(first),
        decimal=decimal,
        thousands=thousands,
    )


def rows(text: str, delimiter: str) -> Rows:
    """Return the first rows that are not empty; the parse stops where a value is too long to be one."""
    lines = io.StringIO(text[: ROWS * LINE_CHARACTERS])
    found: Rows = []
    try:
        for row in itertools.islice(csv.reader(lines, delimiter=delimiter), ROWS):
            if row:
                found.append(row)
    except csv.Error:
        return found
    return found


def _consistency(found: Rows) -> tuple[float, int]:
    """The share of rows with the most frequent number of values, for more than one; then that number."""
    counts = Counter(len(row) for row in found)
    width, times = max(counts.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    return (times / len(found), width) if width > 1 else (0.0, 1)


def _has_header(found: Rows) -> bool:
    """A header is text above values that are not; a first row that is like the others is a row."""
    if len(found) < 2:
        return True
    votes = 0
    for place, title in enumerate(found[0]):
        below = [kind(row[place]) for row in found[1:] if place < len(row) and row[place].strip()]
        usual = Counter(below).most_common(1)[0][0] if below else "text"
        if usual != "text":
            votes += 1 if kind(title) == "text" else -1
    return votes >= 0


def kind(text: str) -> str:
    """Return what a value looks like: ``number``, ``date`` or ``text``."""
    if _PLAIN.match(text) or _COMMA.match(text) or _COMMA_GROUPS.match(text):
        return "number"
    return "date" if looks_like_date(text) else "text"


def _marks(found: Rows) -> tuple[Literal[".", ","], Literal["", ".", ","]]:
    values = [value for row in found[1:] for value in row]
    comma = sum(bool(_COMMA.match(value)) and not _COMMA_GROUPS.match(value) for value in values)
    point = sum(bool(_PLAIN.match(value)) and "." in value and not _POINT_GROUPS.match(value) for value in values)
    if comma > point:
        return ",", "." if any(_POINT_GROUPS.match(value) for value in values) else ""
    return ".", "," if any(_COMMA_GROUPS.match(value) for value in values) else ""
