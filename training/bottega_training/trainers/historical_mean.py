"""The baseline: the label's mean by group, shrunk towards the overall mean."""

from pathlib import Path
from typing import Any

import numpy as np

from bottega.problems import ProblemError, SpecProblem
from bottega.specs.training import TaskType
from bottega_training.data import Dataset, Encoding, Matrix
from bottega_training.trainers.base import FittedModel, Report, Resources, Trainer


class HistoricalMean(FittedModel):
    """Group means; a group that training did not see gets the overall mean."""

    format = "onnx"

    def __init__(
        self, encoding: Encoding, task: TaskType, places: list[int], means: dict[bytes, float], overall: float
    ) -> None:
        self.encoding = encoding
        self.task = task
        self.curve: list[dict[str, float]] = []
        self._places = places
        self._means = means
        self._overall = overall

    def predict(self, matrix: Matrix) -> Matrix:
        """Look up each row's group."""
        unique, inverse = _groups(matrix, self._places)
        values = np.array([self._means.get(group.tobytes(), self._overall) for group in unique])
        return np.asarray(values[inverse], dtype=np.float64)

    def export(self, folder: Path) -> list[Path]:  # noqa: ARG002 - there is nothing to write
        """A baseline is there to be beaten, not to be served."""
        raise ProblemError(
            "A historical mean is a baseline and cannot be registered; register a run of another trainer instead.",
            code="not_registrable",
            title="This run cannot be registered",
            status=409,
        )


def _groups(matrix: Matrix, places: list[int]) -> tuple[Matrix, Matrix]:
    """Return the distinct key rows (null is -1) and each row's place among them."""
    keys = np.zeros((len(matrix), len(places) + 1))
    keys[:, 1:] = np.where(np.isnan(matrix[:, places]), -1.0, matrix[:, places])
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    return unique, inverse.ravel()


class HistoricalMeanTrainer(Trainer):
    """Means by the inputs in ``by`` (default: every categorical input); no key at all is the overall mean."""

    name = "historical_mean"

    def fit(
        self,
        train: Dataset,
        valid: Dataset,  # noqa: ARG002 - nothing to watch
        *,
        task: TaskType,
        params: dict[str, Any],
        resources: Resources,  # noqa: ARG002
        report: Report,  # noqa: ARG002
    ) -> FittedModel:
        """Average the label by group in one pass."""
        settings = self.settings(params, task)
        places = _places(train.encoding, settings["by"])
        overall = float(np.mean(train.label))
        unique, inverse = _groups(train.matrix, places)
        counts = np.bincount(inverse, minlength=len(unique))
        sums = np.bincount(inverse, weights=train.label, minlength=len(unique))
        weight = settings["smoothing"]
        means = (sums + weight * overall) / (counts + weight)
        table = {group.tobytes(): float(mean) for group, mean in zip(unique, means, strict=True)}
        return HistoricalMean(train.encoding, task, places, table, overall)


def _places(encoding: Encoding, keys: list[str] | None) -> list[int]:
    if keys is None:
        return encoding.categorical
    unknown = sorted(set(keys) - set(encoding.names))
    if unknown:
        raise SpecProblem(
            f"historical_mean cannot group by {', '.join(unknown)}: not an input of this training set. "
            f"Its inputs are {', '.join(encoding.names)}.",
            code="unknown_column",
        )
    return [encoding.names.index(key) for key in keys]
