"""Segments of the hold-out, sorted by the worst gap to the whole."""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bottega.specs.training import TaskType
from bottega_training.evaluate import intervals

Vector = np.ndarray
MIN_ROWS = 50
MAX_SEGMENTS = 200
MAX_VALUES = 400


class Segment(msgspec.Struct, frozen=True):
    """One slice. ``gap`` is how much worse than the whole (positive is worse) in the task's main metric."""

    column: str
    segment: str
    rows: int
    metric: str
    value: float
    low: float
    high: float
    gap: float
    label_mean: float
    prediction_mean: float


def segments(task: TaskType, label: Vector, score: Vector, columns: dict[str, pa.Array]) -> list[dict[str, Any]]:
    """Slice by every value of ``columns``; slices under 50 rows (or of one class) are left out."""
    whole = _measure(task, label, score)
    found: list[Segment] = []
    for name, values in columns.items():
        for text, mask in _slices(values):
            found.extend(_segment(task, name, text, label[mask], score[mask], whole))
    found.sort(key=lambda item: item.gap, reverse=True)
    return [msgspec.to_builtins(item) for item in found[:MAX_SEGMENTS]]


def months(event_time: pa.Array) -> pa.Array:
    """Return each time's month as text."""
    return pc.strftime(event_time, format="%Y-%m")


def _slices(values: pa.Array) -> list[tuple[str, Vector]]:
    codes = values.cast(pa.string()).dictionary_encode()
    if isinstance(codes, pa.ChunkedArray):
        codes = codes.combine_chunks()
    texts = codes.dictionary.to_pylist()
    if len(texts) > MAX_VALUES:
        return []
    places = codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    named = [(text, places == place) for place, text in enumerate(texts)]
    return [*named, ("(null)", places == -1)]


def _measure(task: TaskType, label: Vector, score: Vector) -> tuple[str, float, float, float]:
    if task == "binary":
        return ("auc", *intervals.delong(label, score))
    return ("mae", *intervals.of_mean(np.abs(label - score)))


def _segment(
    task: TaskType,
    column: str,
    text: str,
    label: Vector,
    score: Vector,
    whole: tuple[str, float, float, float],
) -> list[Segment]:
    few = len(label) < MIN_ROWS
    if few or (task == "binary" and min(np.sum(label == 1), np.sum(label == 0)) < 2):
        return []
    metric, value, low, high = _measure(task, label, score)
    gap = whole[1] - value if task == "binary" else value - whole[1]
    means = float(label.mean()), float(score.mean())
    return [Segment(column, text, len(label), metric, value, low, high, gap, *means)]
