"""How text becomes a typed value: one strict SQL rule per type, and inference from all rows."""

from dataclasses import dataclass

from bottega.specs import Column, CsvFormat
from bottega.specs.data import DataType
from bottega_feature_store.quoting import literal, name

EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}
_OFFSET = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$"
_NAIVE = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$"
_NAIVE_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$"
_DATE = r"^\d{4}-\d{2}-\d{2}$"
# Leading zeros, or more digits than a number can hold exactly: a code that looks like a number.
_IDENTIFIER = r"^\s*[+-]?(0\d.*|\d{19,})$"
_WHOLE_NUMBER = r"^\d{1,16}$"
ORDER: list[DataType] = ["int32", "int64", "float64", "bool", "timestamp", "date"]
_NUMBERS = {"int32", "int64", "float32", "float64"}


@dataclass(frozen=True)
class Cast:
    """SQL for one column: its typed value, and whether its text is no such value."""

    column: Column
    value: str
    bad: str


def cast(column: Column, csv_format: CsvFormat | None = None) -> Cast:
    """Return the rule of a column. Text that is no value of the type is ``bad``, never rounded or dropped."""
    text = name(column.name)
    value = _value(text, column, csv_format or CsvFormat())
    bad = "false" if column.type == "string" else f"({text} IS NOT NULL AND {value} IS NULL)"
    return Cast(column, value, bad)


def needs_zone(column: Column) -> bool:
    """Say whether a column holds times whose zone nobody declared, as far as its declaration tells."""
    return column.type == "timestamp" and column.timezone is None and any(f not in EPOCHS for f in column.formats)


def naive(column: str) -> str:
    """Return SQL that is true where the text is a time without offset."""
    return f"regexp_matches({name(column)}, {literal(_NAIVE)})"


def inference(names: list[str], csv_format: CsvFormat | None = None) -> str:
    """Return SQL for one aggregate row: per column the non-null count, and the count of texts of each type."""
    read = csv_format or CsvFormat()
    counts = [
        f"count(*) FILTER ({test})"
        for column in names
        for test in (f"{name(column)} IS NOT NULL", *(fits(column, kind, read) for kind in ORDER), _naive_time(column))
    ]
    return ", ".join(counts)


def inferred(names: list[str], counts: tuple[int, ...]) -> tuple[list[Column], list[str]]:
    """Return the columns that :func:`inference` found, and the names of those with naive times."""
    width = len(ORDER) + 2
    columns, refused = [], []
    for place, column in enumerate(names):
        present, *fitting, naive_times = counts[place * width : (place + 1) * width]
        found = [kind for kind, count in zip(ORDER, fitting, strict=True) if present and count == present]
        columns.append(Column(column, found[0] if found else "string"))
        if present and naive_times == present:
            refused.append(column)
    return columns, refused


def fits(column: str, kind: DataType, csv_format: CsvFormat) -> str:
    """Return SQL that is true where a text is of a type as inference sees it: codes are no numbers."""
    text = name(column)
    if kind == "bool":
        return f"lower({text}) IN ('true', 'false')"
    fitting = f"{text} IS NOT NULL AND {_value(text, Column(column, kind), csv_format)} IS NOT NULL"
    return f"{fitting} AND NOT regexp_matches({text}, {literal(_IDENTIFIER)})" if kind in _NUMBERS else fitting


def _naive_time(column: str) -> str:
    return f"regexp_matches({name(column)}, {literal(_NAIVE_TIME)})"


def _value(text: str, column: Column, read: CsvFormat) -> str:
    match column.type:
        case "string":
            return text
        case "int32" | "int64":
            return _whole(_digits(text, read), "INTEGER" if column.type == "int32" else "BIGINT")
        case "float32" | "float64":
            number = f"try_cast({_digits(text, read)} AS {'FLOAT' if column.type == 'float32' else 'DOUBLE'})"
            return f"CASE WHEN isfinite({number}) THEN {number} END"
        case "bool":
            return _bool(text, column)
        case "date":
            return _date(text, column)
        case "timestamp":
            return _timestamp(text, column)


def _digits(text: str, read: CsvFormat) -> str:
    """A number's text with its marks made plain; with a decimal comma, a point is no decimal mark."""
    if read.thousands:
        mark = literal(read.thousands)
        groups = rf"^\s*[+-]?\d{{1,3}}([{read.thousands}]\d{{3}})+([{read.decimal}].*)?$"
        text = f"CASE WHEN regexp_matches({text}, {literal(groups)}) THEN replace({text}, {mark}, '') ELSE {text} END"
    if read.decimal == ",":
        return f"CASE WHEN contains({text}, '.') THEN NULL ELSE replace({text}, ',', '.') END"
    return text


def _whole(text: str, kind: str) -> str:
    number = f"try_cast({text} AS {kind})"
    return f"CASE WHEN {number} = try_cast({text} AS DOUBLE) THEN {number} END"


def _bool(text: str, column: Column) -> str:
    if not column.true_values and not column.false_values:
        return f"try_cast({text} AS BOOLEAN)"
    said = f"lower(trim({text}))"
    return (
        f"CASE WHEN {said} IN ({_texts(column.true_values)}) THEN true"
        f" WHEN {said} IN ({_texts(column.false_values)}) THEN false ELSE try_cast({text} AS BOOLEAN) END"
    )


def _texts(values: list[str]) -> str:
    return ", ".join(literal(value.strip().lower()) for value in values) or "NULL"


def _date(text: str, column: Column) -> str:
    if column.formats:
        return f"CAST({_parsed(text, column.formats)} AS DATE)"
    return f"CASE WHEN regexp_matches({text}, {literal(_DATE)}) THEN try_cast({text} AS DATE) END"


def _timestamp(text: str, column: Column) -> str:
    exact = f"WHEN regexp_matches({text}, {literal(_OFFSET)}) THEN try_cast({text} AS TIMESTAMPTZ)"
    epochs = [
        f"WHEN regexp_matches({text}, {literal(_WHOLE_NUMBER)}) THEN"
        f" make_timestamptz(try_cast({text} AS BIGINT) * {EPOCHS[kind]})"
        for kind in column.formats
        if kind in EPOCHS
    ]
    if column.timezone is None:
        return f"CASE {exact} {' '.join(epochs)} END"
    patterns = [pattern for pattern in column.formats if pattern not in EPOCHS]
    iso = f"CASE WHEN regexp_matches({text}, {literal(_NAIVE)}) THEN try_cast({text} AS TIMESTAMP) END"
    local = f"coalesce({_parsed(text, patterns)}, {iso})" if patterns else iso
    return f"CASE {exact} {' '.join(epochs)} ELSE timezone({literal(column.timezone)}, {local}) END"


def _parsed(text: str, formats: list[str]) -> str:
    """A year of two digits under ``%Y`` would be of the first century: that is no date."""
    moment = f"try_strptime({text}, [{', '.join(map(literal, formats))}])"
    return f"CASE WHEN year({moment}) >= 1000 THEN {moment} END"
