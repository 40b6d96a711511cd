"""What training jobs write into their logs: one line per thing a person would ask about."""

from collections.abc import Mapping
from typing import Any

from bottega.specs.training import TaskType
from bottega_training.data import Dataset, Encoding
from bottega_training.evaluate.metrics import OBJECTIVES


def rows(encoding: Encoding, **splits: Dataset) -> str:
    """Return how many rows each split has, and how many inputs the model sees."""
    counted = ", ".join(f"{name} {len(part):,}" for name, part in splits.items())
    inputs, categories = len(encoding.inputs), len(encoding.categorical)
    return f"rows: {counted}; {inputs} inputs, {categories} of them categories"


def parameters(values: Mapping[str, Any]) -> str:
    """Return parameters by name, numbers short."""
    return ", ".join(f"{name}={_value(value)}" for name, value in values.items()) or "all at their defaults"


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def step(task: TaskType, number: int, value: float, total: int) -> str:
    """Return a round's line: its number and the validation metric."""
    return f"round {number} of {total}: {OBJECTIVES[task]} {value:.5f} on validation"


def metrics(split: str, found: Mapping[str, Mapping[str, float]]) -> str:
    """Return a split's metrics with their intervals."""
    parts = (f"{name} {item['value']:.4f} [{item['low']:.4f}, {item['high']:.4f}]" for name, item in found.items())
    return f"{split}: {', '.join(parts)}"


def comparison(found: Mapping[str, Any]) -> str:
    """Return the verdict against another model on the same rows."""
    gain = found["gain"]
    span = f"{gain['value']:+.4f} [{gain['low']:+.4f}, {gain['high']:+.4f}]"
    return f"against {found['name']} ({found['trainer']}): {found['metric']} {span}, {found['verdict']}"


def seconds(stages: Mapping[str, float]) -> str:
    """Return the seconds of each stage."""
    return "seconds: " + ", ".join(f"{name} {value:.2f}" for name, value in stages.items())
