"""Specs of label imports."""

import msgspec

from bottega.specs.data import CsvFormat


class LabelImportSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Labels that come from an uploaded file (CSV, zipped CSV or Parquet) or from a table of the project.

    ``value`` names the column that holds what turned out to be true; rows where it is null are counted and left
    out. The prediction is named either by ``request_id`` (and ``row``), or by ``event_time`` and the entity keys;
    ``keys`` maps a key to its column where that has another name. ``known_at`` names the column that says when
    a label became known: rows that are not known yet are counted and left out. Without it, a row of a file whose
    time is in the future is a fault, and such a row of a table is left out.
    """

    value: str
    upload: str | None = None
    table: str | None = None
    format: CsvFormat = CsvFormat()
    request_id: str | None = None
    row: str | None = None
    event_time: str | None = None
    keys: dict[str, str] = {}
    known_at: str | None = None
    description: str = ""
