"""Every built-in trainer keeps the contract."""

import numpy as np
import pytest

from bottega_training.trainers import Pruned, Resources, trainer
from bottega_training.trainers.testing import TrainerContract, dataset, never_prune


class TestHistoricalMean(TrainerContract):
    trainer = trainer("historical_mean")


class TestHistoricalMeanOfValues(TrainerContract):
    trainer = trainer("historical_mean")
    task = "regression"


class TestLogisticRegression(TrainerContract):
    trainer = trainer("logistic_regression")


class TestLinearRegression(TrainerContract):
    trainer = trainer("linear_regression")
    task = "regression"


class TestLightGbm(TrainerContract):
    trainer = trainer("lightgbm")
    params = {"iterations": 60}


class TestLightGbmOfValues(TrainerContract):
    trainer = trainer("lightgbm")
    task = "regression"
    params = {"iterations": 60}


class TestXgboost(TrainerContract):
    trainer = trainer("xgboost")
    params = {"iterations": 60}


class TestXgboostOfValues(TrainerContract):
    trainer = trainer("xgboost")
    task = "regression"
    params = {"iterations": 60}


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_a_pruned_fit_stops_at_the_round_that_was_refused(name):
    steps = []

    def refuse_at_thirty(step: int, value: float, total: int) -> bool:
        steps.append(step)
        return step >= 30

    with pytest.raises(Pruned) as pruned:
        trainer(name).fit(
            dataset(seed=1),
            dataset(seed=2),
            task="binary",
            params={"iterations": 200},
            resources=Resources(),
            report=refuse_at_thirty,
        )
    assert steps == [10, 20, 30]
    assert pruned.value.step == 30


def test_historical_mean_by_one_key_is_the_smoothed_group_mean():
    train = dataset(seed=1)
    model = trainer("historical_mean").fit(
        train,
        train,
        task="binary",
        params={"by": ["colour"], "smoothing": 5},
        resources=Resources(),
        report=never_prune,
    )
    red = train.matrix[:, 3] == 0.0
    expected = (train.label[red].sum() + 5 * train.label.mean()) / (red.sum() + 5)
    assert model.predict(train.matrix[red][:1])[0] == pytest.approx(expected)


def test_historical_mean_gives_an_unseen_group_the_overall_mean():
    train = dataset(seed=1)
    model = trainer("historical_mean").fit(
        train, train, task="binary", params={"by": ["age"]}, resources=Resources(), report=never_prune
    )
    unseen = np.array([[0.0, 12_345.0, np.nan, 1.0]])
    assert model.predict(unseen)[0] == pytest.approx(train.label.mean())
