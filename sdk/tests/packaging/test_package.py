"""Estimators of every usual kind become models that answer the same; what cannot is refused with the reason."""

import io
import json
import warnings
import zipfile
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC

from bottega.packaging import Package
from bottega.packaging.inputs import as_fitted, choose, encode
from bottega.packaging.package import build
from bottega.packaging.problems import NotConvertible, ParityFailed
from bottega.problems import ProblemError, SpecProblem

FEATURES = [
    {"name": "shop", "type": "string", "categorical": True, "categories": ["north", "south", "east"]},
    {"name": "rentals", "type": "float64"},
    {"name": "price of it", "type": "float64"},
    {"name": "hour", "type": "int32"},
    {"name": "open", "type": "bool"},
    {"name": "at", "type": "timestamp"},
]
NUMBERS = ["rentals", "price of it", "hour"]
INPUTS = choose(FEATURES)


def frame(size: int = 1500) -> pd.DataFrame:
    random = np.random.default_rng(3)
    rows = pd.DataFrame(
        {
            "shop": random.choice(["north", "south", "east", "unseen"], size),
            "rentals": random.normal(size=size) * 900,
            "price of it": random.gamma(2, 3, size),
            "hour": random.integers(0, 24, size),
            "open": random.random(size) < 0.5,
        },
        index=pd.RangeIndex(5_000, 5_000 + size, name="row_id"),
    ).astype(object)
    rows.loc[random.random(size) < 0.1, "rentals"] = None
    rows.loc[random.random(size) < 0.1, "shop"] = None
    return rows


ROWS = frame()
VALUES = ROWS["price of it"].astype(float) * 3 + ROWS["rentals"].astype(float).fillna(0) / 50
LABEL = (VALUES + (ROWS["shop"] == "north") * 8 > VALUES.median()).astype(int)


def columns(*, scaled: bool = True) -> ColumnTransformer:
    numbers: list[Any] = [SimpleImputer(strategy="median"), *([StandardScaler()] if scaled else [])]
    shops = OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer([("shop", shops, ["shop"]), ("numbers", make_pipeline(*numbers), [*NUMBERS, "open"])])


def ordinal() -> ColumnTransformer:
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return ColumnTransformer([("shop", codes, ["shop"])], remainder="passthrough")


def fitted(estimator: Any, label: Any = LABEL, names: list[str] | None = None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(as_fitted(ROWS, choose(FEATURES, names)), label)


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(columns(), LogisticRegression(max_iter=300)),
        make_pipeline(columns(scaled=False), RandomForestClassifier(15, random_state=0)),
        make_pipeline(columns(scaled=False), GradientBoostingClassifier(n_estimators=15, random_state=0)),
        make_pipeline(ordinal(), HistGradientBoostingClassifier(max_iter=15)),
        make_pipeline(columns(), MLPClassifier((8,), max_iter=30, random_state=0)),
    ],
    ids=lambda pipeline: type(pipeline[-1]).__name__,
)
def test_a_classifier_answers_as_before_on_every_row_nulls_and_unseen_categories_included(estimator: Any) -> None:
    package = build(fitted(estimator), inputs=INPUTS, rows=ROWS)
    assert (package.manifest.task, package.inputs) == ("binary", ["shop", *NUMBERS, "open"])
    assert package.parity is not None
    assert package.parity.difference <= 1e-6
    expected = estimator.predict_proba(as_fitted(ROWS, INPUTS))[:, 1]
    np.testing.assert_allclose(package.predict(ROWS), expected, atol=1e-6)
    assert len(package.manifest.golden_inputs) == len(package.manifest.golden_outputs) == 52
    assert [None] * 5 in package.manifest.golden_inputs
    assert all(item.nullable for item in package.manifest.inputs)


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(columns(), Ridge()),
        make_pipeline(columns(scaled=False), RandomForestRegressor(10, random_state=0)),
        make_pipeline(ordinal(), HistGradientBoostingRegressor(max_iter=15)),
    ],
    ids=lambda pipeline: type(pipeline[-1]).__name__,
)
def test_a_regressor_answers_as_before(estimator: Any) -> None:
    package = build(fitted(estimator, VALUES), inputs=INPUTS, rows=ROWS)
    assert package.manifest.task == "regression"
    np.testing.assert_allclose(package.predict(ROWS), estimator.predict(as_fitted(ROWS, INPUTS)), rtol=1e-5, atol=1e-5)


def test_an_estimator_of_numbers_alone_needs_no_column_transformer_and_no_names() -> None:
    inputs = choose(FEATURES, NUMBERS)
    matrix = as_fitted(ROWS, inputs).to_numpy()
    estimator = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(matrix, LABEL)
    package = build(estimator, inputs=inputs, rows=ROWS)
    assert package.parity is not None
    assert package.parity.precision == "float64"


def test_an_estimator_that_refuses_nulls_is_taken_where_there_are_none_and_says_so_in_its_inputs() -> None:
    estimator = make_pipeline(StandardScaler(), LogisticRegression())
    whole = ROWS.assign(rentals=ROWS["rentals"].astype(float).fillna(0.0))
    inputs = choose(FEATURES, NUMBERS)
    estimator.fit(as_fitted(whole, inputs), LABEL)
    assert not any(item.nullable for item in build(estimator, inputs=inputs, rows=whole).manifest.inputs)
    with pytest.raises(NotConvertible, match=r"nulls.*rentals") as refused:
        build(estimator, inputs=inputs, rows=ROWS)
    assert refused.value.problem.code == "nulls_refused"
    assert "SimpleImputer" in str(refused.value.problem.hint)


