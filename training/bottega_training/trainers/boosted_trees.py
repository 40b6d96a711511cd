"""LightGBM: numbers, category codes and nulls as they are, early stopping, text export."""

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from bottega.specs.training import TaskType
from bottega_training.data import Dataset, Encoding, Matrix
from bottega_training.trainers.base import FittedModel, Importance, Pruned, Report, Resources, Trainer

OBJECTIVES = {"binary": ("binary", "auc"), "regression": ("regression", "rmse")}
_OWN = {"iterations", "early_stopping", "report_every"}


class BoostedTrees(FittedModel):
    """A LightGBM booster at its best iteration."""

    format = "lightgbm"

    def __init__(
        self, encoding: Encoding, task: TaskType, booster: lightgbm.Booster, curve: list[dict[str, float]]
    ) -> None:
        self.encoding = encoding
        self.task = task
        self.curve = curve
        self._booster = booster

    @property
    def best_iteration(self) -> int:
        """How many trees are used."""
        return int(self._booster.best_iteration or self._booster.current_iteration())

    def predict(self, matrix: Matrix) -> Matrix:
        """Predict with the best iteration's trees."""
        raw = self._booster.predict(matrix, num_iteration=self.best_iteration, num_threads=1)
        return np.asarray(raw, dtype=np.float64)

    def export(self, folder: Path) -> list[Path]:
        """Write LightGBM's own text format, best iteration only."""
        path = folder / "model.txt"
        self._booster.save_model(str(path), num_iteration=self.best_iteration)
        return [path]

    def importances(self) -> list[Importance]:
        """Total gain by input."""
        gains = self._booster.feature_importance("gain", iteration=self.best_iteration)
        return [Importance(name, float(gain), "gain") for name, gain in zip(self.encoding.names, gains, strict=True)]


class _Watcher:
    """Keeps the validation curve and asks the reporter every few rounds."""

    before_iteration = False
    order = 15

    def __init__(self, report: Report, every: int, total: int) -> None:
        self._report = report
        self._every = every
        self._total = total
        self.curve: list[dict[str, float]] = []

    def __call__(self, env: lightgbm.callback.CallbackEnv) -> None:
        step = env.iteration + 1
        if step % self._every and step != self._total:
            return
        value = float(env.evaluation_result_list[0][2])
        self.curve.append({"step": step, "valid": value})
        if self._report(step, value, self._total):
            raise Pruned(step, value)


class LightGbmTrainer(Trainer):
    """Gradient-boosted trees."""

    name = "lightgbm"

    def fit(
        self,
        train: Dataset,
        valid: Dataset,
        *,
        task: TaskType,
        params: dict[str, Any],
        resources: Resources,
        report: Report,
    ) -> FittedModel:
        """Boost until the validation metric stops rising, reporting every ``report_every`` rounds."""
        settings = self.settings(params, task)
        watcher = _Watcher(report, int(settings["report_every"]), int(settings["iterations"]))
        rows = lightgbm.Dataset(
            train.matrix,
            train.label,
            feature_name=[f"f{place}" for place in range(len(train.encoding.inputs))],
            categorical_feature=train.encoding.categorical,
            params=_dataset_params(settings),
        )
        booster = lightgbm.train(
            _booster_params(settings, task, resources),
            rows,
            num_boost_round=int(settings["iterations"]),
            valid_sets=[rows.create_valid(valid.matrix, valid.label)],
            valid_names=["valid"],
            callbacks=_callbacks(settings, watcher),
        )
        return BoostedTrees(train.encoding, task, booster, watcher.curve)


def _dataset_params(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "max_bin": int(settings["max_bin"]),
        "min_data_in_leaf": int(settings["min_data_in_leaf"]),
        "verbosity": -1,
    }


def _booster_params(settings: dict[str, Any], task: TaskType, resources: Resources) -> dict[str, Any]:
    objective, metric = OBJECTIVES[task]
    whole = {"num_leaves", "max_depth", "min_data_in_leaf", "max_bin"}
    own = {name: int(value) if name in whole else value for name, value in settings.items() if name not in _OWN}
    return {
        **own,
        "objective": objective,
        "metric": metric,
        "bagging_freq": 1,
        "num_threads": resources.threads,
        "seed": resources.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def _callbacks(settings: dict[str, Any], watcher: _Watcher) -> list[Any]:
    rounds = int(settings["early_stopping"])
    stop = [lightgbm.early_stopping(rounds, verbose=False)] if rounds else []
    return [watcher, *stop]
