"""Puts the served model's ends around a converted estimator: one matrix of doubles in, one vector of doubles out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from bottega.bundle import PackageInput
from bottega.packaging.inputs import MISSING

OPSET = 17
ML_OPSET = 3
IR_VERSION = 9
INPUT, OUTPUT = "input", "prediction"
_OPSETS = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]


def around(
    inner: onnx.ModelProto,
    inputs: Sequence[PackageInput],
    *,
    element: int,
    joined: bool,
    output: str,
    column: int | None,
) -> onnx.ModelProto:
    """Return ``inner`` with our ends.

    Args:
        inner: the converted estimator; its inputs are named ``in_<place>``, or ``joined`` when it takes one matrix.
        inputs: what the served model takes, in order.
        element: the ONNX type of the numbers that ``inner`` takes.
        joined: whether ``inner`` takes one matrix of numbers.
        output: the output of ``inner`` that holds the answer.
        column: which of its columns is the answer; None where it has one.
    """
    head = _head(inputs, element, joined=joined)
    _declare(inner)
    names = ["joined"] if joined else [f"in_{place}" for place in range(len(inputs))]
    model = compose.merge_models(head, inner, io_map=[(f"{name}_made", name) for name in names], outputs=[output])
    tail = _tail(model.graph.output[0].type.tensor_type.elem_type, column)
    whole = compose.merge_models(model, tail, io_map=[(output, "answers")])
    onnx.checker.check_model(whole)
    return whole


def _declare(inner: onnx.ModelProto) -> None:
    """Declare the operator sets that ``inner`` was written for: skl2onnx declares the oldest that would do."""
    inner.ir_version = IR_VERSION
    del inner.opset_import[:]
    inner.opset_import.extend(_OPSETS)


def _model(nodes: list[Any], name: str, inputs: list[Any], outputs: list[Any], stored: list[Any]) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, name, inputs, outputs, stored)
    return helper.make_model(graph, opset_imports=_OPSETS, ir_version=IR_VERSION)


def _head(inputs: Sequence[PackageInput], element: int, *, joined: bool) -> onnx.ModelProto:
    taken = helper.make_tensor_value_info(INPUT, TensorProto.DOUBLE, ["rows", len(inputs)])
    if joined:
        node = helper.make_node("Cast", [INPUT], ["joined_made"], to=element)
        given = helper.make_tensor_value_info("joined_made", element, ["rows", len(inputs)])
        return _model([node], "head", [taken], [given], [])
    nodes: list[Any] = []
    stored: list[Any] = []
    outputs = [_column(place, item, element, nodes, stored) for place, item in enumerate(inputs)]
    return _model(nodes, "head", [taken], outputs, stored)


def _column(place: int, item: PackageInput, element: int, nodes: list[Any], stored: list[Any]) -> Any:
    made, at, own = f"in_{place}_made", f"at_{place}", f"own_{place}"
    stored.append(numpy_helper.from_array(np.array([place], dtype=np.int64), at))
    nodes.append(helper.make_node("Gather", [INPUT, at], [own], axis=1))
    if item.categories is None:
        nodes.append(helper.make_node("Cast", [own], [made], to=element))
        return helper.make_tensor_value_info(made, element, ["rows", 1])
    words = np.array([*item.categories, MISSING], dtype=object)
    stored.append(helper.make_tensor(f"words_{place}", TensorProto.STRING, [len(words)], [w.encode() for w in words]))
    stored.append(numpy_helper.from_array(np.float64(len(words) - 1), f"last_{place}"))
    nodes += [
        helper.make_node("IsNaN", [own], [f"null_{place}"]),
        helper.make_node("Where", [f"null_{place}", f"last_{place}", own], [f"code_{place}"]),
        helper.make_node("Cast", [f"code_{place}"], [f"index_{place}"], to=TensorProto.INT64),
        helper.make_node("Gather", [f"words_{place}", f"index_{place}"], [made], axis=0),
    ]
    return helper.make_tensor_value_info(made, TensorProto.STRING, ["rows", 1])


def _tail(element: int, column: int | None) -> onnx.ModelProto:
    nodes, stored, answers = [], [], "answers"
    if column is not None:
        stored.append(numpy_helper.from_array(np.array([column], dtype=np.int64), "chosen"))
        nodes.append(helper.make_node("Gather", [answers, "chosen"], ["one"], axis=1))
        answers = "one"
    stored.append(numpy_helper.from_array(np.array([-1], dtype=np.int64), "flat"))
    nodes.append(helper.make_node("Reshape", [answers, "flat"], ["vector"]))
    nodes.append(helper.make_node("Cast", ["vector"], [OUTPUT], to=TensorProto.DOUBLE))
    taken = helper.make_tensor_value_info("answers", element, None)
    given = helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["rows"])
    return _model(nodes, "tail", [taken], [given], stored)
