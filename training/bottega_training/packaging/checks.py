"""Parity with the trainer, golden rows, and what the model costs to call."""

import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bottega_training.data import Encoding, load
from bottega_training.packaging.runtimes import BrokenModel, Predict

TOLERANCE = 1e-6
PARITY_ROWS = 5_000
GOLDEN_ROWS = 50
TIMED_CALLS = 1_000


def parity(predict: Predict, encoding: Encoding, test: Path, predictions: Path) -> tuple[np.ndarray, float]:
    """Compare the model file with what the trainer predicted on the hold-out; return rows and the difference.

    Raises:
        BrokenModel: they differ by more than 1e-6, or of values by more than 1e-6 of the largest.
    """
    matrix = _spread(load(test, encoding).matrix)
    expected = _spread(_trainer_predictions(test, predictions))
    difference = float(np.max(np.abs(predict(matrix) - expected)))
    allowed = TOLERANCE * max(1.0, float(np.max(np.abs(expected))))
    if not difference <= allowed:
        raise BrokenModel(
            f"The exported model differs from the trained one by {difference:.3g} (allowed {allowed:.3g}); "
            "train the run again.",
            code="parity_failed",
        )
    return matrix, difference


def _trainer_predictions(test: Path, predictions: Path) -> np.ndarray:
    order = pq.read_table(test, columns=["row_id"])["row_id"].combine_chunks()
    rows = pq.read_table(predictions, columns=["row_id", "prediction", "split"])
    rows = rows.filter(pc.equal(rows["split"].cast(pa.string()), "test"))
    places = pc.index_in(order, value_set=rows["row_id"].combine_chunks())
    return np.asarray(rows["prediction"].take(places).to_numpy())


def _spread(values: np.ndarray) -> np.ndarray:
    places = np.unique(np.linspace(0, len(values) - 1, min(len(values), PARITY_ROWS)).round().astype(int))
    return np.asarray(values[places])


def golden_rows(matrix: np.ndarray, encoding: Encoding) -> np.ndarray:
    """Return 50 hold-out rows, a row of nulls, and per category one row in which it is null or unseen."""
    places = np.unique(np.linspace(0, len(matrix) - 1, min(len(matrix), GOLDEN_ROWS)).round().astype(int))
    empty = np.full((1, matrix.shape[1]), np.nan)
    without = np.repeat(matrix[:1], len(encoding.categorical), axis=0)
    without[np.arange(len(without)), encoding.categorical] = np.nan
    return np.vstack([matrix[places], empty, without])


def latency(predict: Predict, matrix: np.ndarray) -> dict[str, float]:
    """Return percentiles of single-row calls in microseconds, in this process."""
    rows = [matrix[place % len(matrix)][None] for place in range(TIMED_CALLS)]
    seconds = []
    for row in rows:
        start = time.perf_counter()
        predict(row)
        seconds.append(time.perf_counter() - start)
    p50, p99 = np.percentile(np.array(seconds[50:]) * 1e6, [50, 99])
    return {"predict_us_p50": round(float(p50), 2), "predict_us_p99": round(float(p99), 2)}
