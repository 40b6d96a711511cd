"""Writes ONNX graphs over doubles, from ``input`` [rows, inputs] to ``prediction`` [rows]."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 9


class Graph:
    """Nodes and constants of one graph; names of values are given in order."""

    def __init__(self, name: str, inputs: int) -> None:
        self._name = name
        self._inputs = inputs
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: Any) -> str:
        """Add a constant array and return its name."""
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        output = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def column(self, place: int) -> str:
        """Return one input column, [rows]."""
        return self.node("Gather", ["input", self.constant(f"place_{place}", np.int64(place))], axis=1)

    def category(self, place: int, size: int) -> str:
        """Return the codes of a categorical input, [rows] int64; null is the code after the last."""
        code = self.column(place)
        unknown = self.constant(f"unknown_{place}", np.float64(size))
        filled = self.node("Where", [self.node("IsNaN", [code]), unknown, code])
        return self.node("Cast", [filled], to=TensorProto.INT64)

    def model(self, raw: str, *, probability: bool) -> onnx.ModelProto:
        """Return the checked model whose prediction is ``raw`` [rows], for a probability its sigmoid."""
        self._nodes.append(helper.make_node("Sigmoid" if probability else "Identity", [raw], ["prediction"]))
        taken = helper.make_tensor_value_info("input", TensorProto.DOUBLE, ["rows", self._inputs])
        given = helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, ["rows"])
        graph = helper.make_graph(self._nodes, self._name, [taken], [given], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model
