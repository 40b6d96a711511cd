"""Linear and logistic regression as scikit-learn pipelines, exported to ONNX in double precision."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from bottega.problems import DataProblem
from bottega.specs.training import TaskType
from bottega_training.data import Dataset, Encoding, Matrix
from bottega_training.trainers import linear_graph
from bottega_training.trainers.base import FittedModel, Importance, Report, Resources, Trainer


class FittedLinear(FittedModel):
    """The fitted pipeline."""

    format = "onnx"

    def __init__(self, encoding: Encoding, task: TaskType, pipeline: Pipeline) -> None:
        self.encoding = encoding
        self.task = task
        self.curve: list[dict[str, float]] = []
        self._pipeline = pipeline

    def predict(self, matrix: Matrix) -> Matrix:
        """Return the probability of 1, or the value."""
        if self.task == "binary":
            return np.asarray(self._pipeline.predict_proba(matrix)[:, 1], dtype=np.float64)
        return np.asarray(self._pipeline.predict(matrix), dtype=np.float64)

    def export(self, folder: Path) -> list[Path]:
        """Write ``model.onnx``: input ``input`` [rows, inputs] double, output ``prediction`` [rows] double."""
        path = folder / "model.onnx"
        onnx.save(linear_graph.model(self.encoding, self._pipeline, probability=self.task == "binary"), str(path))
        return [path]

    def importances(self) -> list[Importance]:
        """Absolute standardised weight; of a category input, the spread of its categories' weights."""
        numeric, tables, _ = linear_graph.weights(self.encoding, self._pipeline)
        values = {place: abs(float(weight)) for place, weight in numeric.items()}
        values.update({place: float(np.std(table)) for place, table in tables.items()})
        return [Importance(name, values[place], "weight") for place, name in enumerate(self.encoding.names)]


class _LinearTrainer(Trainer):
    """Median for nulls, unit scale, one indicator per known category (an unknown one has none)."""

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
        """Fit in one go; reports the validation metric once."""
        settings = self.settings(params, task)
        pipeline = Pipeline([("inputs", _inputs(train.encoding)), ("model", self._model(settings, resources))])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            pipeline.fit(train.matrix, train.label)
        fitted = FittedLinear(train.encoding, task, pipeline)
        _report_once(fitted, valid, report)
        return fitted

    def _model(self, settings: dict[str, Any], resources: Resources) -> Any:
        raise NotImplementedError


class LogisticRegressionTrainer(_LinearTrainer):
    """Logistic regression by L-BFGS."""

    name = "logistic_regression"

    def fit(self, train: Dataset, valid: Dataset, **how: Any) -> FittedModel:
        """Fit; refuse labels that are all the same."""
        if len(np.unique(train.label)) < 2:
            raise DataProblem("Every training label is the same; there is nothing to learn.", code="one_class")
        return super().fit(train, valid, **how)

    def _model(self, settings: dict[str, Any], resources: Resources) -> Any:
        return LogisticRegression(
            C=settings["c"],
            max_iter=int(settings["max_iterations"]),
            class_weight="balanced" if settings["balanced"] else None,
            random_state=resources.seed,
        )


class LinearRegressionTrainer(_LinearTrainer):
    """Least squares with an L2 penalty."""

    name = "linear_regression"

    def _model(self, settings: dict[str, Any], resources: Resources) -> Any:
        return Ridge(alpha=settings["alpha"], random_state=resources.seed)


def _report_once(fitted: FittedLinear, valid: Dataset, report: Report) -> None:
    from bottega_training.evaluate.metrics import objective

    value = objective(fitted.task, valid.label, fitted.predict(valid.matrix))
    fitted.curve.append({"step": 1, "valid": value})
    report(1, value, 1)


def _inputs(encoding: Encoding) -> ColumnTransformer:
    numeric = [place for place in range(len(encoding.inputs)) if place not in encoding.categorical]
    steps: list[tuple[str, Any, list[int]]] = [("numbers", _numbers(), numeric)] if numeric else []
    if encoding.categorical:
        steps.append(("categories", _categories(encoding), encoding.categorical))
    return ColumnTransformer(steps)


def _numbers() -> Pipeline:
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return Pipeline([("median", imputer), ("scale", StandardScaler())])


def _categories(encoding: Encoding) -> Pipeline:
    known = [
        np.arange(len(encoding.inputs[place].categories or []), dtype=np.float64) for place in encoding.categorical
    ]
    imputer = SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True)
    return Pipeline([("missing", imputer), ("one_hot", OneHotEncoder(categories=known, handle_unknown="ignore"))])