def test_a_model_that_answers_differently_is_refused_with_the_greatest_difference_and_its_row() -> None:
    """Two values that doubles tell apart and 32-bit numbers do not, on two sides of a split."""
    far = 1e9 + np.arange(400) * 2.0
    rows = pd.DataFrame({"rentals": far}, index=pd.RangeIndex(70, 470))
    label = (np.arange(400) % 2).astype(int)
    inputs = choose(FEATURES, ["rentals"])
    estimator = HistGradientBoostingClassifier(max_iter=80, max_bins=255, min_samples_leaf=1, max_depth=None)
    estimator.fit(as_fitted(rows, inputs), label)
    with pytest.raises(ParityFailed) as refused:
        build(estimator, inputs=inputs, rows=rows)
    problem = refused.value.problem
    expected = estimator.predict_proba(as_fitted(rows, inputs))[:, 1]
    worst = int(problem.extra["row"])
    assert problem.extra["difference"] > 1e-5
    assert f"Row {worst}: the estimator says {expected[worst - 70]:.9g}" in problem.detail


def test_a_tolerance_is_only_ever_tightened() -> None:
    estimator = fitted(make_pipeline(columns(scaled=False), RandomForestClassifier(5, random_state=0)))
    with pytest.raises(ParityFailed, match="allowed is 1e-12"):
        build(estimator, inputs=INPUTS, rows=ROWS, tolerance=1e-12)
    assert build(estimator, inputs=INPUTS, rows=ROWS, tolerance=1.0).parity


@pytest.mark.parametrize(
    ("estimator", "label", "words"),
    [
        (make_pipeline(columns(), FunctionTransformer(np.abs), LogisticRegression()), LABEL, "FunctionTransformer"),
        (make_pipeline(columns(), LinearSVC()), LABEL, "predict_proba"),
        (make_pipeline(columns(), LogisticRegression()), LABEL + 1, "0 and 1"),
        (make_pipeline(columns(), LogisticRegression()), LABEL.map({0: "no", 1: "yes"}), "0 and 1"),
        (make_pipeline(columns(), StandardScaler(with_mean=False)), LABEL, "neither a classifier nor a regressor"),
    ],
)
def test_what_cannot_be_converted_is_refused_by_its_reason(estimator: Pipeline, label: Any, words: str) -> None:
    with pytest.raises(NotConvertible, match=words):
        build(fitted(estimator, label), inputs=INPUTS, rows=ROWS)


def test_an_estimator_that_is_not_fitted_or_is_none_is_refused() -> None:
    with pytest.raises(NotConvertible, match="fit first"):
        build(LogisticRegression(), inputs=INPUTS, rows=ROWS)
    with pytest.raises(NotConvertible, match="no scikit-learn estimator"):
        build(lambda rows: rows, inputs=INPUTS, rows=ROWS)


def test_text_without_a_column_transformer_is_refused_with_what_to_do() -> None:
    rows = ROWS.assign(rentals=0.0)
    estimator = make_pipeline(OrdinalEncoder(), LogisticRegression(max_iter=10_000))
    estimator.fit(as_fitted(rows, choose(FEATURES, ["shop"])), LABEL)
    with pytest.raises(NotConvertible, match="ColumnTransformer"):
        build(estimator, inputs=choose(FEATURES, ["shop"]), rows=rows)


def test_unknown_inputs_are_named_with_those_there_are() -> None:
    with pytest.raises(SpecProblem, match="no feature “colour”; it has shop, rentals"):
        choose(FEATURES, ["shop", "colour"])
    with pytest.raises(SpecProblem, match="“at”"):
        choose(FEATURES, ["at"])


def test_both_views_of_a_row_agree_on_null_and_unseen() -> None:
    rows = pd.DataFrame({"shop": ["south", None, "unseen", float("nan")], "open": [True, None, False, True]})
    inputs = choose(FEATURES, ["shop", "open"])
    assert as_fitted(rows, inputs)["shop"].tolist() == ["south", "", "", ""]
    found = encode(rows, inputs)
    np.testing.assert_array_equal(found[:, 0], [1.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found[:, 1], [1.0, np.nan, 0.0, 1.0])


def test_the_same_model_gives_the_same_file_and_a_file_is_read_back(tmp_path: Any) -> None:
    estimator = fitted(make_pipeline(columns(), Ridge()), VALUES)
    package, again = (build(estimator, inputs=INPUTS, rows=ROWS) for _ in range(2))
    assert package.digest == again.digest
    read = Package.read(package.save(tmp_path / "model.zip"))
    assert (read.digest, read.manifest) == (package.digest, package.manifest)
    pd.testing.assert_series_equal(read.predict(ROWS), package.predict(ROWS))
    names = zipfile.ZipFile(io.BytesIO(package.content)).namelist()
    assert names == ["model.onnx", "manifest.json"]
    json.loads(zipfile.ZipFile(io.BytesIO(package.content)).read("manifest.json"))


def test_a_file_that_is_no_package_is_refused(tmp_path: Any) -> None:
    for content in (b"", b"PK\x03\x04 cut", b"text"):
        (tmp_path / "x.zip").write_bytes(content)
        with pytest.raises(ProblemError) as refused:
            Package.read(tmp_path / "x.zip")
        assert refused.value.problem.code == "package_unreadable"


def test_a_package_shows_itself_in_a_terminal_and_in_a_notebook() -> None:
    package = build(fitted(make_pipeline(columns(), LogisticRegression())), inputs=INPUTS, rows=ROWS)
    assert "parity" in repr(package)
    assert "binary" in repr(package)
    shown = package._repr_html_()
    assert shown.startswith("<table")
    assert package.digest[:12] in shown
