"""The metric that is watched, in numpy alone: AUC for a probability, RMSE for a value."""

import numpy as np


def auc(label: np.ndarray, score: np.ndarray) -> float:
    """Return the area under the ROC curve; equal scores share their rank. ``label`` holds zeros and ones, both."""
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2.0)[place]
    positive = label == 1
    hits, misses = float(positive.sum()), float((~positive).sum())
    return (float(ranks[positive].sum()) - hits * (hits + 1) / 2) / (hits * misses)


def rmse(label: np.ndarray, score: np.ndarray) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(np.mean((label - score) ** 2)))


def measure(label: np.ndarray, score: np.ndarray, *, probability: bool) -> float:
    """Return the watched metric."""
    return auc(label, score) if probability else rmse(label, score)
