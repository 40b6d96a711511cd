"""The rows of a request of many rows, in blocks, so that reading them never keeps other clients waiting for long.

A body of more than ``LARGE_BODY`` bytes is not decoded at once: its outline is, then one piece after the other.
The generators here yield None where others may go on, and a block when there is one.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Raw

from bottega.problems import Fault, Problem
from bottega_feature_store.types import to_micros
from bottega_serving.edge import faults
from bottega_serving.edge.call import Refused
from bottega_serving.edge.decode import Decoder, Field
from bottega_serving.edge.plan import Plan
from bottega_serving.edge.strings import more_outside_strings

LARGE_BODY = 64 * 1024
BLOCK_ROWS = 500
BLOCK_BYTES = 128 * 1024
MAX_RECORD = 256 * 1024
WHOLE_COLUMN = 512 * 1024
_whole = msgspec.json.Decoder(Raw).decode
_outline = msgspec.json.Decoder(dict[str, Raw]).decode
_pieces = msgspec.json.Decoder(list[Raw]).decode
_REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
Column = Sequence[Any]
Wait = Generator[None, None, None]


class Block(NamedTuple):
    """Some rows of a request: per field of the decoder its values, or None where the request has no such column."""

    start: int
    size: int
    columns: list[Column | None]


class Rows(NamedTuple):
    """All rows of a request; ``as_of`` (µs) is None when the request names none."""

    as_of: int | None
    columnar: bool
    steps: Iterator[Block | None]


def of_body(decoder: Decoder, body: Any, max_rows: int) -> Rows:
    """Return the rows of a body that was small enough to be decoded at once."""
    as_of = None if body.as_of is UNSET else to_micros(body.as_of)
    if body.columns is UNSET:
        check_count(len(body.records), max_rows)
        return Rows(as_of, False, _of_records(decoder, body.records, 0))
    columns = columns_of(body.columns)
    count = check_lengths(decoder.fields, columns, max_rows)
    return Rows(as_of, True, _sliced(columns, count))


def of_large_body(plan: Plan, raw: bytes, max_rows: int) -> Rows:
    """Return the rows of a body that is decoded piece by piece."""
    top = _top(raw)
    as_of = _as_of(plan, top)
    if "columns" in top:
        return Rows(as_of, True, _large_columns(plan, top["columns"], max_rows))
    return Rows(as_of, False, _large_records(plan, top["records"], max_rows))


def columns_of(columns: Any) -> list[Column | None]:
    """Return the lists of a decoded columnar body in the order of the fields, None for those not given."""
    found = [getattr(columns, name) for name in columns.__struct_fields__]
    return [None if column is UNSET else column for column in found]


def check_count(count: int, max_rows: int) -> None:
    """Raise :class:`Refused` unless there is a row, and not too many."""
    if count == 0:
        raise Refused(faults.empty())
    if count > max_rows:
        raise Refused(faults.too_many_rows(max_rows))


def check_lengths(fields: Sequence[Field], columns: Iterable[Column | None], max_rows: int) -> int:
    """Return the one length of all given columns; raise :class:`Refused` when they differ, or are wrong."""
    lengths = {field.name: len(column) for field, column in zip(fields, columns, strict=True) if column is not None}
    if len(set(lengths.values())) > 1:
        raise Refused(faults.lengths(lengths))
    count = next(iter(lengths.values()), 0)
    check_count(count, max_rows)
    return count


def _of_records(decoder: Decoder, records: Iterable[Any], start: int) -> Iterator[Block]:
    rows = map(decoder.all, records)
    while some := list(islice(rows, BLOCK_ROWS)):
        yield Block(start, len(some), list(zip(*some, strict=True)))
        start += len(some)


def _sliced(columns: list[Column | None], count: int) -> Iterator[Block]:
    for start in range(0, count, BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, count)
        yield Block(start, stop - start, [None if c is None else c[start:stop] for c in columns])


# large bodies


def _top(raw: bytes) -> dict[str, Raw]:
    try:
        whole = _whole(raw)  # sound JSON comes before what is in it
        top: dict[str, Raw] = _outline(whole)
    except _REFUSALS as error:
        raise Refused(faults.not_json(error)) from error
    _check(faults.top_faults(top))
    return top


def _check(found: list[Fault]) -> None:
    if found:
        raise Refused(faults.listed(found))


def _as_of(plan: Plan, top: dict[str, Raw]) -> int | None:
    if "as_of" not in top:
        return None
    raw = bytes(top["as_of"])
    try:
        return to_micros(plan.decoder.decode_moment(raw))
    except _REFUSALS as error:
        raise Refused(faults.moment(raw)) from error


def _large_records(plan: Plan, raw: Raw, max_rows: int) -> Iterator[Block | None]:
    pieces = yield from _split(bytes(raw), "/records", b"}", max_rows)
    check_count(len(pieces), max_rows)
    for start, chunk in _chunks(pieces, "/records"):
        records = _decoded(plan.decoder.decode_records, chunk, faults.explain_records, plan, start)
        yield from _of_records(plan.decoder, records, start)


def _large_columns(plan: Plan, raw: Raw, max_rows: int) -> Iterator[Block | None]:
    fields = plan.decoder.fields
    try:
        given: dict[str, Raw] = _outline(raw)
    except _REFUSALS as error:
        raise Refused(faults.no_object("/columns")) from error
    _check(faults.column_faults(fields, given))
    columns: list[Column | None] = []
    for field in fields:
        column = None if field.name not in given else (yield from _column(plan, field, given[field.name], max_rows))
        columns.append(column)
        yield None
    count = check_lengths(fields, columns, max_rows)
    yield from _sliced(columns, count)


def _column(plan: Plan, field: Field, raw: Raw, max_rows: int) -> Generator[None, None, list[Any]]:
    data, decode = bytes(raw), plan.decoder.decode_column[field.name]
    if len(data) <= WHOLE_COLUMN:
        whole: list[Any] = _decoded(decode, data, faults.explain_column(field), plan, 0)
        return whole
    pointer, values = f"/columns/{faults.escape(field.name)}", []
    pieces = yield from _split(data, pointer, b",", max_rows)
    for start, chunk in _chunks(pieces, pointer):
        values += _decoded(decode, chunk, faults.explain_column(field), plan, start)
        yield
    return values


def _split(data: bytes, pointer: str, mark: bytes, max_rows: int) -> Generator[None, None, list[Raw]]:
    """Return the pieces of a list; ``mark`` is a character that a list of so many rows has so often at most."""
    if (yield from more_outside_strings(data, mark, max_rows)):
        raise Refused(faults.too_many_rows(max_rows))
    try:
        pieces: list[Raw] = _pieces(data)
    except _REFUSALS as error:
        raise Refused(faults.no_list(pointer)) from error
    return pieces


def _chunks(pieces: list[Raw], pointer: str) -> Iterator[tuple[int, bytes]]:
    """Join pieces to lists of at most so many rows and bytes; yield each with its first row."""
    start, size = 0, 0
    some: list[bytes] = []
    for row, raw in enumerate(pieces):
        piece = bytes(raw)
        if len(piece) > MAX_RECORD:
            raise Refused(faults.too_long(f"{pointer}/{row}", row, MAX_RECORD))
        if some and (len(some) == BLOCK_ROWS or size + len(piece) > BLOCK_BYTES):
            yield start, b"[%b]" % b",".join(some)
            start, size, some = row, 0, []
        some.append(piece)
        size += len(piece)
    if some:
        yield start, b"[%b]" % b",".join(some)


Explain = Callable[[bytes, Plan, int], Problem]


def _decoded(decode: Callable[[bytes], Any], chunk: bytes, explain: Explain, plan: Plan, start: int) -> Any:
    try:
        return decode(chunk)
    except _REFUSALS as error:
        raise Refused(explain(chunk, plan, start)) from error
