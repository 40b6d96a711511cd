"""A neural network by PyTorch: embeddings for categories, early stopping, checkpoints, export to ONNX in doubles."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from bottega.problems import DataProblem, ProblemError
from bottega.specs.training import TaskType
from bottega_training.data import Dataset, Encoding, Matrix
from bottega_training.network.settings import Columns, Settings
from bottega_training.trainers import network_graph
from bottega_training.trainers.base import DeviceUse, FittedModel, Pruned, Report, Resources, Trainer

if TYPE_CHECKING:
    from bottega_training.network.fit import Fitted, Rows


class FittedNetwork(FittedModel):
    """The weights of the best epoch. Predictions are in double precision, as the served graph makes them."""

    format = "onnx"

    def __init__(self, encoding: Encoding, task: TaskType, fitted: "Fitted", device: DeviceUse) -> None:
        self.encoding = encoding
        self.task = task
        self.curve = fitted.curve
        self.device = device
        self._weights = fitted.weights

    def predict(self, matrix: Matrix) -> Matrix:
        """Return the probability of 1, or the value."""
        return self._weights.predict(matrix)

    def export(self, folder: Path) -> list[Path]:
        """Write ``model.onnx``: input ``input`` [rows, inputs] double, output ``prediction`` [rows] double."""
        path = folder / "model.onnx"
        onnx.save(network_graph.model(self._weights), str(path))
        return [path]


class NeuralNetworkTrainer(Trainer):
    """A multilayer perceptron; PyTorch is imported when the first fit begins, because many machines lack it."""

    name = "neural_network"

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
        """Fit on the device that ``resources`` names, reporting each epoch; goes on from a checkpoint if there is one.

        Raises:
            ProblemError: PyTorch is missing, or a GPU was asked for and there is none.
        """
        _check_label(task, train, valid)
        fitted = self._run(_rows(train), _rows(valid), _columns(train.encoding), task, params, resources, report)
        used = DeviceUse(resources.device, fitted.device.kind, fitted.device.name, fitted.device.note)
        return FittedNetwork(train.encoding, task, fitted, used)

    def _run(
        self,
        train: "Rows",
        valid: "Rows",
        columns: Columns,
        task: TaskType,
        params: dict[str, Any],
        resources: Resources,
        report: Report,
    ) -> "Fitted":
        from bottega_training.network.device import NoGpuError
        from bottega_training.network.fit import StoppedError, fit

        try:
            return fit(
                train,
                valid,
                columns,
                probability=task == "binary",
                settings=_settings(self.settings(params, task), resources),
                device=resources.device,
                slot=resources.checkpoint,
                report=report,
                say=resources.say,
            )
        except StoppedError as stopped:
            raise Pruned(stopped.step, stopped.value) from None
        except NoGpuError as error:
            raise no_gpu(str(error)) from None


def no_gpu(reason: str) -> ProblemError:
    """Return the problem of a fit that wants a GPU where there is none."""
    return ProblemError(
        f"{reason} Ask for device auto or cpu, or start the run where there is a GPU.",
        code="no_gpu",
        title="There is no GPU",
        status=409,
    )


def _rows(data: Dataset) -> "Rows":
    try:
        from bottega_training.network.fit import Rows
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ProblemError(
            "The trainer neural_network needs PyTorch, which this worker does not have; install it there.",
            code="trainer_unavailable",
            title="This trainer is not available here",
            status=409,
        ) from error
    return Rows(data.matrix, data.label)


def _columns(encoding: Encoding) -> Columns:
    sizes = {place: len(encoding.inputs[place].categories or []) for place in encoding.categorical}
    return Columns(len(encoding.inputs), sizes)


def _settings(values: dict[str, Any], resources: Resources) -> Settings:
    shape: dict[str, Any] = {name: int(values[name]) for name in ("layers", "width", "batch_size", "epochs")}
    rates: dict[str, Any] = {name: float(values[name]) for name in ("dropout", "learning_rate", "weight_decay")}
    patience = int(values["early_stopping"])
    return Settings(**shape, **rates, patience=patience, seed=resources.seed, threads=resources.threads)


def _check_label(task: TaskType, train: Dataset, valid: Dataset) -> None:
    if task != "binary":
        return
    for name, part in (("training", train), ("validation", valid)):
        values = set(np.unique(part.label).tolist())
        if not values <= {0.0, 1.0}:
            raise DataProblem("A binary task needs labels 0 and 1.", code="label_not_binary")
        if len(values) < 2:
            raise DataProblem(f"Every {name} label is the same; there is nothing to learn.", code="one_class")
