"""Assembles the report document."""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from bottega.specs.training import TaskType
from bottega_training.evaluate import curves, metrics, segments

REPORT_FORMAT = 1


class Scored(msgspec.Struct, frozen=True):
    """One split: its predictions table and the columns as vectors."""

    table: pa.Table

    @property
    def label(self) -> np.ndarray:
        """The labels."""
        return np.asarray(self.table["label"].to_numpy())

    @property
    def prediction(self) -> np.ndarray:
        """The model's predictions."""
        return np.asarray(self.table["prediction"].to_numpy())

    @property
    def baseline(self) -> np.ndarray:
        """The baseline's predictions."""
        return np.asarray(self.table["baseline"].to_numpy())


def evaluation(task: TaskType, valid: Scored, test: Scored) -> dict[str, Any]:
    """Return metrics of both splits and everything drawn from the hold-out."""
    threshold = curves.best_threshold(valid.label, valid.prediction) if task == "binary" else 0.5
    document: dict[str, Any] = {
        "task": task,
        "threshold": threshold if task == "binary" else None,
        "metrics": {
            name: _plain(metrics.evaluate(task, part.label, part.prediction, threshold))
            for name, part in (("valid", valid), ("test", test))
        },
        "rows": {"valid": len(valid.label), "test": len(test.label)},
        "label_mean": {"valid": float(valid.label.mean()), "test": float(test.label.mean())},
        "segments": segments.segments(task, test.label, test.prediction, _segment_columns(test.table)),
    }
    return document | (_binary(test) if task == "binary" else _regression(test))


def _plain(found: dict[str, metrics.Metric]) -> dict[str, Any]:
    return {name: msgspec.to_builtins(metric) for name, metric in found.items()}


def _segment_columns(table: pa.Table) -> dict[str, Any]:
    own = [
        name
        for name in table.column_names
        if name not in {"row_id", "event_time", "label", "prediction", "baseline", "split"}
    ]
    times = table["event_time"]
    months = {"month": segments.months(times)} if times.null_count < len(times) else {}
    return months | {name: table[name] for name in own}


def _binary(test: Scored) -> dict[str, Any]:
    label, prediction = test.label, test.prediction
    return {
        "roc": curves.roc(label, prediction),
        "precision_recall": curves.precision_recall(label, prediction),
        "calibration": curves.calibration(label, prediction),
        "thresholds": curves.thresholds(label, prediction),
        "histogram": curves.histogram(prediction, label),
    }


def _regression(test: Scored) -> dict[str, Any]:
    return {
        "calibration": curves.calibration(test.label, test.prediction),
        "histogram": curves.histogram(test.prediction),
        "residuals": _residuals(test.label - test.prediction),
    }


def _residuals(residuals: np.ndarray) -> dict[str, Any]:
    """Return their histogram, whose first and last bin also hold the half per cent beyond them, and quantiles."""
    within = np.clip(residuals, *np.percentile(residuals, [0.5, 99.5]))
    return curves.histogram(within) | {"quantiles": np.percentile(residuals, [1, 5, 25, 50, 75, 95, 99]).tolist()}


def comparison(task: TaskType, test: Scored, *, name: str, trainer: str, other: np.ndarray) -> dict[str, Any]:
    """Return the paired comparison with another model's predictions of the same rows."""
    found = metrics.difference(task, test.label, test.prediction, other)
    value = metrics.evaluate(task, test.label, other, 0.5)[found["metric"]]
    return {"name": name, "trainer": trainer, "value": msgspec.to_builtins(value), **found}
