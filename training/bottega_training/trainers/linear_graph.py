"""A linear pipeline as an ONNX graph over doubles.

skl2onnx writes operators (``Imputer``) that ONNX Runtime has for 32-bit floats only, and a served probability then
differs in the seventh digit. The pipeline is small, so its graph is written here with operators that exist for doubles;
the parity check at registration compares both.
"""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.pipeline import Pipeline

from bottega_training.data import Encoding, Matrix

OPSET = 17
IR_VERSION = 9


def model(encoding: Encoding, pipeline: Pipeline, *, probability: bool) -> onnx.ModelProto:
    """Return the checked graph: ``input`` [rows, inputs] double to ``prediction`` [rows] double."""
    return _Graph(encoding, pipeline, probability=probability).model()


def weights(encoding: Encoding, pipeline: Pipeline) -> tuple[dict[int, float], dict[int, Matrix], float]:
    """Return weights of numeric inputs, weight tables of categorical ones (by position), the intercept."""
    fitted = pipeline.named_steps["model"]
    vector, intercept = np.ravel(fitted.coef_), float(np.ravel(fitted.intercept_)[0])
    numeric = [place for place in range(len(encoding.inputs)) if place not in encoding.categorical]
    start = len(numeric)
    tables = {}
    for place in encoding.categorical:
        size = len(encoding.inputs[place].categories or [])
        tables[place] = vector[start : start + size]
        start += size
    return dict(zip(numeric, vector[: len(numeric)], strict=True)), tables, intercept


class _Graph:
    """Writes the pipeline as an ONNX graph over doubles."""

    def __init__(self, encoding: Encoding, pipeline: Pipeline, *, probability: bool) -> None:
        self._encoding = encoding
        self._pipeline = pipeline
        self._last = "Sigmoid" if probability else "Identity"
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        """Return the checked model."""
        numeric, tables, intercept = weights(self._encoding, self._pipeline)
        terms = [self._numeric(numeric)] if numeric else []
        terms += [self._category(place, table) for place, table in tables.items()]
        total = self._node("Sum", [*terms, self._constant("intercept", np.float64(intercept))])
        self._nodes.append(helper.make_node(self._last, [total], ["prediction"]))
        model = helper.make_model(self._graph(), opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model

    def _graph(self) -> onnx.GraphProto:
        shape = ["rows", len(self._encoding.inputs)]
        taken = helper.make_tensor_value_info("input", TensorProto.DOUBLE, shape)
        given = helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, ["rows"])
        return helper.make_graph(self._nodes, "linear", [taken], [given], self._constants)

    def _numeric(self, weights: dict[int, float]) -> str:
        steps = self._pipeline.named_steps["inputs"].named_transformers_["numbers"].named_steps
        places = self._constant("numeric_places", np.array(list(weights), dtype=np.int64))
        values = self._node("Gather", ["input", places], axis=1)
        missing = self._node("IsNaN", [values])
        medians = self._constant("medians", steps["median"].statistics_)
        filled = self._node("Where", [missing, medians, values])
        centred = self._node("Sub", [filled, self._constant("means", steps["scale"].mean_)])
        scaled = self._node("Div", [centred, self._constant("scales", steps["scale"].scale_)])
        vector = np.array(list(weights.values()), dtype=np.float64)
        return self._node("MatMul", [scaled, self._constant("numeric_weights", vector)])

    def _category(self, place: int, table: Matrix) -> str:
        code = self._node("Gather", ["input", self._constant(f"place_{place}", np.int64(place))], axis=1)
        unknown = self._constant(f"unknown_{place}", np.float64(len(table)))
        filled = self._node("Where", [self._node("IsNaN", [code]), unknown, code])
        index = self._node("Cast", [filled], to=TensorProto.INT64)
        weights = self._constant(f"weights_{place}", np.append(table, 0.0))
        return self._node("Gather", [weights, index], axis=0)

    def _constant(self, name: str, value: Any) -> str:
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _node(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        output = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output
