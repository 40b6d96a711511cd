"""Specs of training sets, training runs, studies and models."""

from typing import Any, Literal

import msgspec

TaskType = Literal["binary", "regression"]
DeviceName = Literal["auto", "cpu", "gpu"]
UPLOADED = "uploaded"


class SplitSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How rows are split: by time (RFC 3339 bounds: train < ``valid_from`` <= valid < ``test_from`` <= test
    < ``end``) or by a hash of ``by`` columns with the fractions ``valid`` and ``test``."""

    kind: Literal["time", "hash"] = "hash"
    valid_from: str | None = None
    test_from: str | None = None
    end: str | None = None
    by: list[str] = []
    valid: float = 0.15
    test: float = 0.15


class TrainingSetSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Labels joined with features as known at each label's time.

    ``labels`` names a table or view with the service's keys and request fields, the ``event_time`` and the
    ``label`` column; rows whose label is null are counted and left out. Without ``event_time`` the rows have no
    time: the service may then have no views, and the split is by hash. ``known_at`` False switches the
    known-at filter off, for demonstrating leakage only; the training set is then marked unfit for registration.
    """

    labels: str
    label: str
    feature_service: str
    split: SplitSpec
    event_time: str | None = None
    start: str | None = None
    end: str | None = None
    known_at: bool = True
    engine: Literal["duckdb", "spark"] = "duckdb"
    description: str = ""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One dimension of a search space."""

    name: str
    kind: Literal["float", "int", "categorical"]
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: list[Any] = []


class TuneSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A study: ``trials`` in all, ``startup_trials`` random ones before TPE, median pruning after them."""

    trials: int = 20
    startup_trials: int = 6
    space: list[Parameter] = []
    seed: int = 7
    parallel: int | None = None
    prune: bool = True


class TrainingRunSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fit, or with ``tune`` a study and the refit of its best point. ``params`` are the trainer's.

    The trainer ``uploaded`` fits nothing: it checks and evaluates the model of ``package``, the digest of an
    uploaded model package. ``device`` is for trainers that can use a GPU: ``auto`` takes one where there is one and
    says in the run when it did not.
    """

    training_set: str
    trainer: Literal[
        "historical_mean",
        "linear_regression",
        "logistic_regression",
        "lightgbm",
        "xgboost",
        "neural_network",
        "uploaded",
    ]
    task: TaskType = "binary"
    params: dict[str, Any] = {}
    package: str | None = None
    device: DeviceName = "auto"
    tune: TuneSpec | None = None
    seed: int = 7
    description: str = ""


class ModelSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A named line of model versions."""

    task: TaskType
    description: str = ""
