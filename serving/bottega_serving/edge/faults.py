"""Why a body was refused: everything that is wrong with it, each with its code and pointer.

Runs only after the quick decoder has refused. Of a large body only the piece that was refused is looked at.
"""

import json
import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from bottega.problems import MAX_ERRORS, Fault, Problem
from bottega_feature_store.types import from_json
from bottega_serving.edge.decode import MAX_TEXT, Field
from bottega_serving.edge.plan import Plan

MAX_DEPTH = 32
MAX_NAME = 200
TITLE = "The prediction request is not valid"
_KNOWN = ("records", "columns", "as_of")
_PLACE = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


class _Repeating(dict[str, Any]):
    """An object in which a name occurs twice."""

    def __init__(self, pairs: list[tuple[str, Any]], name: str) -> None:
        super().__init__(pairs)
        self.name = name


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    pairs = [(_clean(name), value) for name, value in pairs]
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return _Repeating(pairs, twice)


def _clean(name: str) -> str:
    """Return a name that can be said: no half of a surrogate pair, not endless."""
    return name.encode("utf-8", "replace").decode()[:MAX_NAME]


def explain(body: bytes, plan: Plan, *, max_rows: int) -> Problem:
    """Return the problem of a whole body that the quick decoder refused, or that repeats a name."""
    document = _loaded(body, "")
    if isinstance(document, Problem):
        return document
    if rows_of(document) > max_rows:
        return too_many_rows(max_rows)
    faults = _Faults(plan).of(document)
    return listed(faults) if faults else _unexplained(body, plan.decoder.decode, "")


def explain_records(chunk: bytes, plan: Plan, start: int) -> Problem:
    """Return the problem of some records of a large body, the first of them being row ``start``."""
    records = _loaded(chunk, "/records", start)
    if isinstance(records, Problem):
        return records
    faults = _Faults(plan, start).of_records(records)
    return listed(faults) if faults else _unexplained(chunk, plan.decoder.decode_records, "/records", start)


def explain_column(field: Field) -> Callable[[bytes, Plan, int], Problem]:
    """Return what explains a part of one column of a large body."""

    def run(chunk: bytes, plan: Plan, start: int) -> Problem:
        pointer = f"/columns/{escape(field.name)}"
        values = _loaded(chunk, pointer, start)
        if isinstance(values, Problem):
            return values
        faults = _Faults(plan, start).of_column(field, values)
        decode = plan.decoder.decode_column[field.name]
        return listed(faults) if faults else _unexplained(chunk, decode, pointer, start)

    return run


def _loaded(body: bytes, pointer: str, start: int = 0) -> Any:
    """Return the parsed JSON, or the problem with it."""
    try:
        document = json.loads(body, object_pairs_hook=_object)
    except RecursionError:
        return _too_deep()
    except (ValueError, UnicodeDecodeError) as error:
        return problem(400, "malformed_json", f"The body is not valid JSON: {error}.")
    if _depth(document) > MAX_DEPTH:
        return _too_deep()
    twice = list(_repeated(document, pointer, start))
    return repeated(twice) if twice else document


def _repeated(value: Any, pointer: str, start: int = 0) -> Iterator[Fault]:
    if isinstance(value, dict):
        if isinstance(value, _Repeating):
            detail = f"'{value.name}' occurs twice in one object; only one value can be meant"
            yield Fault("duplicate_key", detail, pointer=f"{pointer}/{escape(value.name)}")
        for name, inner in value.items():
            yield from _repeated(inner, f"{pointer}/{escape(name)}")
    elif isinstance(value, list):
        for place, inner in enumerate(value, start):
            yield from _repeated(inner, f"{pointer}/{place}")


def _unexplained(body: bytes, decode: Callable[[bytes], Any], pointer: str, start: int = 0) -> Problem:
    """Say in the decoder's own words what our closer look did not find."""
    try:
        decode(body)
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `$")
        place = _pointer(path.rstrip("`"), pointer, start)
        return listed([Fault("wrong_type", f"{said[:1].lower()}{said[1:]}", pointer=place)])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return not_json(error)
    except RecursionError:
        return _too_deep()
    detail = "a value is out of its type's range"
    return listed([Fault("wrong_type", detail, pointer=pointer)])


def _pointer(path: str, pointer: str, start: int) -> str:
    for number, (name, place) in enumerate(_PLACE.findall(path)):
        first = start if number == 0 and pointer else 0
        pointer += f"/{escape(name)}" if name else f"/{int(place) + first}"
    return pointer


# single problems


def problem(status: int, code: str, detail: str, faults: list[Fault] | None = None) -> Problem:
    """Return one problem of a prediction request."""
    return Problem(code=code, title=TITLE, status=status, detail=detail, errors=faults or [])


