"""What an inspection says about an uploaded file: guesses to be corrected, and what to look at before training."""

from typing import Literal

import msgspec

from bottega.specs.data import Column, SourceSpec
from bottega.specs.training import TaskType

NoteKind = Literal[
    "ambiguous_date", "assumed_timezone", "constant", "dirt", "guessed_encoding", "identifier", "leakage",
    "many_values", "nulls", "renamed",
]  # fmt: skip


class Reading(msgspec.Struct, frozen=True):
    """One way to read a column. ``fits`` is the share of its values that are of this type, from 0 to 1."""

    label: str
    column: Column
    fits: float


class ColumnGuess(msgspec.Struct, frozen=True):
    """One column of the file.

    ``readings`` are all types that its values allow, the best guess first; text always fits. ``nulls`` is a share from
    0 to 1, ``distinct`` the number of different values among those read. ``use`` says whether it should be a
    feature, ``why_not`` why it should not.
    """

    name: str
    header: str
    readings: list[Reading]
    examples: list[str]
    nulls: float
    distinct: int
    use: bool
    why_not: str = ""


class TargetGuess(msgspec.Struct, frozen=True):
    """A column that a model could predict. ``positive`` is the share of yes, of a yes/no target."""

    column: str
    task: TaskType
    why: str
    positive: float | None = None


class Note(msgspec.Struct, frozen=True):
    """Something to look at: what was found, and what to do. ``target`` is set where it holds for that target alone.

    ``rows`` counts what was found in the rows that were read; ``samples`` show where.
    """

    kind: NoteKind
    detail: str
    advice: str
    column: str | None = None
    target: str | None = None
    rows: int = 0
    samples: list[str] = []


class FileInspection(msgspec.Struct, frozen=True):
    """What was found in a file's beginning and samples of the rest.

    ``size`` is in bytes, ``rows`` an estimate unless ``whole``; ``rows_read`` were looked at. ``spec`` reads the file
    by the best guesses: correct it and create a source with it. ``keys`` and ``times`` are columns that could name
    and date a row, the best first.
    """

    size: int
    rows: int
    rows_read: int
    whole: bool
    spec: SourceSpec
    columns: list[ColumnGuess]
    keys: list[str]
    times: list[str]
    targets: list[TargetGuess]
    notes: list[Note]
