"""What the example predicts: two labels of the same flights, each from its training set to its endpoint."""

from dataclasses import dataclass
from typing import Any

SPLIT = {
    "kind": "time",
    "valid_from": "2013-07-01T04:00:00Z",
    "test_from": "2013-08-01T04:00:00Z",
    "end": "2013-10-01T04:00:00Z",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Target:
    """One question. ``name`` is its model and its endpoint, ``metric`` what its runs are compared by."""

    name: str
    question: str
    label: str
    task: str
    metric: str
    training_set: str
    runs: dict[str, dict[str, Any]]
    best: str

    def training_set_spec(self) -> dict[str, Any]:
        """Return the spec of its training set: the same flights and features for every target, another label."""
        return {
            "labels": "trips",
            "label": self.label,
            "event_time": "scheduled_departure",
            "feature_service": "delay_features",
            "start": "2013-01-01T05:00:00Z",
            "end": SPLIT["end"],
            "split": SPLIT,
        }

    def run_specs(self) -> dict[str, dict[str, Any]]:
        """Return the specs of its training runs by name."""
        return {name: {"training_set": self.training_set, "task": self.task, **run} for name, run in self.runs.items()}


DELAY = Target(
    name="delay",
    question="How likely is the flight to land 15 minutes late or more?",
    label="late",
    task="binary",
    metric="auc",
    training_set="delay_2013",
    runs={
        "historical_mean": {"trainer": "historical_mean", "params": {"by": ["carrier", "origin"]}},
        "logistic_regression": {"trainer": "logistic_regression", "params": {}},
        "lightgbm_tuned": {
            "trainer": "lightgbm",
            "params": {},
            "tune": {"trials": 20, "startup_trials": 6, "seed": 7},
        },
    },
    best="lightgbm_tuned",
)
MINUTES = Target(
    name="minutes",
    question="How many minutes late will the flight land?",
    label="minutes",
    task="regression",
    metric="mae",
    training_set="minutes_2013",
    runs={
        "minutes_historical_mean": {"trainer": "historical_mean", "params": {"by": ["carrier", "origin"]}},
        "minutes_lightgbm": {"trainer": "lightgbm", "params": {}},
    },
    best="minutes_lightgbm",
)
TARGETS = (DELAY, MINUTES)
