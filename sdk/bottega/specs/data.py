"""Specs of sources and tables."""

from typing import Literal

import msgspec

DataType = Literal["string", "int32", "int64", "float32", "float64", "bool", "timestamp", "date"]


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One column.

    ``timezone`` (IANA name) is required for a timestamp whose text carries no offset. ``formats`` are the patterns
    of dates and times (``%d/%m/%Y %H:%M``; tried in order; ``epoch_s``, ``epoch_ms``) where they are not ISO 8601.
    ``true_values`` and ``false_values`` are the texts of a bool, beside true and false; case does not count.
    """

    name: str
    type: DataType
    nullable: bool = True
    timezone: str | None = None
    description: str = ""
    formats: list[str] = []
    true_values: list[str] = []
    false_values: list[str] = []


class CsvFormat(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How to read the CSV; what is in ``null_values`` becomes null.

    ``header`` False: the first row is data. ``names`` are the columns' names, in order: they replace the header's,
    and there must be as many. ``decimal`` and ``thousands`` are the marks in numbers.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    null_values: list[str] = msgspec.field(default_factory=lambda: ["", "NA"])
    on_bad_row: Literal["fail", "skip"] = "fail"
    header: bool = True
    names: list[str] = []
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""


class SourceSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A connection to data. ``upload`` is the digest of an uploaded file (CSV, or a zip with one CSV).

    ``columns`` is the schema expected in the file; empty means: infer it and record what was inferred.
    ``event_time`` and ``keys`` name columns.
    """

    upload: str
    format: CsvFormat = CsvFormat()
    columns: list[Column] = []
    keys: list[str] = []
    event_time: str | None = None
    description: str = ""


class TableRead(msgspec.Struct, frozen=True):
    """How a job child reads one published table: the Iceberg identifier, the snapshot and its files."""

    table_id: str
    name: str
    identifier: str
    snapshot_id: int
    columns: list[Column]
