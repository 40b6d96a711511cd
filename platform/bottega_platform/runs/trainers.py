"""The catalogue of trainers as this installation can run them."""

import importlib.util
from typing import Any

import msgspec

from bottega.specs.trainers import TRAINERS, TrainerInfo
from bottega_platform.api.errors import Conflict


def catalogue() -> list[dict[str, Any]]:
    """Return every trainer; one that cannot run here has ``unavailable`` with the reason and the command to run."""
    return [_entry(info) for info in TRAINERS.values()]


def check(info: TrainerInfo) -> None:
    """Refuse a trainer that cannot run here.

    Raises:
        Conflict: the package that it requires is not installed.
    """
    if is_missing(info):
        detail = f"{_reason(info)} Install it where Bottega runs: {info.install}"
        raise Conflict(detail, code="trainer_unavailable", title="This trainer is not available here")


def is_missing(info: TrainerInfo) -> bool:
    """Say whether the package that a trainer requires is not installed; the workers share this environment."""
    return bool(info.requires) and importlib.util.find_spec(info.requires) is None


def _entry(info: TrainerInfo) -> dict[str, Any]:
    entry: dict[str, Any] = msgspec.to_builtins(info)
    if is_missing(info):
        entry["unavailable"] = {"code": "trainer_unavailable", "detail": _reason(info), "install": info.install}
    return entry


def _reason(info: TrainerInfo) -> str:
    return f"{info.title} needs the package {info.requires}, which is not installed."
