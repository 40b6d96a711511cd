"""XGBoost: numbers, category codes and nulls as they are, early stopping, export to ONNX and to its own UBJ."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import xgboost

from bottega.specs.training import TaskType
from bottega_training.data import Dataset, Encoding, Matrix
from bottega_training.trainers import tree_graph
from bottega_training.trainers.base import FittedModel, Importance, Pruned, Report, Resources, Trainer

OBJECTIVES = {"binary": ("binary:logistic", "auc"), "regression": ("reg:squarederror", "rmse")}
PREDICT_ROWS = 16_384
_OWN = {"iterations", "early_stopping", "report_every"}
_WHOLE = {"max_depth", "max_bin", "max_cat_threshold"}


class XgboostTrees(FittedModel):
    """A booster cut at its best iteration. Its leaves are added in double precision, as the served graph adds them."""

    format = "onnx"

    def __init__(
        self, encoding: Encoding, task: TaskType, booster: xgboost.Booster, curve: list[dict[str, float]]
    ) -> None:
        self.encoding = encoding
        self.task = task
        self.curve = curve
        self._booster = booster
        self._leaves = tree_graph.Leaves(booster, probability=task == "binary")

    def predict(self, matrix: Matrix) -> Matrix:
        """Return the probability of 1, or the value."""
        parts = [self._leaves.output(self._places(matrix[start : start + PREDICT_ROWS])) for start in _starts(matrix)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _places(self, matrix: Matrix) -> Matrix:
        rows = xgboost.DMatrix(matrix, feature_types=_types(self.encoding), enable_categorical=True, nthread=1)
        return np.asarray(self._booster.predict(rows, pred_leaf=True, strict_shape=True)).reshape(len(matrix), -1)

    def export(self, folder: Path) -> list[Path]:
        """Write ``model.onnx``, a row of which takes a fraction of the library's time, and ``model.ubj``."""
        graph, own = folder / "model.onnx", folder / "model.ubj"
        made = tree_graph.model(self._booster, inputs=len(self.encoding.inputs), probability=self.task == "binary")
        onnx.save(made, str(graph))
        self._booster.save_model(str(own))
        return [graph, own]

    def importances(self) -> list[Importance]:
        """Total gain by input; an input that no tree splits has none."""
        gains = self._booster.get_score(importance_type="total_gain")
        names = enumerate(self.encoding.names)
        return [Importance(name, float(np.sum(gains.get(f"f{place}", 0.0))), "gain") for place, name in names]


def _starts(matrix: Matrix) -> range:
    return range(0, len(matrix), PREDICT_ROWS)


def _types(encoding: Encoding) -> list[str]:
    return ["q" if item.categories is None else "c" for item in encoding.inputs]


class _Watcher(xgboost.callback.TrainingCallback):
    """Keeps the validation curve and asks the reporter every few rounds."""

    def __init__(self, report: Report, every: int, total: int) -> None:
        super().__init__()
        self._report = report
        self._every = every
        self._total = total
        self.curve: list[dict[str, float]] = []

    def after_iteration(self, model: Any, epoch: int, evals_log: dict[str, Any]) -> bool:  # noqa: ARG002
        step = epoch + 1
        if step % self._every and step != self._total:
            return False
        value = float(next(iter(evals_log["valid"].values()))[-1])
        self.curve.append({"step": step, "valid": value})
        if self._report(step, value, self._total):
            raise Pruned(step, value)
        return False


class XgboostTrainer(Trainer):
    """Gradient-boosted trees."""

    name = "xgboost"

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
        """Boost until the validation metric stops improving, reporting every ``report_every`` rounds."""
        settings = self.settings(params, task)
        watcher = _Watcher(report, int(settings["report_every"]), int(settings["iterations"]))
        rows = _rows(train, settings, resources)
        booster = xgboost.train(
            _booster_params(settings, task, resources),
            rows,
            num_boost_round=int(settings["iterations"]),
            evals=[(_rows(valid, settings, resources, like=rows), "valid")],
            early_stopping_rounds=int(settings["early_stopping"]) or None,
            callbacks=[watcher],
            verbose_eval=False,
        )
        return XgboostTrees(train.encoding, task, _best(booster, settings), watcher.curve)


def _rows(
    data: Dataset, settings: dict[str, Any], resources: Resources, like: xgboost.DMatrix | None = None
) -> xgboost.QuantileDMatrix:
    return xgboost.QuantileDMatrix(
        data.matrix,
        data.label,
        feature_types=_types(data.encoding),
        enable_categorical=True,
        max_bin=int(settings["max_bin"]),
        nthread=resources.threads,
        ref=like,
    )


def _best(booster: xgboost.Booster, settings: dict[str, Any]) -> xgboost.Booster:
    """Cut the booster behind its best iteration; without early stopping every tree is used."""
    return booster[: booster.best_iteration + 1] if int(settings["early_stopping"]) else booster


def _booster_params(settings: dict[str, Any], task: TaskType, resources: Resources) -> dict[str, Any]:
    objective, metric = OBJECTIVES[task]
    own = {name: int(value) if name in _WHOLE else value for name, value in settings.items() if name not in _OWN}
    return {
        **own,
        "objective": objective,
        "eval_metric": metric,
        "tree_method": "hist",
        "nthread": resources.threads,
        "seed": resources.seed,
        "verbosity": 0,
    }
