"""Every metric equals scikit-learn's; the intervals hold what they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from bottega.problems import DataProblem
from bottega_training.evaluate import curves, intervals
from bottega_training.evaluate.metrics import difference, evaluate

scores = st.floats(0, 1, allow_subnormal=False).map(lambda value: round(value, 3))


@st.composite
def scored_labels(draw):
    size = draw(st.integers(2, 60))
    label = draw(hnp.arrays(np.float64, size, elements=st.sampled_from([0.0, 1.0])))
    label[0], label[1] = 0.0, 1.0
    return label, draw(hnp.arrays(np.float64, size, elements=scores))


@given(scored_labels(), st.sampled_from([0.1, 0.5, 0.9]))
@settings(max_examples=60, deadline=None)
def test_binary_metrics_equal_scikit_learn(pair, threshold):
    label, score = pair
    found = evaluate("binary", label, score, threshold)
    decided = (score >= threshold).astype(float)
    expected = {
        "auc": sk.roc_auc_score(label, score),
        "average_precision": sk.average_precision_score(label, score),
        "log_loss": sk.log_loss(label, score),
        "brier": sk.brier_score_loss(label, score),
        "accuracy": sk.accuracy_score(label, decided),
        "precision": sk.precision_score(label, decided, zero_division=0),
        "recall": sk.recall_score(label, decided, zero_division=0),
        "f1": sk.f1_score(label, decided, zero_division=0),
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-9), name
        assert found[name].low - 1e-9 <= found[name].high


values = st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda value: round(value, 2))


@given(hnp.arrays(np.float64, (30, 2), elements=values).filter(lambda rows: np.ptp(rows[:, 0]) > 0))
@settings(max_examples=40, deadline=None)
def test_regression_metrics_equal_scikit_learn(rows):
    label, score = rows[:, 0], rows[:, 1]
    found = evaluate("regression", label, score, 0.5)
    assert found["mae"].value == pytest.approx(sk.mean_absolute_error(label, score))
    assert found["rmse"].value == pytest.approx(sk.root_mean_squared_error(label, score))
    assert found["r2"].value == pytest.approx(sk.r2_score(label, score))


def test_delong_intervals_hold_the_true_auc_about_95_times_in_100():
    random = np.random.default_rng(5)
    truth = 0.7602  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt 2)
    hits = 0
    for _ in range(300):
        label = np.repeat([0.0, 1.0], [150, 100])
        score = random.normal(size=250) + label
        _, low, high = intervals.delong(label, score)
        hits += low <= truth <= high
    assert 0.91 <= hits / 300 <= 0.985


def test_a_paired_difference_is_narrower_than_two_single_intervals():
    random = np.random.default_rng(6)
    label = (random.random(2_000) < 0.3).astype(float)
    first = label + random.normal(size=2_000)
    second = first + 0.3 * random.normal(size=2_000)
    gain = difference("binary", label, first, second)["gain"]
    width = sum(high - low for _, low, high in (intervals.delong(label, first), intervals.delong(label, second)))
    assert gain["high"] - gain["low"] < width / 2
    assert difference("binary", label, first, first)["verdict"] == "undecided"
    assert difference("binary", label, first, random.random(2_000))["verdict"] == "better"


def test_a_split_of_one_class_says_so():
    with pytest.raises(DataProblem) as problem:
        evaluate("binary", np.ones(5), np.linspace(0, 1, 5), 0.5)
    assert problem.value.problem.code == "one_class"


def test_the_threshold_table_counts_like_scikit_learn():
    random = np.random.default_rng(7)
    label, score = (random.random(500) < 0.4).astype(float), random.random(500)
    for row in curves.thresholds(label, score)[::20]:
        negative, false, missed, true = sk.confusion_matrix(label, score >= row["threshold"]).ravel()
        assert (row["true_negative"], row["false_positive"]) == (negative, false)
        assert (row["false_negative"], row["true_positive"]) == (missed, true)
