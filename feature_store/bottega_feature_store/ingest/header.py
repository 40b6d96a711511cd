"""The header row: read alone, checked against what the source declares."""

import csv
from collections import Counter
from pathlib import Path

from bottega.problems import DataProblem, Fault
from bottega.specs import Column, CsvFormat

MAX_COLUMNS = 2_000
MAX_HEADER_BYTES = 1 << 20


def read_header(path: Path, csv_format: CsvFormat) -> list[str]:
    """Return the columns' names: those of the format, else of the header row, else ``column_1`` and so on.

    Raises:
        DataProblem: ``empty_file``, ``encoding``, ``blank_header``, ``duplicate_header``, ``too_many_columns``,
            ``missing_column`` and ``unexpected_column`` where the format has more or fewer names than the file.
    """
    names = first_row(path, csv_format)
    if not names:
        raise DataProblem("the first row is empty: send a header and at least one row", code="empty_file")
    if len(names) > MAX_COLUMNS:
        raise DataProblem(f"the header has {len(names)} columns; at most {MAX_COLUMNS} work", code="too_many_columns")
    if csv_format.names:
        _check_count(names, csv_format.names)
        names = csv_format.names
    elif not csv_format.header:
        names = [f"column_{place}" for place in range(1, len(names) + 1)]
    _check_names(names)
    return names


def first_row(path: Path, csv_format: CsvFormat) -> list[str]:
    """Return the values of the first row as they stand there.

    Raises:
        DataProblem: ``encoding``, ``field_too_long``.
    """
    with path.open("rb") as stream:
        start = stream.read(MAX_HEADER_BYTES)
    try:
        text = start.decode("utf-8", errors="strict" if len(start) < MAX_HEADER_BYTES else "ignore")
    except UnicodeDecodeError as error:
        text = _header_only(start, error)
    if len(start) == MAX_HEADER_BYTES and "\n" not in text:
        detail = f"row 1 has more than {MAX_HEADER_BYTES} bytes: is this a CSV file with a line for each row?"
        fault = Fault(code="field_too_long", detail=detail, row=1)
        raise DataProblem(detail, code="field_too_long", status=413, errors=[fault])
    try:
        return next(csv.reader(text.splitlines(keepends=True), delimiter=csv_format.delimiter, strict=False), [])
    except csv.Error as error:
        fault = Fault(code="field_too_long", detail=str(error), row=1)
        raise DataProblem(
            f"row 1 cannot be read: {error}", code="field_too_long", status=413, errors=[fault]
        ) from error


def check_columns(names: list[str], declared: list[Column], delimiter: str) -> None:
    """Raise a problem when the header and the declared columns differ."""
    wanted = [column.name for column in declared]
    missing = [name for name in wanted if name not in names]
    if missing:
        hint = _delimiter_hint(names, delimiter)
        faults = [Fault("missing_column", f"the header has no {name}", row=1, column=name) for name in missing]
        raise DataProblem(
            f"the file lacks {', '.join(missing)}; its header has {', '.join(names)[:500]}",
            code="missing_column",
            errors=faults,
            hint=hint,
        )
    extra = [name for name in names if name not in wanted]
    if extra:
        faults = [Fault("unexpected_column", f"{name} is not declared", row=1, column=name) for name in extra]
        raise DataProblem(
            f"the file also has {', '.join(extra)[:500]}: declare these columns or take them out",
            code="unexpected_column",
            errors=faults,
        )


def _header_only(start: bytes, error: UnicodeDecodeError) -> str:
    end = start.find(b"\n")
    if end < 0 or error.start <= end:
        fault = Fault(code="encoding", detail="the header is not utf-8", row=1)
        raise DataProblem(
            "row 1 is not utf-8: set format.encoding to what it is", code="encoding", errors=[fault]
        ) from error
    return start[: error.start].decode("utf-8")


def _check_count(found: list[str], names: list[str]) -> None:
    if len(found) == len(names):
        return
    code = "unexpected_column" if len(found) > len(names) else "missing_column"
    raise DataProblem(
        f"the file has {len(found)} columns and format.names has {len(names)}: name each column once", code=code
    )


def _check_names(names: list[str]) -> None:
    blank = [place for place, name in enumerate(names, 1) if not name.strip()]
    if blank:
        faults = [Fault("blank_header", f"column {place} has no name", row=1) for place in blank]
        raise DataProblem("give every column a name in the header", code="blank_header", errors=faults)
    doubled = [name for name, count in Counter(name.lower() for name in names).items() if count > 1]
    if doubled:
        faults = [Fault(code="duplicate_header", detail=f"{n} occurs more than once", row=1, column=n) for n in doubled]
        raise DataProblem(
            f"the header has {', '.join(doubled)} more than once (case does not count)",
            code="duplicate_header",
            errors=faults,
        )


def _delimiter_hint(names: list[str], delimiter: str) -> str | None:
    if len(names) != 1:
        return None
    found = next((mark for mark in (",", ";", "\t", "|") if mark != delimiter and mark in names[0]), None)
    return f"the header looks separated by {found!r}: set format.delimiter" if found else None
