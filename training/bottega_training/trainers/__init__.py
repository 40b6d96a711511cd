"""Trainers by name."""

from bottega.problems import SpecProblem
from bottega_training.trainers.base import DeviceUse, FittedModel, Importance, Pruned, Report, Resources, Trainer
from bottega_training.trainers.boosted_trees import LightGbmTrainer
from bottega_training.trainers.historical_mean import HistoricalMeanTrainer
from bottega_training.trainers.linear import LinearRegressionTrainer, LogisticRegressionTrainer
from bottega_training.trainers.neural_network import NeuralNetworkTrainer
from bottega_training.trainers.xgboost_trees import XgboostTrainer

__all__ = ["DeviceUse", "FittedModel", "Importance", "Pruned", "Report", "Resources", "Trainer", "trainer"]

_TRAINERS: dict[str, Trainer] = {
    item.name: item
    for item in (
        HistoricalMeanTrainer(),
        LinearRegressionTrainer(),
        LogisticRegressionTrainer(),
        LightGbmTrainer(),
        XgboostTrainer(),
        NeuralNetworkTrainer(),
    )
}


def trainer(name: str) -> Trainer:
    """Return the trainer called ``name``."""
    if name not in _TRAINERS:
        raise SpecProblem(f"There is no trainer {name!r}; there are {', '.join(sorted(_TRAINERS))}.")
    return _TRAINERS[name]
