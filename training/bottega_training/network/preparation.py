"""From encoded inputs to what the network sees: scaled numbers, marks of missing ones, category codes."""

from dataclasses import dataclass

import numpy as np

from bottega_training.network.settings import Columns

LIMIT = 8.0
"""A scaled number is cut off here: an outlier in a request must not decide alone."""


@dataclass(frozen=True)
class Preparation:
    """Learnt on the training rows. ``missing`` are the places among the numbers that were null there at times."""

    columns: Columns
    medians: np.ndarray
    means: np.ndarray
    scales: np.ndarray
    missing: np.ndarray

    def numbers(self, matrix: np.ndarray) -> np.ndarray:
        """Return the scaled numbers and the marks as float64 [rows, numbers + marks]."""
        values = matrix[:, self.columns.numeric]
        null = np.isnan(values)
        scaled = (np.where(null, self.medians, values) - self.means) / self.scales
        return np.hstack([np.clip(scaled, -LIMIT, LIMIT), null[:, self.missing].astype(np.float64)])

    def codes(self, matrix: np.ndarray) -> np.ndarray:
        """Return the category codes as int64 [rows, categories]; null is the code after the last."""
        places = list(self.columns.categories)
        sizes = np.array([self.columns.categories[place] for place in places], dtype=np.float64)
        values = matrix[:, places]
        return np.where(np.isnan(values), sizes, values).astype(np.int64)


def learn(columns: Columns, matrix: np.ndarray) -> Preparation:
    """Learn medians, means and scales; an input that is always null or constant becomes 0."""
    values = matrix[:, columns.numeric]
    null = np.isnan(values)
    medians = np.array([np.median(column[kept]) if kept.any() else 0.0 for column, kept in _known(values, null)])
    filled = np.where(null, medians, values)
    means, scales = filled.mean(axis=0), filled.std(axis=0)
    tiny = scales <= np.finfo(np.float64).eps * np.maximum(1.0, np.abs(means))
    return Preparation(columns, medians, means, np.where(tiny, 1.0, scales), np.flatnonzero(null.any(axis=0)))


def _known(values: np.ndarray, null: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(values.T, ~null.T, strict=True))
