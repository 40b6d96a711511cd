"""Curves and tables of a report, thinned for drawing; scikit-learn computes them."""

from typing import Any

import numpy as np
from sklearn import metrics as sk

from bottega_training.evaluate.metrics import confusion, f1

Vector = np.ndarray
POINTS = 200
THRESHOLDS = np.round(np.arange(0.01, 1.0, 0.01), 2)


def _thinned(*columns: Vector) -> list[list[float]]:
    size = len(columns[0])
    kept = np.unique(np.linspace(0, size - 1, min(size, POINTS)).round().astype(int))
    return [[float(column[place]) for column in columns] for place in kept]


def roc(label: Vector, score: Vector) -> list[list[float]]:
    """Return points (false positive rate, true positive rate)."""
    false_rate, true_rate, _ = sk.roc_curve(label, score)
    return _thinned(false_rate, true_rate)


def precision_recall(label: Vector, score: Vector) -> list[list[float]]:
    """Return points (recall, precision)."""
    precision, recall, _ = sk.precision_recall_curve(label, score)
    return _thinned(recall[::-1], precision[::-1])


def calibration(label: Vector, score: Vector, bins: int = 10) -> list[dict[str, float]]:
    """Return, for bins of equal row count, the mean score, the observed rate and the rows."""
    parts = np.array_split(np.argsort(score, kind="stable"), min(bins, len(score)))
    return [
        {"score": float(score[part].mean()), "rate": float(label[part].mean()), "rows": len(part)} for part in parts
    ]


def thresholds(label: Vector, score: Vector) -> list[dict[str, float]]:
    """Return the confusion and its rates at every hundredth."""
    return [_at_threshold(label, score, float(threshold)) for threshold in THRESHOLDS]


def _at_threshold(label: Vector, score: Vector, threshold: float) -> dict[str, float]:
    counts = confusion(label, score >= threshold)
    flagged = counts["true_positive"] + counts["false_positive"]
    positive = counts["true_positive"] + counts["false_negative"]
    return {
        "threshold": threshold,
        **counts,
        "precision": counts["true_positive"] / flagged if flagged else 0.0,
        "recall": counts["true_positive"] / positive if positive else 0.0,
        "f1": f1(counts),
        "accuracy": (counts["true_positive"] + counts["true_negative"]) / len(label),
    }


def best_threshold(label: Vector, score: Vector) -> float:
    """Return the hundredth with the highest F1 (the lowest of equals): the default decision."""
    table = thresholds(label, score)
    return float(max(table, key=lambda row: (row["f1"], -row["threshold"]))["threshold"])


def histogram(score: Vector, label: Vector | None = None, bins: int = 40) -> dict[str, Any]:
    """Return counts per bin, by class where there is a label."""
    edges = np.histogram_bin_edges(score, bins=bins)
    document: dict[str, Any] = {"edges": edges.tolist(), "all": np.histogram(score, edges)[0].tolist()}
    if label is not None:
        document["positive"] = np.histogram(score[label == 1], edges)[0].tolist()
        document["negative"] = np.histogram(score[label == 0], edges)[0].tolist()
    return document
