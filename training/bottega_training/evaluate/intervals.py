"""Confidence intervals of 95 %.

AUC: DeLong's variance by mid-ranks (Sun and Xu, "Fast Implementation of DeLong's Algorithm for Comparing
the Areas Under Correlated Receiver Operating Characteristic Curves", IEEE Signal Processing Letters 21,
2014), which also gives the paired difference of two models. Proportions: Wilson (1927). Means of per-row
losses: the normal interval. The rest: a bootstrap over rows with a fixed seed.
"""

from collections.abc import Callable

import numpy as np
from scipy import stats

Vector = np.ndarray
Z = float(stats.norm.ppf(0.975))
RESAMPLES = 200
BOOTSTRAP_SEED = 20_130


def _structural_components(label: Vector, score: Vector) -> tuple[float, Vector, Vector]:
    """Return the AUC and, per positive and per negative, the share of the other class on the right side."""
    positive, negative = score[label == 1], score[label == 0]
    m, n = len(positive), len(negative)
    together = stats.rankdata(np.concatenate([positive, negative]))
    by_positive = (together[:m] - stats.rankdata(positive)) / n
    by_negative = 1.0 - (together[m:] - stats.rankdata(negative)) / m
    return float(by_positive.mean()), by_positive, by_negative


def _covariance(rows: Vector) -> Vector:
    return np.atleast_2d(np.cov(rows)) if rows.shape[1] > 1 else np.zeros((len(rows), len(rows)))


def delong(label: Vector, score: Vector) -> tuple[float, float, float]:
    """Return AUC and its interval's ends."""
    auc, by_positive, by_negative = _structural_components(label, score)
    variance = _covariance(by_positive[None])[0, 0] / len(by_positive)
    variance += _covariance(by_negative[None])[0, 0] / len(by_negative)
    half = Z * float(np.sqrt(variance))
    return auc, max(0.0, auc - half), min(1.0, auc + half)


def delong_difference(label: Vector, score: Vector, other: Vector) -> tuple[float, float, float]:
    """Return AUC(score) - AUC(other) on the same rows, with the paired interval."""
    first, second = _structural_components(label, score), _structural_components(label, other)
    covariance = _covariance(np.vstack([first[1], second[1]])) / len(first[1])
    covariance = covariance + _covariance(np.vstack([first[2], second[2]])) / len(first[2])
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    half = Z * float(np.sqrt(max(0.0, variance)))
    difference = first[0] - second[0]
    return difference, difference - half, difference + half


def of_mean(values: Vector) -> tuple[float, float, float]:
    """Return the mean and its normal interval."""
    mean = float(values.mean())
    half = Z * float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return mean, mean - half, mean + half


def of_share(hits: float, total: float) -> tuple[float, float, float]:
    """Return hits / total and Wilson's interval; without any rows it is 0 and says nothing."""
    if not total:
        return 0.0, 0.0, 1.0
    share = hits / total
    scale = 1 + Z**2 / total
    centre = (share + Z**2 / (2 * total)) / scale
    half = Z / scale * float(np.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2)))
    return share, max(0.0, centre - half), min(1.0, centre + half)


def bootstrap(rows: int, statistic: Callable[[Vector], float], value: float) -> tuple[float, float, float]:
    """Return ``value`` and the percentile interval of ``statistic(weights)`` over resampled row weights."""
    random = np.random.default_rng(BOOTSTRAP_SEED)
    drawn = [statistic(np.bincount(random.integers(0, rows, rows), minlength=rows)) for _ in range(RESAMPLES)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return value, float(low), float(high)
