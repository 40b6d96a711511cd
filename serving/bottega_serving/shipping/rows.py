"""Log entries taken apart: one row per prediction, with what was sent, what was looked up and what came out."""

import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa

from bottega_serving.edge.ring import Entry, Frame, Layout
from bottega_serving.edge.views import PackedView

LOG_FORMAT = 1
log = logging.getLogger("bottega.serving")
_OF_LAYOUT = ("project_id", "endpoint_id", "deployment_id", "model", "version", "arm")
_decoder = msgspec.msgpack.Decoder(Frame)
_json = msgspec.json.Encoder()
_TIME = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        ("request_id", pa.string()), ("row", pa.int32()), ("time", _TIME), ("as_of", _TIME),
        ("project_id", pa.string()), ("endpoint_id", pa.string()), ("deployment_id", pa.string()),
        ("model", pa.string()), ("version", pa.int32()), ("arm", pa.string()),
        ("inputs", pa.string()), ("features", pa.string()), ("ages_us", pa.string()),
        ("output", pa.float64()), ("degraded", pa.list_(pa.string())), ("latency_us", pa.int64()),
    ],
    metadata={"bottega_log_format": str(LOG_FORMAT)},
)  # fmt: skip
Row = dict[str, Any]


def rows_in(frame: bytes) -> Iterator[Row]:
    """Return the rows of a frame; what cannot be read is said and left out, it must not hold up the rest."""
    try:
        decoded = _decoder.decode(frame)
    except msgspec.MsgspecError:
        log.exception("a frame of %d bytes of the prediction log cannot be read", len(frame))
        return
    for entry in decoded.entries:
        try:
            yield from rows_of(entry, decoded.layouts[entry.layout])
        except (msgspec.MsgspecError, LookupError, TypeError, ValueError):
            log.exception("the log entry of request %s cannot be read", entry.request_id)


def rows_of(entry: Entry, layout: Layout) -> list[Row]:
    """Return one row per prediction of a request."""
    common = {name: getattr(layout, name) for name in _OF_LAYOUT} | {
        "request_id": entry.request_id,
        "time": entry.time_us,
        "degraded": entry.degraded,
        "latency_us": entry.latency_us,
    }
    records = records_of(entry.body)
    served = _given(records, layout) if entry.packed is None else _looked_up(entry, layout)
    return [
        common
        | {
            "row": number,
            "as_of": entry.as_of[number],
            "inputs": _text({name: record.get(name) for name in layout.base_names}),
            "features": _text(features),
            "ages_us": _text(ages),
            "output": entry.outputs[number],
        }
        for number, (record, (features, ages)) in enumerate(zip(records, served, strict=True))
    ]


def records_of(body: bytes) -> list[Row]:
    """Return the records of a predict body, in either of its forms."""
    document = msgspec.json.decode(body)
    if "records" in document:
        records: list[Row] = document["records"]
        return records
    columns = document["columns"]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _given(records: list[Row], layout: Layout) -> Iterator[tuple[Row, dict[str, int | None]]]:
    for record in records:
        yield {name: record[name] for name in layout.feature_names if name in record}, {}


def _looked_up(entry: Entry, layout: Layout) -> Iterator[tuple[Row, dict[str, int | None]]]:
    """Read the packed values again by the rule that the edge read them by."""
    views = [PackedView(view.name, view.columns, view.ttl_us, layout.feature_names) for view in layout.views]
    count, packed = len(entry.outputs), entry.packed or []
    for row in range(count):
        values: list[Any] = [None] * len(layout.feature_names)
        ages = {}
        for number, view in enumerate(views):
            _, ages[view.name] = view.place(packed[number * count + row], entry.as_of[row], values)
        yield dict(zip(layout.feature_names, values, strict=True)), ages


def _text(value: Any) -> str:
    return _json.encode(value).decode()
