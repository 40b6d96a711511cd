"""Quality against ground truth: the metrics of one day of one version, as far as its labels allow them."""

from collections.abc import Callable

import numpy as np

from bottega_training.evaluate import intervals

Vector = np.ndarray
Triple = tuple[float, float, float]
Measured = dict[str, dict[str, float] | None]
METRICS = {"binary": ("auc", "log_loss", "brier"), "regression": ("mae", "rmse")}
_EPSILON = float(np.finfo(np.float64).eps)


def realised(task: str, label: Vector, score: Vector) -> tuple[Measured, dict[str, str]]:
    """Return metrics with intervals, and for each that does not exist the reason why.

    Args:
        task: ``binary`` (labels 0 and 1, scores are probabilities) or ``regression``.
        label: what turned out to be true, one value per prediction.
        score: what was predicted, in the same order.
    """
    names = METRICS[task]
    if not len(label):
        return dict.fromkeys(names), dict.fromkeys(names, "no_labels")
    if task == "binary" and not np.isin(label, (0.0, 1.0)).all():
        return dict.fromkeys(names), dict.fromkeys(names, "label_not_binary")
    means = {"label_mean": _metric(intervals.of_mean(label)), "prediction_mean": _metric(intervals.of_mean(score))}
    if task == "regression":
        return _regression(label, score) | means, {}
    losses = _binary(label, score) | means
    if label.min() == label.max():
        return {"auc": None, **losses}, {"auc": "one_class"}
    return {"auc": _metric(intervals.delong(label, score)), **losses}, {}


def _binary(label: Vector, score: Vector) -> Measured:
    clipped = np.clip(score, _EPSILON, 1 - _EPSILON)
    losses = -np.where(label == 1, np.log(clipped), np.log1p(-clipped))
    return {
        "log_loss": _metric(intervals.of_mean(losses)),
        "brier": _metric(intervals.of_mean((score - label) ** 2)),
    }


def _regression(label: Vector, score: Vector) -> Measured:
    errors = label - score
    return {
        "mae": _metric(intervals.of_mean(np.abs(errors))),
        "rmse": _metric(intervals.of_mean(errors**2), lambda square: float(np.sqrt(max(0.0, square)))),
    }


def _metric(triple: Triple, shape: Callable[[float], float] = float) -> dict[str, float]:
    value, low, high = (shape(float(number)) for number in triple)
    return {"value": value, "low": low, "high": high}
