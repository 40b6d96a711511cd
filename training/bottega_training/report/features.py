"""Importances and statistics of a model's inputs."""

from typing import Any

import numpy as np

from bottega_training.data import Dataset
from bottega_training.evaluate.metrics import objective
from bottega_training.trainers.base import FittedModel

PERMUTED_ROWS = 5_000
BINS = 20
TOP_CATEGORIES = 20


def importances(model: FittedModel, valid: Dataset, seed: int) -> list[dict[str, Any]]:
    """Return each input's own importance (share) and the loss of the main metric when it is shuffled."""
    own = {item.name: item for item in model.importances()}
    total = sum(item.value for item in own.values()) or 1.0
    shuffled = permutation(model, valid, seed)
    rows = [
        {
            "name": name,
            "share": own[name].value / total if name in own else None,
            "kind": own[name].kind if name in own else None,
            "permutation": shuffled[name],
        }
        for name in model.encoding.names
    ]
    return sorted(rows, key=lambda row: (row["share"] or 0.0, row["permutation"]), reverse=True)


def permutation(model: FittedModel, valid: Dataset, seed: int) -> dict[str, float]:
    """Shuffle one input at a time on at most 5,000 validation rows; positive means the input helps."""
    random = np.random.default_rng(seed)
    places = random.permutation(len(valid))[:PERMUTED_ROWS]
    matrix, label = valid.matrix[places].copy(), valid.label[places]
    if model.task == "binary" and len(np.unique(label)) < 2:
        return dict.fromkeys(model.encoding.names, 0.0)
    sign = 1.0 if model.task == "binary" else -1.0
    whole = objective(model.task, label, model.predict(matrix))
    losses = {}
    for place, name in enumerate(model.encoding.names):
        kept = matrix[:, place].copy()
        matrix[:, place] = random.permutation(kept)
        losses[name] = sign * (whole - objective(model.task, label, model.predict(matrix)))
        matrix[:, place] = kept
    return losses


def statistics(train: Dataset) -> list[dict[str, Any]]:
    """Return each input's distribution in the training split."""
    return [
        {"name": item.name, "type": item.type, "origin": item.origin, "view": item.view}
        | (
            _category_statistics(train.matrix[:, place], item.categories)
            if item.categories is not None
            else _number_statistics(train.matrix[:, place])
        )
        for place, item in enumerate(train.encoding.inputs)
    ]


def _category_statistics(codes: np.ndarray, categories: list[str]) -> dict[str, Any]:
    known = codes[~np.isnan(codes)].astype(np.int64)
    counts = np.bincount(known, minlength=len(categories))
    top = np.argsort(-counts, kind="stable")[:TOP_CATEGORIES]
    return {
        "categorical": True,
        "null_share": float(np.isnan(codes).mean()),
        "categories": len(categories),
        "top": [{"value": categories[place], "rows": int(counts[place])} for place in top],
    }


def _number_statistics(values: np.ndarray) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    document: dict[str, Any] = {"categorical": False, "null_share": float(np.isnan(values).mean())}
    if not len(known):
        return document
    quantiles = np.percentile(known, [0, 1, 25, 50, 75, 99, 100])
    counts, edges = np.histogram(known, bins=BINS)
    return document | {
        "mean": float(known.mean()),
        "std": float(known.std()),
        "quantiles": dict(zip(("min", "p1", "p25", "p50", "p75", "p99", "max"), quantiles.tolist(), strict=True)),
        "histogram": {"edges": edges.tolist(), "rows": counts.tolist()},
    }
