"""The strict read: every record of a CSV becomes a row, or a counted refusal with row, column and reason."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
from numpy.typing import NDArray

from bottega.problems import DataProblem, Fault
from bottega.specs import Column, CsvFormat
from bottega_feature_store.ingest import casts
from bottega_feature_store.quoting import literal, name

SAMPLES = 20
COLUMNS_AT_ONCE = 50
MAX_LINE_BYTES = 4 << 20
Item = TypeVar("Item")
_REASONS = {
    "MISSING COLUMNS": ("row_length", "the row has fewer values than the header"),
    "TOO MANY COLUMNS": ("row_length", "the row has more values than the header"),
    "INVALID ENCODING": ("encoding", "the text is not in the declared encoding"),
    "UNQUOTED VALUE": ("unclosed_quote", "a quote is not closed, or text follows the closing quote"),
    "LINE SIZE OVER MAXIMUM": ("field_too_long", f"a row may have at most {MAX_LINE_BYTES} bytes"),
}
_ADVICE = {
    "row_length": "give every row as many values as the header",
    "encoding": "set format.encoding to what the file is",
    "unclosed_quote": "close the quote, and double a quote inside a quoted value",
    "field_too_long": "cut the value",
    "type_mismatch": "correct the value, or list its text in format.null_values if it means null",
    "null_not_allowed": "fill the value, or declare the column nullable",
}


@dataclass
class Dirt:
    """What was wrong: rows left out by reason, by column, and the first samples of each."""

    rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    columns: dict[str, dict[str, int]] = field(default_factory=dict)
    samples: list[Fault] = field(default_factory=list)
    missing: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Numbers of the records that are not in the table ``raw``, ascending."""
    first: int = 2
    """The number of the first record that is no header."""

    def leave_out_blank(self, records: NDArray[np.int64]) -> None:
        """Count empty lines: they hold no row, so that they are left out whatever ``on_bad_row`` says."""
        if len(records):
            self.rows += len(records)
            self.add("blank_line", None, len(records))
            self.samples += [Fault("blank_line", "the line is empty", row=int(row)) for row in records[:SAMPLES]]

    def record(self, place: int) -> int:
        """Return the number in the file of the row at ``place`` in ``raw`` (from 0)."""
        first = place + self.first
        return first + int(np.searchsorted(self.missing - np.arange(len(self.missing)), first, side="right"))

    def add(self, reason: str, column: str | None, count: int) -> None:
        """Count ``count`` refusals of one reason (and column)."""
        self.reasons[reason] = self.reasons.get(reason, 0) + count
        if column is not None:
            by_reason = self.columns.setdefault(column, {})
            by_reason[reason] = by_reason.get(reason, 0) + count

    def raise_problem(self) -> None:
        """Fail with everything that was found; the most frequent reason is the problem's code."""
        code = max(self.reasons, key=lambda reason: self.reasons[reason])
        first = self.samples[0]
        where = f"row {first.row}" + (f", column {first.column}" if first.column else "")
        counted = ", ".join(f"{count} × {reason}" for reason, count in sorted(self.reasons.items()))
        status = 413 if code == "field_too_long" else None
        raise DataProblem(
            f"{counted}; first at {where}: {_ADVICE[code]}, or set format.on_bad_row to skip",
            code=code,
            status=status,
            errors=self.samples[:SAMPLES],
        )


def load_text(connection: duckdb.DuckDBPyConnection, path: Path, names: list[str], csv_format: CsvFormat) -> None:
    """Load the file as text into the table ``raw``; refused records go to ``reject_errors``."""
    columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in names)
    nulls = ", ".join(literal(text) for text in csv_format.null_values)
    limit = 0 if csv_format.on_bad_row == "skip" else 100_000
    header = "true" if csv_format.header else "false"
    query = f"""CREATE TABLE raw AS SELECT * FROM read_csv(
        {literal(str(path))}, columns = {{{columns}}}, auto_detect = false, header = {header},
        delim = {literal(csv_format.delimiter)}, quote = '"', escape = '"', strict_mode = true,
        null_padding = false, nullstr = [{nulls}], max_line_size = {MAX_LINE_BYTES},
        store_rejects = true, rejects_limit = {limit})"""  # noqa: S608 - names are quoted, nothing else is free
    try:
        connection.execute(query)
    except duckdb.InvalidInputException as error:
        reason = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")[:200]
        detail = f"the file cannot be split into rows ({reason}): is it a CSV file with this delimiter and quoting?"
        raise DataProblem(detail, code="not_csv") from error


