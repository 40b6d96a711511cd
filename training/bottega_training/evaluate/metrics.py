"""Metrics of binary classification and regression, each with a 95 % interval."""

from typing import Any

import msgspec
import numpy as np
from sklearn import metrics as sk

from bottega.problems import DataProblem
from bottega.specs.training import TaskType
from bottega_training.evaluate import intervals

Vector = np.ndarray
DIRECTIONS = {"binary": "maximize", "regression": "minimize"}
OBJECTIVES = {"binary": "auc", "regression": "rmse"}
_EPSILON = float(np.finfo(np.float64).eps)


class Metric(msgspec.Struct, frozen=True):
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def _metric(triple: tuple[float, float, float]) -> Metric:
    return Metric(*(float(number) for number in triple))


def objective(task: TaskType, label: Vector, score: Vector) -> float:
    """Return what a study optimises: AUC (up) or RMSE (down)."""
    if task == "regression":
        return float(np.sqrt(np.mean((label - score) ** 2)))
    _need_both_classes(label)
    return float(sk.roc_auc_score(label, score))


def _need_both_classes(label: Vector) -> None:
    if not np.isin(label, (0.0, 1.0)).all():
        raise DataProblem("A binary task needs labels 0 and 1.", code="label_not_binary")
    if len(np.unique(label)) < 2:
        raise DataProblem(
            "A split holds only one of the two classes, so no AUC exists; move the split bounds.",
            code="one_class",
        )


def evaluate(task: TaskType, label: Vector, score: Vector, threshold: float) -> dict[str, Metric]:
    """Return all metrics of one split."""
    if not len(label):
        raise DataProblem("A split has no rows; move the split bounds.", code="empty_split")
    if task == "regression":
        return _regression(label, score)
    _need_both_classes(label)
    return _ranking(label, score) | _decisions(label, score >= threshold)


def _ranking(label: Vector, score: Vector) -> dict[str, Metric]:
    clipped = np.clip(score, _EPSILON, 1 - _EPSILON)
    losses = -np.where(label == 1, np.log(clipped), np.log1p(-clipped))
    return {
        "auc": _metric(intervals.delong(label, score)),
        "average_precision": _metric(_average_precision(label, score)),
        "log_loss": _metric(intervals.of_mean(losses)),
        "brier": _metric(intervals.of_mean((score - label) ** 2)),
    }


def _average_precision(label: Vector, score: Vector) -> tuple[float, float, float]:
    value = float(sk.average_precision_score(label, score))
    order = np.argsort(-score, kind="stable")
    hits, ends = label[order] == 1, np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)

    def resampled(weights: Vector) -> float:
        sorted_weights = weights[order]
        true = np.cumsum(sorted_weights * hits)[ends]
        seen = np.cumsum(sorted_weights)[ends]
        precision = true / np.maximum(seen, 1)
        return float(np.sum(np.diff(true, prepend=0) * precision) / max(true[-1], 1))

    return intervals.bootstrap(len(label), resampled, value)


def confusion(label: Vector, decided: Vector) -> dict[str, int]:
    """Count true and false positives and negatives."""
    positive = label == 1
    return {
        "true_positive": int(np.sum(positive & decided)),
        "false_positive": int(np.sum(~positive & decided)),
        "true_negative": int(np.sum(~positive & ~decided)),
        "false_negative": int(np.sum(positive & ~decided)),
    }


def f1(counts: dict[str, int]) -> float:
    """Return F1 of a confusion; 0 where nothing is positive."""
    double = 2 * counts["true_positive"]
    total = double + counts["false_positive"] + counts["false_negative"]
    return double / total if total else 0.0


def _decisions(label: Vector, decided: Vector) -> dict[str, Metric]:
    counts = confusion(label, decided)
    true, wrong = counts["true_positive"], counts["false_positive"]
    missed, rejected = counts["false_negative"], counts["true_negative"]
    return {
        "accuracy": _metric(intervals.of_share(true + rejected, len(label))),
        "precision": _metric(intervals.of_share(true, true + wrong)),
        "recall": _metric(intervals.of_share(true, true + missed)),
        "f1": _metric(_f1_interval(label, decided, f1(counts))),
    }


def _f1_interval(label: Vector, decided: Vector, value: float) -> tuple[float, float, float]:
    """Resample the confusion itself: rows of one cell are exchangeable, so this is the row bootstrap."""
    counts = confusion(label, decided)
    random = np.random.default_rng(intervals.BOOTSTRAP_SEED)
    shares = np.array(list(counts.values())) / len(label)
    drawn = random.multinomial(len(label), shares, size=1_000)
    scores = [f1(dict(zip(counts, map(int, row), strict=True))) for row in drawn]
    low, high = np.percentile(scores, [2.5, 97.5])
    return value, float(low), float(high)


def _regression(label: Vector, score: Vector) -> dict[str, Metric]:
    errors = label - score
    squares = errors**2
    mean, low, high = intervals.of_mean(squares)
    return {
        "mae": _metric(intervals.of_mean(np.abs(errors))),
        "rmse": Metric(float(np.sqrt(mean)), float(np.sqrt(max(0.0, low))), float(np.sqrt(high))),
        "r2": _metric(_r2(label, squares)),
    }


def _r2(label: Vector, squares: Vector) -> tuple[float, float, float]:
    def resampled(weights: Vector) -> float:
        centre = np.average(label, weights=weights)
        spread = float(np.sum(weights * (label - centre) ** 2))
        return 1.0 - float(np.sum(weights * squares)) / spread if spread else float("nan")

    value = resampled(np.ones(len(label)))
    if np.isnan(value):
        raise DataProblem("Every label of a split is the same, so no R² exists.", code="constant_label")
    return intervals.bootstrap(len(label), resampled, value)


def difference(task: TaskType, label: Vector, score: Vector, other: Vector) -> dict[str, Any]:
    """Compare with another model on the same rows: gain in the main metric, paired, and the verdict."""
    if task == "binary":
        gain = _metric(intervals.delong_difference(label, score, other))
        name = "auc"
    else:
        gain = _metric(intervals.of_mean(np.abs(label - other) - np.abs(label - score)))
        name = "mae"
    verdict = "better" if gain.low > 0 else "worse" if gain.high < 0 else "undecided"
    return {"metric": name, "gain": msgspec.to_builtins(gain), "verdict": verdict}
