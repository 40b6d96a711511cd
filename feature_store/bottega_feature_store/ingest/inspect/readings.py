"""Which types a column's values allow, by the very rules with which ingest casts them."""

from dataclasses import dataclass

import duckdb

from bottega.specs import Column, CsvFormat
from bottega.specs.inspection import Reading
from bottega_feature_store.ingest import casts, read
from bottega_feature_store.ingest.inspect import dates
from bottega_feature_store.quoting import literal, name

ENOUGH = 0.95
"""The least share of values that have to be of a type for it to be the guess: the rest is dirt."""
LOOKED_AT = 200
NULL_WORDS = frozenset({"null", "n/a", "nan", "none", "#n/a", "-", "?", "."})
WORDS = (("yes", "no"), ("y", "n"), ("ja", "nein"), ("j", "n"), ("oui", "non"), ("si", "no"), ("sì", "no"),
         ("sí", "no"), ("on", "off"))  # fmt: skip
_LABELS = {
    "string": "text",
    "int32": "whole number",
    "int64": "whole number, large",
    "float64": "number",
    "bool": "yes or no",
    "timestamp": "time, year first",
    "date": "date, year first",
}


@dataclass(frozen=True)
class Facts:
    """What was counted in a column: texts that are no null, different ones, and the first of those."""

    present: int
    distinct: int
    first: list[str]

    @property
    def words(self) -> set[str]:
        """The different texts in small letters, without words for null; empty where there are many."""
        found = {text.strip().lower() for text in self.first} - NULL_WORDS
        return found if len(found) <= 2 else set()

    @property
    def dated(self) -> bool:
        """Whether most of them have the shape of a date."""
        return sum(map(dates.looks_like_date, self.first)) > len(self.first) / 2

    @property
    def clocked(self) -> bool:
        """Whether most of them have a time of day."""
        return sum(":" in text for text in self.first) > len(self.first) / 2


def facts(connection: duckdb.DuckDBPyConnection, column: str) -> Facts:
    """Count a column of ``raw``."""
    text = name(column)
    counted = connection.execute(f"SELECT count({text}), count(DISTINCT {text}) FROM raw").fetchone()  # noqa: S608
    present, distinct = counted or (0, 0)
    query = f"SELECT {text} FROM raw WHERE {text} IS NOT NULL GROUP BY 1 ORDER BY min(rowid) LIMIT {LOOKED_AT}"  # noqa: S608
    return Facts(present, distinct, [value for (value,) in connection.execute(query).fetchall()])


def of(connection: duckdb.DuckDBPyConnection, column: str, found: Facts, csv_format: CsvFormat) -> list[Reading]:
    """Return all readings of a column of ``raw``, the guess first; text is always among them."""
    text = Reading(_LABELS["string"], Column(column, "string"), 1.0)
    if not found.present:
        return [text]
    tried = [*_plain(column, found), *(_dated(column, found) if found.dated else [])]
    counts = read.counts_of(connection, [_fits(candidate, csv_format) for _, candidate in tried])
    fitting = [
        Reading(label, candidate, count / found.present)
        for (label, candidate), count in zip(tried, counts, strict=True)
        if count >= ENOUGH * found.present
    ]
    best = max((reading.fits for reading in fitting), default=0.0)
    return [*sorted(fitting, key=lambda reading: reading.fits < best), text]  # stable: of equals, the first tried


def null_words(connection: duckdb.DuckDBPyConnection, column: str, csv_format: CsvFormat) -> list[str]:
    """Return the texts for null of a column whose other values are numbers, as they are written there."""
    text, listed = name(column), ", ".join(literal(word) for word in sorted(NULL_WORDS))
    is_word = f"lower(trim({text})) IN ({listed})"
    number = casts.fits(column, "float64", csv_format)
    counted = connection.execute(
        f"SELECT count(*) FILTER ({number}), count(*) FILTER (NOT {is_word}) FROM raw WHERE {text} IS NOT NULL"  # noqa: S608
    ).fetchone()
    numbers, others = counted or (0, 0)
    if not numbers or numbers < ENOUGH * others:
        return []
    found = connection.execute(f"SELECT DISTINCT {text} FROM raw WHERE {is_word} ORDER BY 1").fetchall()  # noqa: S608
    return [value for (value,) in found]


def _plain(column: str, found: Facts) -> list[tuple[str, Column]]:
    numbers = [Column(column, "int32"), Column(column, "int64"), Column(column, "float64")]
    return [(_LABELS[candidate.type], candidate) for candidate in (*numbers, _bool(column, found))]


def _dated(column: str, found: Facts) -> list[tuple[str, Column]]:
    if not found.clocked:
        patterns = [(f"date, {order}", Column(column, "date", formats=[item])) for item, order in dates.DATES]
        return [(_LABELS["date"], Column(column, "date")), *patterns]
    moments = [
        (f"time, {order}", Column(column, "timestamp", timezone="UTC", formats=[pattern]))
        for pattern, order in dates.MOMENTS
    ]
    return [(_LABELS["timestamp"], Column(column, "timestamp", timezone="UTC")), *moments]


def _bool(column: str, found: Facts) -> Column:
    yes, no = next((pair for pair in WORDS if found.words == set(pair)), ("yes", "no"))
    if found.words <= {"true", "false", "t", "f"}:
        return Column(column, "bool")
    return Column(column, "bool", true_values=[yes], false_values=[no])


def _fits(candidate: Column, csv_format: CsvFormat) -> str:
    """SQL for "this text is of the type"; a digit is a number, though it may be said to mean yes or no."""
    if candidate.type in {"int32", "int64", "float64"}:
        return casts.fits(candidate.name, candidate.type, csv_format)
    text = name(candidate.name)
    digit = f" AND NOT regexp_matches({text}, '^[0-9]$')" if candidate.type == "bool" else ""
    return f"{text} IS NOT NULL AND {casts.cast(candidate, csv_format).value} IS NOT NULL{digit}"
