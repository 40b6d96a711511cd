"""The port of a runtime, and the choice of one by the bundle's format."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class ModelLoadError(Exception):
    """The model's bytes cannot be loaded, or do not fit the signature."""


class Runtime(Protocol):
    """A loaded model. ``predict_row`` belongs to one thread; ``predict_rows`` may run in another."""

    def predict_row(self, values: Sequence[float | None]) -> float:
        """Return the output of one input vector (None and NaN are missing)."""
        ...

    def predict_rows(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the outputs of a row-major matrix of input vectors (NaN is missing)."""
        ...


def without_none(values: Sequence[float | None]) -> list[float]:
    """Return an input vector in which NaN stands for what is missing."""
    return [math.nan if value is None else value for value in values]


def load(model_format: str, data: bytes, *, width: int) -> Runtime:
    """Load a model from its bytes; ``width`` is the number of inputs in the signature."""
    runtimes: dict[str, Any] = {"lightgbm": _lightgbm, "onnx": _onnx, "xgboost": _xgboost}
    if model_format not in runtimes:
        raise ModelLoadError(f"this node has no runtime for the format '{model_format}'")
    runtime: Runtime = runtimes[model_format](data, width)
    return runtime


def _lightgbm(data: bytes, width: int) -> Runtime:
    from bottega_serving.runtimes.lightgbm import LightGbmRuntime

    return LightGbmRuntime(data, width=width)


def _onnx(data: bytes, width: int) -> Runtime:
    from bottega_serving.runtimes.onnx import OnnxRuntime

    return OnnxRuntime(data, width=width)


def _xgboost(data: bytes, width: int) -> Runtime:
    from bottega_serving.runtimes.xgboost import XgboostRuntime

    return XgboostRuntime(data, width=width)
