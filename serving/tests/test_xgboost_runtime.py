"""The XGBoost runtime against the library itself."""

import threading

import numpy as np
import pytest
import xgboost

from bottega_serving.runtimes import ModelLoadError, load

WIDTH = 5
TYPES = ["q", "q", "q", "q", "c"]


def rows(count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(count, WIDTH))
    matrix[:, 4] = random.integers(0, 40, count)
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    return matrix


def library_rows(matrix: np.ndarray, label: np.ndarray | None = None) -> xgboost.DMatrix:
    return xgboost.DMatrix(matrix, label, feature_types=TYPES, enable_categorical=True)


@pytest.fixture(scope="module", params=["binary:logistic", "reg:squarederror"])
def booster(request) -> xgboost.Booster:
    matrix = rows(3_000, 1)
    signal = np.nan_to_num(matrix[:, 0]) + np.sin(np.nan_to_num(matrix[:, 4]))
    label = (signal > 0).astype(float) if request.param == "binary:logistic" else 50 * signal
    return xgboost.train({"objective": request.param, "nthread": 1}, library_rows(matrix, label), 40)


def test_rows_and_batches_are_the_librarys_own_answers_nulls_and_categories_included(booster):
    runtime = load("xgboost", bytes(booster.save_raw("ubj")), width=WIDTH)
    matrix = np.vstack([rows(200, 2), np.full((1, WIDTH), np.nan)])
    expected = booster.predict(library_rows(matrix))
    np.testing.assert_array_equal(runtime.predict_rows(matrix), expected)
    np.testing.assert_array_equal([runtime.predict_row(row.tolist()) for row in matrix], expected)
    np.testing.assert_array_equal(runtime.predict_rows(np.asfortranarray(matrix)), expected)


def test_rows_and_batches_in_two_threads_do_not_mix(booster):
    runtime = load("xgboost", bytes(booster.save_raw("ubj")), width=WIDTH)
    matrix = rows(500, 3)
    expected = booster.predict(library_rows(matrix))
    wrong = []

    def batches() -> None:
        wrong.extend(number for number in range(200) if not np.array_equal(runtime.predict_rows(matrix), expected))

    thread = threading.Thread(target=batches)
    thread.start()
    while thread.is_alive():
        for place in range(0, 500, 50):
            assert runtime.predict_row(matrix[place].tolist()) == expected[place]
    thread.join()
    assert not wrong


def test_a_model_of_another_width_or_of_no_format_is_refused(booster):
    data = bytes(booster.save_raw("ubj"))
    with pytest.raises(ModelLoadError, match="takes 5 inputs, its signature has 4"):
        load("xgboost", data, width=4)
    with pytest.raises(ModelLoadError, match="XGBoost: "):
        load("xgboost", b"{ no model }", width=WIDTH)


def test_a_model_of_several_outputs_is_refused():
    matrix = rows(300, 4)
    many = xgboost.train(
        {"objective": "multi:softprob", "num_class": 3, "nthread": 1},
        library_rows(matrix, np.arange(300) % 3),
        2,
    )
    with pytest.raises(ModelLoadError, match="3 outputs a row"):
        load("xgboost", bytes(many.save_raw("ubj")), width=WIDTH)
