"""Search spaces and the sampler."""

from typing import Any

import optuna

from bottega.specs.training import Parameter, TuneSpec

_SEED_STRIDE = 100_003


def name(tune: TuneSpec, number: int) -> str:
    """Return which sampler draws trial ``number``: ``random`` for the start-up trials, then ``tpe``."""
    return "random" if number < tune.startup_trials else "tpe"


def sampler(tune: TuneSpec, number: int) -> optuna.samplers.BaseSampler:
    """Return the sampler for one trial: TPE after random start-up trials, running trials taken for bad ones.

    Its seed is the study's and the trial's number, so that a coordinator that starts again draws what the
    first one would have drawn, and not its first points once more.
    """
    seed = tune.seed * _SEED_STRIDE + number
    if name(tune, number) == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(n_startup_trials=0, constant_liar=True, seed=seed)


def suggest(trial: optuna.trial.Trial, space: list[Parameter]) -> dict[str, Any]:
    """Return the trial's point; what was suggested before a crash is returned again."""
    return {dimension.name: _suggest(trial, dimension) for dimension in space}


def _suggest(trial: optuna.trial.Trial, dimension: Parameter) -> Any:
    if dimension.kind == "categorical":
        return trial.suggest_categorical(dimension.name, dimension.choices)
    low, high = dimension.low or 0.0, dimension.high or 0.0
    if dimension.kind == "int":
        return trial.suggest_int(dimension.name, int(low), int(high), log=dimension.log)
    return trial.suggest_float(dimension.name, low, high, log=dimension.log)
