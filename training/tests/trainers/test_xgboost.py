"""XGBoost's trees, and the graph that is served in their place."""

import numpy as np
import onnxruntime
import pytest
import xgboost

from bottega.bundle import ModelInput
from bottega_training.data import Dataset, Encoding
from bottega_training.trainers import Resources, trainer, tree_graph
from bottega_training.trainers.testing import dataset, never_prune

MANY = [f"c{number}" for number in range(120)]
WIDE = Encoding(
    [
        ModelInput("amount", "float64", "view", view="things"),
        ModelInput("many", "string", "key", categories=MANY),
        ModelInput("few", "string", "key", categories=MANY[:7]),
    ]
)


def wide(rows: int, seed: int, task: str) -> Dataset:
    """Return rows whose label depends on sets of categories, with nulls everywhere."""
    random = np.random.default_rng(seed)
    matrix = np.column_stack([random.normal(size=rows), random.integers(0, 120, rows), random.integers(0, 7, rows)])
    signal = matrix[:, 0] + 2 * np.sin(matrix[:, 1]) + np.cos(3 * matrix[:, 2]) + random.normal(size=rows) / 2
    matrix = matrix.astype(np.float64)
    matrix[random.random(matrix.shape) < 0.08] = np.nan
    return Dataset(WIDE, matrix, (signal > 0).astype(float) if task == "binary" else 40 * signal)


def fit(task: str, *, encoding: Encoding = WIDE, **params: object):
    data = [wide(4_000, seed, task) for seed in (1, 2)]
    return trainer("xgboost").fit(
        *data, task=task, params={"iterations": 80, **params}, resources=Resources(), report=never_prune
    )


def graph_of(booster: xgboost.Booster, inputs: int, probability: bool):
    made = tree_graph.model(booster, inputs=inputs, probability=probability)
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    return lambda matrix: session.run(None, {"input": matrix})[0]


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("params", [{}, {"max_cat_threshold": 1, "max_depth": 10}, {"max_depth": 1, "iterations": 5}])
def test_predictions_are_the_librarys_own_within_its_single_precision(task, params):
    model, matrix = fit(task, **params), wide(5_000, 3, task).matrix
    rows = xgboost.DMatrix(matrix, feature_types=["q", "c", "c"], enable_categorical=True)
    own = model._booster.predict(rows)
    scale = max(1.0, float(np.abs(own).max()))
    np.testing.assert_allclose(model.predict(matrix), own, atol=1e-6 * scale, rtol=0)
    np.testing.assert_allclose(graph_of(model._booster, 3, task == "binary")(matrix), model.predict(matrix), atol=1e-11)


def test_thresholds_are_the_32_bit_numbers_that_training_compared_with():
    """A value on either side of a threshold by one bit of 32 goes to its own side."""
    model = fit("regression", max_depth=4)
    found = [
        np.float32(tree["split_conditions"][node])
        for tree in tree_graph.trees(model._booster)
        for node, left in enumerate(tree["left_children"])
        if left != -1 and tree["split_indices"][node] == 0
    ]
    edges = np.unique(
        np.concatenate([[np.nextafter(x, np.float32(-9)), x, np.nextafter(x, np.float32(9))] for x in found])
    )
    matrix = np.column_stack([edges.astype(np.float64), np.full(len(edges), 5.0), np.full(len(edges), 2.0)])
    rows = xgboost.DMatrix(matrix, feature_types=["q", "c", "c"], enable_categorical=True)
    np.testing.assert_allclose(model.predict(matrix), model._booster.predict(rows), atol=2e-4)
    np.testing.assert_allclose(graph_of(model._booster, 3, False)(matrix), model.predict(matrix), atol=1e-11)


def test_a_model_that_learnt_nothing_is_a_constant_everywhere():
    data = dataset(seed=1)
    model = trainer("xgboost").fit(
        data, data, task="binary", params={"iterations": 3, "gamma": 1e4}, resources=Resources(), report=never_prune
    )
    assert model.predict(data.matrix).std() < 1e-9
    np.testing.assert_allclose(graph_of(model._booster, 4, True)(data.matrix), model.predict(data.matrix), atol=1e-12)


def test_early_stopping_keeps_the_trees_up_to_the_best_round():
    short, long = fit("binary", iterations=400, early_stopping=10), fit("binary", iterations=400, early_stopping=0)
    assert short._booster.num_boosted_rounds() < long._booster.num_boosted_rounds() == 400
    steps = [point["valid"] for point in short.curve]
    assert max(steps) >= steps[-1]
