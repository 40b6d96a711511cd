"""The trainer port: what every algorithm provides, and what it is given."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from bottega.bundle import ModelFormat
from bottega.problems import SpecProblem
from bottega.specs.trainers import TRAINERS, TrainerInfo, parameter_faults
from bottega.specs.training import DeviceName, TaskType
from bottega_training.data import Dataset, Encoding, Matrix
from bottega_training.network.slot import Slot

#: Called with (step, validation metric, total steps); True means: stop, this trial is pruned.
Report = Callable[[int, float, int], bool]


def _silent(line: str) -> None:
    """Say nothing."""


class Resources(msgspec.Struct, frozen=True):
    """What a fit may use; ``checkpoint`` is for the state of a long fit, ``say`` writes a line into the log."""

    threads: int = 1
    seed: int = 7
    device: DeviceName = "auto"
    checkpoint: Slot | None = None
    say: Callable[[str], None] = _silent


class DeviceUse(msgspec.Struct, frozen=True):
    """Where a fit ran: what was asked for (``auto``, ``cpu``, ``gpu``), ``cpu`` or ``cuda``, the device's name.

    ``note`` says why it is the CPU although a GPU would have been taken.
    """

    asked: DeviceName
    kind: str = "cpu"
    name: str = "CPU"
    note: str = ""


class Importance(msgspec.Struct, frozen=True):
    """How much one input matters, by the model's own measure (``gain`` or ``weight``)."""

    name: str
    value: float
    kind: str


class Pruned(Exception):
    """The reporter asked to stop; ``step`` and ``value`` are the last ones reported."""

    def __init__(self, step: int, value: float) -> None:
        super().__init__(f"pruned at step {step}")
        self.step = step
        self.value = value


class FittedModel(ABC):
    """A fitted model. Predictions are probabilities of 1 (binary) or values (regression)."""

    format: ModelFormat
    encoding: Encoding
    task: TaskType
    curve: list[dict[str, float]]
    device: DeviceUse | None = None

    @property
    def signature(self) -> Encoding:
        """The inputs the model takes, in order."""
        return self.encoding

    @abstractmethod
    def predict(self, matrix: Matrix) -> Matrix:
        """Return one float64 per row of an encoded matrix."""

    @abstractmethod
    def export(self, folder: Path) -> list[Path]:
        """Write the model into ``folder`` in every form that serving loads, the best to serve first.

        Raises:
            ProblemError: the trainer has no form that can be served.
        """

    def importances(self) -> list[Importance]:
        """Return the model's own importances; empty where it has none."""
        return []


class Trainer(ABC):
    """One algorithm. A trainer keeps no state between fits."""

    name: str

    @property
    def info(self) -> TrainerInfo:
        """The trainer's catalogue entry."""
        return TRAINERS[self.name]

    def settings(self, params: dict[str, Any], task: TaskType) -> dict[str, Any]:
        """Return ``params`` over the defaults; refuse unknown ones, wrong values and an unsupported task."""
        if task not in self.info.tasks:
            raise SpecProblem(f"{self.name} cannot do {task}; it does {', '.join(self.info.tasks)}.")
        faults = parameter_faults(self.info, params)
        if faults:
            raise SpecProblem(faults[0].detail, errors=faults)
        return {**self.info.defaults(), **params}

    @abstractmethod
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
        """Fit on ``train``, watching ``valid``; the same inputs and seed give the same model.

        Raises:
            Pruned: ``report`` returned True.
        """
