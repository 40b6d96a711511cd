"""A fitted network as an ONNX graph over doubles: the same arithmetic as its prediction in numpy."""

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto

from bottega_training.network.preparation import LIMIT, Preparation
from bottega_training.trainers.graph import Graph

if TYPE_CHECKING:
    from bottega_training.network.layers import Weights


def model(weights: "Weights") -> onnx.ModelProto:
    """Return the checked graph: ``input`` [rows, inputs] double to ``prediction`` [rows] double."""
    preparation = weights.preparation
    graph = Graph("network", preparation.columns.inputs)
    parts = _numbers(graph, preparation) if preparation.columns.numeric else []
    sizes = preparation.columns.categories.items()
    for (place, size), table in zip(sizes, weights.tables, strict=True):
        codes = graph.category(place, size)
        parts.append(graph.node("Gather", [graph.constant(f"table_{place}", table), codes], axis=0))
    values = graph.node("Concat", parts, axis=1)
    for number, (weight, bias) in enumerate(weights.layers):
        values = values if number == 0 else graph.node("Relu", [values])
        values = _layer(graph, number, values, weight, bias)
    output = graph.node("Squeeze", [values, graph.constant("last_axis", np.array([1], dtype=np.int64))])
    scaled = graph.node("Mul", [output, graph.constant("output_scale", np.float64(weights.scale))])
    raw = graph.node("Add", [scaled, graph.constant("output_shift", np.float64(weights.shift))])
    return graph.model(raw, probability=weights.probability)


def _numbers(graph: Graph, preparation: Preparation) -> list[str]:
    """Return the scaled numbers, and the marks of those that can be null."""
    places = graph.constant("numeric_places", np.array(preparation.columns.numeric, dtype=np.int64))
    values = graph.node("Gather", ["input", places], axis=1)
    null = graph.node("IsNaN", [values])
    filled = graph.node("Where", [null, graph.constant("medians", preparation.medians), values])
    centred = graph.node("Sub", [filled, graph.constant("means", preparation.means)])
    scaled = graph.node("Div", [centred, graph.constant("scales", preparation.scales)])
    ends = [graph.constant(name, np.float64(end)) for name, end in (("lowest", -LIMIT), ("highest", LIMIT))]
    found = [graph.node("Clip", [scaled, *ends])]
    if len(preparation.missing):
        marked = graph.node("Gather", [null, graph.constant("missing_places", preparation.missing)], axis=1)
        found.append(graph.node("Cast", [marked], to=TensorProto.DOUBLE))
    return found


def _layer(graph: Graph, number: int, values: str, weight: np.ndarray, bias: np.ndarray) -> str:
    product = graph.node("MatMul", [values, graph.constant(f"weight_{number}", weight)])
    return graph.node("Add", [product, graph.constant(f"bias_{number}", bias)])