def row_count(connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many records were split into values."""
    return _scalar(connection, "SELECT count(*) FROM raw")


def refused_records(connection: duckdb.DuckDBPyConnection, blank: NDArray[np.int64]) -> Dirt:
    """Return the records that could not be split into values; ``blank`` are those that DuckDB passed over."""
    dirt = Dirt()
    lines = connection.execute("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchnumpy()["line"]
    dirt.missing = np.union1d(np.asarray(lines, np.int64), blank)
    first = "SELECT line, min_by(error_type, coalesce(column_idx, -1)) AS kind FROM reject_errors GROUP BY line"
    for kind, count in connection.execute(f"SELECT kind, count(*) FROM ({first}) GROUP BY kind").fetchall():  # noqa: S608
        dirt.rows += count
        dirt.add(_reason(kind)[0], None, count)
    found = connection.execute(
        "SELECT DISTINCT ON (line) line, error_type, column_name, csv_line FROM reject_errors"  # noqa: S608
        f" ORDER BY line, column_idx NULLS FIRST LIMIT {SAMPLES}"
    ).fetchall()
    dirt.samples = [_refusal(*row) for row in found]
    _refuse_swallowed(connection)
    return dirt


def mistyped_rows(connection: duckdb.DuckDBPyConnection, rules: list[casts.Cast], dirt: Dirt) -> str:
    """Count values that are not of their type into ``dirt`` and return SQL for "this row is to be kept"."""
    checks = _checks(rules)
    if not checks:
        return "true"
    counted = [
        (check, count)
        for some in batched(checks, COLUMNS_AT_ONCE)
        for check, count in zip(some, counts_of(connection, [test for _, _, test in some]), strict=True)
    ]
    found = [check for check, count in counted if count]
    for (reason, column, _), count in counted:
        if count:
            dirt.add(reason, column, count)
    for reason, column, test in found:
        dirt.samples += _mistyped_samples(connection, dirt, reason, column, test)
    if not found:
        return "true"
    bad = " OR ".join(test for _, _, test in found)
    dirt.rows += _scalar(connection, f"SELECT count(*) FROM raw WHERE {bad}")  # noqa: S608
    return f"NOT ({bad})"


def infer(connection: duckdb.DuckDBPyConnection, names: list[str], csv_format: CsvFormat) -> list[Column]:
    """Return column types that fit every row; a naive time is refused, never guessed."""
    columns: list[Column] = []
    refused: list[str] = []
    for some in batched(names, COLUMNS_AT_ONCE):
        counts = connection.execute(f"SELECT {casts.inference(some, csv_format)} FROM raw").fetchone()  # noqa: S608
        found, naive = casts.inferred(some, counts or ())
        columns += found
        refused += naive
    if refused:
        raise naive_problem(refused)
    return columns


def refuse_naive(connection: duckdb.DuckDBPyConnection, columns: list[Column]) -> None:
    """Raise ``naive_timestamp`` when a timestamp column without a declared zone has times without offset."""
    undeclared = [column.name for column in columns if casts.needs_zone(column)]
    if undeclared:
        raise naive_problem(undeclared)
    times = [column.name for column in columns if column.type == "timestamp" and column.timezone is None]
    if not times:
        return
    tests = ", ".join(f"count(*) FILTER ({casts.naive(column)})" for column in times)
    counts = connection.execute(f"SELECT {tests} FROM raw").fetchone()  # noqa: S608
    refused = [column for column, count in zip(times, counts or (), strict=True) if count]
    if refused:
        raise naive_problem(refused)


def naive_problem(columns: list[str]) -> DataProblem:
    """Return the problem of times that do not say which zone they are in."""
    detail = "times without offset: declare the column with type timestamp and its timezone (UTC, Europe/Paris, …)"
    faults = [Fault(code="naive_timestamp", detail=detail, column=column) for column in columns]
    return DataProblem(f"{', '.join(columns)}: {detail}", code="naive_timestamp", errors=faults)


def duplicate_keys(connection: duckdb.DuckDBPyConnection, keys: list[str], keep: str) -> int:
    """Return how many kept rows repeat the key of another one."""
    if not keys:
        return 0
    listed = ", ".join(name(key) for key in keys)
    return _scalar(
        connection,
        f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM raw WHERE {keep}"  # noqa: S608
        f" GROUP BY {listed} HAVING count(*) > 1)",
    )


def batched(items: list[Item], size: int) -> list[list[Item]]:
    """Cut a list into parts: DuckDB plans a query in time that grows with the square of its columns."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def counts_of(connection: duckdb.DuckDBPyConnection, tests: list[str]) -> tuple[int, ...]:
    """Return in how many rows of ``raw`` each test holds."""
    parts = ", ".join(f"count(*) FILTER ({test})" for test in tests)
    found = connection.execute(f"SELECT {parts} FROM raw").fetchone()  # noqa: S608
    return tuple(map(int, found or ()))


def _checks(rules: list[casts.Cast]) -> list[tuple[str, str, str]]:
    mistyped = [("type_mismatch", rule.column.name, rule.bad) for rule in rules if rule.bad != "false"]
    nulls = [
        ("null_not_allowed", rule.column.name, f"{name(rule.column.name)} IS NULL")
        for rule in rules
        if not rule.column.nullable
    ]
    return mistyped + nulls


def _mistyped_samples(
    connection: duckdb.DuckDBPyConnection, dirt: Dirt, reason: str, column: str, test: str
) -> list[Fault]:
    found = connection.execute(
        f"SELECT rowid, left({name(column)}, 80) FROM raw WHERE {test} ORDER BY rowid LIMIT {SAMPLES}"  # noqa: S608
    ).fetchall()
    detail = "the value is not of the column's type" if reason == "type_mismatch" else "the value is missing"
    return [Fault(reason, detail, row=dirt.record(place), column=column, got=got) for place, got in found]


def _refuse_swallowed(connection: duckdb.DuckDBPyConnection) -> None:
    """An unclosed quote swallows the rows after it: that is never a row to skip."""
    swallowed = connection.execute(
        "SELECT line, column_name FROM reject_errors WHERE error_type = 'UNQUOTED VALUE'"
        " AND contains(csv_line, chr(10)) ORDER BY line LIMIT 1"
    ).fetchone()
    if swallowed is not None:
        row, column = swallowed
        detail = "a quote is opened here and never closed, so that all rows after it are lost: close it"
        fault = Fault("unclosed_quote", detail, row=row, column=column)
        raise DataProblem(f"row {row}: {detail}", code="unclosed_quote", errors=[fault])


def _reason(kind: Any) -> tuple[str, str]:
    return _REASONS.get(str(kind), ("row_length", "the row cannot be read"))


def _refusal(row: int, kind: Any, column: str | None, text: str) -> Fault:
    code, detail = _reason(kind)
    return Fault(code, detail, row=row, column=column, got=text[:80])


def _scalar(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0
