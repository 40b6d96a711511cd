"""What a person should look at before training: dirt, guesses that may be wrong, columns that give the target away."""

from collections.abc import Iterator

import pyarrow as pa

from bottega.specs.inspection import Note, TargetGuess
from bottega_feature_store.ingest.inspect import dates
from bottega_feature_store.ingest.inspect.roles import Look
from bottega_feature_store.ingest.inspect.sample import Sample
from bottega_feature_store.ingest.read import Dirt
from bottega_feature_store.point_in_time import leaks

SUSPICIOUS = 0.97
MOSTLY_NULL = 0.5
MOST_TARGETS = 20
LEAK_ROWS = 10_000
_DIRT = {
    "row_length": "rows have more or fewer values than the header",
    "unclosed_quote": "rows have a quote that is not closed, or text after it",
    "encoding": "rows have bytes that are not of the file's encoding",
    "field_too_long": "rows are too long",
    "blank_line": "lines are empty",
    "type_mismatch": "values are not of the column's type",
}


def of_file(sample: Sample, looks: list[Look]) -> Iterator[Note]:
    """Yield what is to be said of the reading itself."""
    if not sample.sure:
        detail = f"The file does not say its encoding; it was read as {sample.encoding}."
        yield Note(
            "guessed_encoding", detail, "See that letters such as é and ü look right, or choose another encoding."
        )
    renamed = [look for look in looks if look.header != look.name]
    if renamed:
        samples = [f"{look.header} → {look.name}" for look in renamed[:20]]
        detail = f"{len(renamed)} columns have a new name: features and requests have letters, digits and _."
        yield Note("renamed", detail, "Nothing to do; requests use the new names.", rows=len(renamed), samples=samples)


def of_dirt(dirt: Dirt, head_rows: int) -> Iterator[Note]:
    """Yield one note per reason and column; ``head_rows`` is how far row numbers are those of the file."""
    by_column = {reason for reasons in dirt.columns.values() for reason in reasons}
    for reason, count in dirt.reasons.items():
        if reason not in by_column:
            yield _dirt(dirt, reason, None, count, head_rows)
    for column, reasons in dirt.columns.items():
        for reason, count in reasons.items():
            yield _dirt(dirt, reason, column, count, head_rows)


def of_columns(looks: list[Look]) -> Iterator[Note]:
    """Yield what is to be said of single columns."""
    for look in looks:
        missing = look.rows - look.facts.present
        if look.constant:
            detail = (
                f"{look.name} has the same value in every row." if look.facts.distinct else f"{look.name} is empty."
            )
            yield Note("constant", detail, "It cannot tell rows apart: it is left out.", look.name, rows=look.rows)
        elif missing > MOSTLY_NULL * look.rows:
            detail = f"{look.name} is missing in {missing / look.rows:.0%} of the rows."
            advice = "That it is missing can be a fact worth learning from; leave it out if it is filled in later."
            yield Note("nulls", detail, advice, look.name, rows=missing)
        elif look.identifying:
            detail = (
                f"{look.name} has {look.facts.distinct:,} different values in {look.rows:,} rows: it names the row."
            )
            yield Note("identifier", detail, "A model would learn rows by heart: it is left out.", look.name)
        elif look.why_not():
            detail = f"{look.name} has {look.facts.distinct:,} different texts."
            yield Note("many_values", detail, "Group them in the file if they matter: it is left out.", look.name)
        yield from _of_times(look)


def of_targets(table: pa.Table, targets: list[TargetGuess], features: list[str]) -> Iterator[Note]:
    """Yield the columns that alone nearly decide a target: they are hardly known before it."""
    for target in targets[:MOST_TARGETS]:
        kept = table.filter(table.column(target.column).is_valid()).slice(0, LEAK_ROWS)
        others = [name for name in features if name != target.column]
        for leak in leaks.find_leaks(kept, others, target.column, target.column, limit=SUSPICIOUS):
            detail = f"{leak.column} alone nearly decides {target.column} ({leak.measure}: {leak.value:.3f})."
            advice = f"Leave it out unless you know it before {target.column} happens."
            yield Note("leakage", detail, advice, leak.column, target.column)


def _of_times(look: Look) -> Iterator[Note]:
    formats = look.guess.formats
    if formats and dates.twin(formats[0]) in [f for reading in look.readings[1:] for f in reading.column.formats]:
        detail = f"{look.name} can be read day first and month first: {', '.join(look.facts.first[:2])}."
        yield Note("ambiguous_date", detail, "It is read day first; choose the other if that is wrong.", look.name)
    if look.guess.type == "timestamp" and look.guess.timezone:
        detail = f"{look.name} has times; those without an offset are taken to be UTC."
        yield Note("assumed_timezone", detail, "Declare another time zone on the source if they are local.", look.name)


def _dirt(dirt: Dirt, reason: str, column: str | None, count: int, head_rows: int) -> Note:
    found = [fault for fault in dirt.samples if fault.code == reason and column in {None, fault.column}]
    samples = [_where(fault.row, fault.got, head_rows) for fault in found[:5]]
    where = f" in {column}" if column else ""
    detail = f"{count:,} {_DIRT.get(reason, reason)}{where}."
    return Note(
        "dirt", detail, "These rows are counted and left out; or correct the file.", column, None, count, samples
    )


def _where(row: int | None, got: str | None, head_rows: int) -> str:
    place = f"row {row:,}: " if row is not None and row <= head_rows else ""
    return f"{place}{got or ''}"
