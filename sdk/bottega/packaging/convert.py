"""Converts a fitted scikit-learn estimator to ONNX: in doubles where that can be done, else in 32-bit floats."""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto
from onnxruntime.capi import onnxruntime_pybind11_state as errors
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from bottega.bundle import PackageInput
from bottega.packaging import converters, graph
from bottega.packaging.problems import NotConvertible

Predict = Callable[[np.ndarray], np.ndarray]
PRECISIONS: tuple[tuple[str, Any, int], ...] = (
    ("float64", DoubleTensorType, TensorProto.DOUBLE),
    ("float32", FloatTensorType, TensorProto.FLOAT),
)
# What skl2onnx raises for what it cannot convert, besides its own: its converters assert, look up and compute freely.
_REFUSALS = (
    MissingConverter, MissingShapeCalculator, RuntimeError, ValueError, TypeError, NotImplementedError, KeyError,
    IndexError, AttributeError, AssertionError,
)  # fmt: skip
_LOAD_ERRORS = (errors.Fail, errors.InvalidGraph, errors.InvalidProtobuf, errors.NotImplemented, RuntimeError)


def candidates(estimator: Any, inputs: Sequence[PackageInput], faults: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (precision, model) for each precision in which the estimator converts; reasons go into ``faults``."""
    for name, tensor, element in PRECISIONS:
        try:
            yield name, _convert(estimator, inputs, tensor, element)
        except _REFUSALS as error:
            faults.append(str(error).strip().splitlines()[0][:300] or type(error).__name__)


def load(model: bytes) -> Predict:
    """Return the model as a function from a matrix of doubles to a vector of doubles, as serving runs it.

    Raises:
        NotConvertible: ONNX Runtime does not run it.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        raise NotConvertible(f"ONNX Runtime does not run the converted model: {error}") from error
    return lambda matrix: np.asarray(session.run([graph.OUTPUT], {graph.INPUT: matrix})[0])


def _convert(estimator: Any, inputs: Sequence[PackageInput], tensor: Any, element: int) -> bytes:
    joined = not isinstance(_first_step(estimator), ColumnTransformer)
    if joined and any(item.categories is not None for item in inputs):
        raise ValueError("text columns need a ColumnTransformer as the first step")
    quiet = logging.getLogger("skl2onnx")
    quiet.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inner = convert_sklearn(
            estimator,
            name="estimator",
            initial_types=_initial_types(inputs, tensor, joined=joined),
            target_opset={"": graph.OPSET, "ai.onnx.ml": graph.ML_OPSET},
            options={id(estimator): {"zipmap": False}} if is_classifier(estimator) else None,
            custom_conversion_functions=converters.conversions(),
            custom_shape_calculators=converters.shapes(),
        )
    output, column = ("probabilities", 1) if is_classifier(estimator) else (inner.graph.output[0].name, None)
    whole = graph.around(_renamed(inner, joined=joined), inputs, element=element, joined=joined,
                         output=output, column=column)  # fmt: skip
    return bytes(whole.SerializeToString())


def _first_step(estimator: Any) -> Any:
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[0][1]
    return estimator


def _initial_types(inputs: Sequence[PackageInput], tensor: Any, *, joined: bool) -> list[tuple[str, Any]]:
    if joined:
        return [("joined", tensor([None, len(inputs)]))]
    return [
        (item.name, StringTensorType([None, 1]) if item.categories is not None else tensor([None, 1]))
        for item in inputs
    ]


def _renamed(inner: Any, *, joined: bool) -> Any:
    """Give the graph's inputs names of ours: skl2onnx changes names that are no identifiers, and keeps the order."""
    if joined:
        return inner
    places = {item.name: f"in_{place}" for place, item in enumerate(inner.graph.input)}
    for item in inner.graph.input:
        item.name = places[item.name]
    for node in inner.graph.node:
        for place, name in enumerate(node.input):
            if name in places:
                node.input[place] = places[name]
    return inner