def listed(faults: list[Fault]) -> Problem:
    """Return the problem that lists all faults; its code is the first one's."""
    count = f"{len(faults)} things are wrong" if len(faults) > 1 else "One thing is wrong"
    detail = f"{count} with the request; nothing was predicted. First: {faults[0].detail}"
    return Problem(
        code=faults[0].code, title=TITLE, status=422, detail=detail, errors=faults[:MAX_ERRORS],
        truncated=len(faults) > MAX_ERRORS,
    )  # fmt: skip


def partial(missing: list[tuple[int, list[str]]], *, columns: bool) -> Problem:
    """Return the problem of a feature set that is neither empty nor full."""
    absent = ((row, name) for row, names in missing for name in names)
    faults = [
        Fault(
            "partial_features",
            f"'{name}' is missing; send every feature of the full set, or none to have them looked up",
            pointer=f"/columns/{escape(name)}" if columns else f"/records/{row}/{escape(name)}",
            row=row,
            column=name,
        )
        for row, name in islice(absent, MAX_ERRORS + 1)
    ]
    return listed(faults)


def repeated(faults: list[Fault]) -> Problem:
    """Return the problem of names that occur twice."""
    detail = "A name occurs twice in one object; only one value can be meant. Nothing was predicted."
    return problem(400, "duplicate_key", detail, faults[:MAX_ERRORS])


def empty() -> Problem:
    """Return the problem of a request without rows."""
    return problem(422, "empty", "The request holds no rows; send at least one.")


def too_many_rows(limit: int) -> Problem:
    """Return the problem of a request with more rows than are answered at once."""
    return problem(413, "too_many_rows", f"The request holds more than {limit} rows; send fewer at once.")


def out_of_range(field: Field, pointer: str, row: int, said: str) -> Problem:
    """Return the problem of a value that its type's range does not hold."""
    detail = f"'{field.name}' ({field.type}): {said}"
    return listed([Fault("wrong_type", detail, pointer=pointer, row=row, column=field.name)])


def too_long(pointer: str, row: int, limit: int) -> Problem:
    """Return the problem of one record, or value, that is larger than a whole one can be."""
    return listed([Fault("too_long", f"this has more than {limit} bytes", pointer=pointer, row=row)])


def lengths(found: dict[str, int]) -> Problem:
    """Return the problem of columns whose lengths, given by name, differ."""
    first, count = next(iter(found.items()))
    said = {name: f"'{name}' has {size} values, '{first}' has {count}" for name, size in found.items() if size != count}
    return listed([Fault("length_mismatch", said[name], pointer=f"/columns/{escape(name)}") for name in said])


def not_json(error: Exception) -> Problem:
    """Return the problem of bytes that are no JSON object, in the decoder's words."""
    if isinstance(error, RecursionError):
        return _too_deep()
    if isinstance(error, msgspec.ValidationError):
        return no_object("")
    return problem(400, "malformed_json", f"The body is not valid JSON: {error}.")


def no_object(pointer: str) -> Problem:
    """Return the problem of something else where an object must be."""
    body = "the body must be an object with 'records' or 'columns'"
    detail = "'columns' must be an object of lists" if pointer else body
    return listed([Fault("wrong_type", detail, pointer=pointer)])


def no_list(pointer: str) -> Problem:
    """Return the problem of something else where a list must be."""
    return listed([Fault("wrong_type", "this must be a list", pointer=pointer)])


