"""ONNX Runtime with one thread and spinning off: spinning threads burn every core of the machine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bottega_serving.runtimes.base import ModelLoadError, without_none


def _options(ort: Any) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


class OnnxRuntime:
    """One session; of several outputs the one with probabilities is served."""

    def __init__(self, data: bytes, *, width: int) -> None:
        import onnxruntime as ort
        from onnxruntime.capi import onnxruntime_pybind11_state as state

        try:
            self._session = ort.InferenceSession(data, _options(ort), providers=["CPUExecutionProvider"])
        except (state.Fail, state.InvalidGraph, state.InvalidProtobuf, state.NotImplemented, RuntimeError) as error:
            raise ModelLoadError(f"ONNX Runtime: {error}") from error
        self._choose_input(width)
        self._choose_output()

    def _choose_input(self, width: int) -> None:
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type not in {"tensor(float)", "tensor(double)"}:
            raise ModelLoadError("the ONNX model must have exactly one float or double input tensor")
        shape = inputs[0].shape
        if len(shape) != 2 or (isinstance(shape[1], int) and shape[1] != width):
            raise ModelLoadError(f"the model's input has shape {shape}, its signature has {width} inputs")
        self._input = inputs[0].name
        self._dtype = np.float32 if inputs[0].type == "tensor(float)" else np.float64
        self._row = np.empty((1, width), self._dtype)

    def _choose_output(self) -> None:
        outputs = [output for output in self._session.get_outputs() if output.type.startswith("tensor(")]
        floats = [output.name for output in outputs if output.type in {"tensor(float)", "tensor(double)"}]
        if not floats:
            raise ModelLoadError("the ONNX model has no float output tensor")
        likely = [name for name in floats if "prob" in name.lower()]
        self._outputs = [(likely or floats)[0]]

    def predict_row(self, values: Sequence[float | None]) -> float:
        """Return the output of one input vector."""
        self._row[0] = without_none(values) if None in values else values
        found = self._session.run(self._outputs, {self._input: self._row})[0]
        return float(found.reshape(-1)[-1])

    def predict_rows(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the outputs of many input vectors."""
        found = self._session.run(self._outputs, {self._input: matrix.astype(self._dtype)})[0]
        return np.asarray(found, np.float64).reshape(len(matrix), -1)[:, -1]
