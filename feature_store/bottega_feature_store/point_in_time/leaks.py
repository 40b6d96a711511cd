"""Features that give the label away: nearly a function of it, so not knowable before it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LIMIT = 0.995
SAMPLE_ROWS = 100_000
MIN_ROWS = 100
MIN_CLASS = 10
MAX_CATEGORIES = 100
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Leak:
    """A suspicious feature: by which measure, and how strong it is alone (1 is a perfect answer)."""

    column: str
    measure: str
    value: float

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {"column": self.column, "measure": self.measure, "value": round(self.value, 6)}


def find_leaks(
    sample: pa.Table, features: list[str], label: str, label_name: str, *, limit: float = LIMIT
) -> list[Leak]:
    """Return the features that alone nearly decide the label, in a sample of the training split.

    Args:
        sample: rows with the features and ``label``.
        features: the names to look at.
        label: the label's column in the sample.
        label_name: what the label is called at its origin; a feature of that name is the label itself.
        limit: how strong a feature is alone to be named; 1 is a perfect answer.
    """
    target = _numbers(sample.column(label))
    named = [Leak(name, "is the label column", 1.0) for name in features if name == label_name]
    taken = {leak.column for leak in named}
    measured = [_leak(name, sample.column(name), target, limit) for name in features if name not in taken]
    return named + [leak for leak in measured if leak is not None]


def _leak(name: str, column: pa.ChunkedArray, target: Array, limit: float) -> Leak | None:
    present = ~np.asarray(column.is_null().to_numpy())
    candidates = [("presence", present.astype(np.float64), np.ones(len(target), dtype=bool))]
    values = _values(column, target, present)
    if values is not None:
        candidates.append(("value", values, present & np.isfinite(values)))
    for what, scores, rows in candidates:
        measure, strength = _strength(scores[rows], target[rows])
        if strength >= limit:
            return Leak(name, f"{measure} of its {what}", strength)
    return None


def _values(column: pa.ChunkedArray, target: Array, present: Array) -> Array | None:
    """Numbers as they are; of a text, the mean label of each value, unless there are too many to mean anything."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _numbers(column)
    codes = pc.dictionary_encode(column.combine_chunks())
    if len(codes.dictionary) > MAX_CATEGORIES:
        return None
    places = np.asarray(codes.indices.fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int64)
    weights = present.astype(np.float64)
    sums = np.bincount(places, weights=weights * target)
    counts = np.bincount(places, weights=weights)
    means: Array = (sums / np.maximum(counts, 1.0))[places]
    return means


def _numbers(column: pa.ChunkedArray) -> Array:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    elif pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    elif pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    found: Array = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    return found


def _strength(scores: Array, target: Array) -> tuple[str, float]:
    if len(scores) < MIN_ROWS or np.all(scores == scores[0]):
        return "AUC", 0.0
    low, high = target.min(), target.max()
    if low == high:
        return "AUC", 0.0
    ranks = _ranks(scores)
    if np.all((target == low) | (target == high)):
        return "AUC", _auc(ranks, target == high)
    correlation = np.corrcoef(ranks, _ranks(target))[0, 1]
    return "rank correlation", float(abs(correlation))


def _auc(ranks: Array, positive: Array) -> float:
    ones = int(positive.sum())
    zeros = len(positive) - ones
    if min(ones, zeros) < MIN_CLASS:
        return 0.0
    area = (ranks[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros)
    return float(max(area, 1 - area))


def _ranks(values: Array) -> Array:
    """Ranks from 1, ties sharing their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Array = (ends - (counts - 1) / 2)[place]
    return means