def moment(raw: bytes) -> Problem:
    """Return the problem of an ``as_of`` that is no time."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    said = json.dumps(value)[:80]
    detail = "'as_of' must be a time with offset, like 2013-10-01T12:00:00Z"
    return listed([Fault("wrong_type", detail, pointer="/as_of", got=said)])


def _too_deep() -> Problem:
    return problem(400, "too_deep", f"The JSON is nested deeper than {MAX_DEPTH} levels.")


def top_faults(names: Collection[str]) -> list[Fault]:
    """Return what is wrong with the names at the top of a body."""
    faults = [
        Fault("unknown_field", f"the body has records or columns, and as_of, but no '{name}'", f"/{escape(name)}")
        for name in map(_clean, names)
        if name not in _KNOWN
    ]
    if ("records" in names) == ("columns" in names):
        faults.append(Fault("records_or_columns", "send exactly one of 'records' and 'columns'", pointer=""))
    return faults


def column_faults(fields: Sequence[Field], names: Collection[str]) -> list[Fault]:
    """Return what is wrong with the names of columns."""
    missing = [_missing_column(field) for field in fields if field.required and field.name not in names]
    return _unknown_columns({field.name for field in fields}, names) + missing


def _unknown_columns(known: Collection[str], names: Collection[str]) -> list[Fault]:
    unknown = [_clean(name) for name in names if name not in known]
    return [Fault("unknown_field", f"there is no field '{name}'", f"/columns/{escape(name)}") for name in unknown]


def _missing_column(field: Field) -> Fault:
    detail = f"'{field.name}' ({field.type}) is missing"
    return Fault("missing_field", detail, pointer=f"/columns/{escape(field.name)}")


def rows_of(document: Any) -> int:
    """Return how many rows a parsed body seems to hold."""
    if not isinstance(document, dict):
        return 0
    records, columns = document.get("records"), document.get("columns")
    lists = [records, *(columns.values() if isinstance(columns, dict) else ())]
    return max((len(values) for values in lists if isinstance(values, list)), default=0)


def _depth(value: Any) -> int:
    level, layer = 0, [value]
    while layer and level <= MAX_DEPTH:
        below = [item for item in layer if isinstance(item, dict | list)]
        layer = [inner for item in below for inner in (item.values() if isinstance(item, dict) else item)]
        level += 1
    return level


class _Faults:
    """Goes through parsed values; ``start`` is the row of the first of them."""

    def __init__(self, plan: Plan, start: int = 0) -> None:
        self._fields = {field.name: field for field in plan.decoder.fields}
        self._start = start
        self._found: list[Fault] = []

    def of(self, document: Any) -> list[Fault]:
        """Return all faults of a parsed body."""
        if not isinstance(document, dict):
            return no_object("").errors
        self._found += top_faults(document.keys())
        if "as_of" in document:
            self._value(Field("as_of", "timestamp", False, True), document["as_of"], "/as_of", None)
        if "records" in document:
            self.of_records(document["records"])
        if "columns" in document:
            self._columns(document["columns"])
        return self._found

    def of_records(self, records: Any) -> list[Fault]:
        """Return the faults of a list of records, up to one more than are listed."""
        if not isinstance(records, list):
            self._add("wrong_type", "'records' must be a list of objects", "/records")
            return self._found
        for row, record in enumerate(records, self._start):
            if len(self._found) > MAX_ERRORS:
                break
            self._record(row, record)
        return self._found

    def of_column(self, field: Field, values: Any) -> list[Fault]:
        """Return the faults of one column."""
        pointer = f"/columns/{escape(field.name)}"
        if not isinstance(values, list):
            self._add("wrong_type", f"'{field.name}' must be a list", pointer)
            return self._found
        for row, value in enumerate(values, self._start):
            if len(self._found) > MAX_ERRORS:
                break
            self._value(field, value, f"{pointer}/{row}", row)
        return self._found

    def _add(self, code: str, detail: str, pointer: str, row: int | None = None, got: Any = None) -> None:
        column = pointer.split("/")[-1] if row is not None else None
        said = None if got is None else json.dumps(got, default=str)[:80]
        self._found.append(Fault(code, detail, pointer=pointer, row=row, column=column, got=said))

    def _record(self, row: int, record: Any) -> None:
        at = f"/records/{row}"
        if not isinstance(record, dict):
            self._add("wrong_type", "a record must be an object", at, row, record)
            return
        for name in record.keys() - self._fields.keys():
            self._add("unknown_field", f"there is no field '{name}'", f"{at}/{escape(name)}", row)
        for name, field in self._fields.items():
            if name in record:
                self._value(field, record[name], f"{at}/{escape(name)}", row)
            elif field.required:
                self._add("missing_field", f"'{name}' ({field.type}) is missing", f"{at}/{escape(name)}", row)

    def _columns(self, columns: Any) -> None:
        if not isinstance(columns, dict):
            self._found += no_object("/columns").errors
            return
        self._found += _unknown_columns(self._fields.keys(), columns)
        for field in self._fields.values():
            if field.name in columns:
                self.of_column(field, columns[field.name])
            elif field.required:
                self._found.append(_missing_column(field))

    def _value(self, field: Field, value: Any, pointer: str, row: int | None) -> None:
        if value is None:
            if not field.nullable:
                self._add("null_not_allowed", f"'{field.name}' must not be null", pointer, row)
            return
        if isinstance(value, float) and not math.isfinite(value):
            detail = f"'{field.name}' is NaN or infinite; send null for unknown"
            self._add("not_finite", detail, pointer, row, str(value))
            return
        if isinstance(value, str) and len(value) > MAX_TEXT:
            self._add("too_long", f"'{field.name}' has more than {MAX_TEXT} characters", pointer, row)
            return
        if isinstance(value, str) and not _encodable(value):
            self._add("wrong_type", f"'{field.name}' is not valid Unicode", pointer, row)
            return
        try:
            from_json(field.type, value)
        except (ValueError, OverflowError) as error:
            self._add("wrong_type", f"'{field.name}' ({field.type}): {error}", pointer, row, value)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def escape(name: str) -> str:
    """Return a name as a part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
