"""A linear pipeline as an ONNX graph over doubles.

skl2onnx writes operators (``Imputer``) that ONNX Runtime has for 32-bit floats only, and a served probability then
differs in the seventh digit. The pipeline is small, so its graph is written here with operators that exist for doubles;
the parity check at registration compares both.
"""

import numpy as np
import onnx
from sklearn.pipeline import Pipeline

from bottega_training.data import Encoding, Matrix
from bottega_training.trainers.graph import Graph


def model(encoding: Encoding, pipeline: Pipeline, *, probability: bool) -> onnx.ModelProto:
    """Return the checked graph: ``input`` [rows, inputs] double to ``prediction`` [rows] double."""
    graph = Graph("linear", len(encoding.inputs))
    numeric, tables, intercept = weights(encoding, pipeline)
    terms = [_numeric(graph, pipeline, numeric)] if numeric else []
    terms += [_category(graph, place, table) for place, table in tables.items()]
    total = graph.node("Sum", [*terms, graph.constant("intercept", np.float64(intercept))])
    return graph.model(total, probability=probability)


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


def _numeric(graph: Graph, pipeline: Pipeline, weights: dict[int, float]) -> str:
    steps = pipeline.named_steps["inputs"].named_transformers_["numbers"].named_steps
    places = graph.constant("numeric_places", np.array(list(weights), dtype=np.int64))
    values = graph.node("Gather", ["input", places], axis=1)
    missing = graph.node("IsNaN", [values])
    medians = graph.constant("medians", steps["median"].statistics_)
    filled = graph.node("Where", [missing, medians, values])
    centred = graph.node("Sub", [filled, graph.constant("means", steps["scale"].mean_)])
    scaled = graph.node("Div", [centred, graph.constant("scales", steps["scale"].scale_)])
    vector = np.array(list(weights.values()), dtype=np.float64)
    return graph.node("MatMul", [scaled, graph.constant("numeric_weights", vector)])


def _category(graph: Graph, place: int, table: Matrix) -> str:
    weights = graph.constant(f"weights_{place}", np.append(table, 0.0))
    return graph.node("Gather", [weights, graph.category(place, len(table))], axis=0)
