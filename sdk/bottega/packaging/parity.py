"""Compares a converted model with its estimator, row by row, and names the row where they differ most."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from bottega.bundle import PackageInput
from bottega.packaging import convert
from bottega.packaging.inputs import as_fitted, encode
from bottega.packaging.problems import NotConvertible, ParityFailed
from bottega.problems import Fault

Answer = Callable[[pd.DataFrame], np.ndarray]


class Parity(msgspec.Struct, frozen=True):
    """How a converted model compares: rows looked at, the greatest difference, where it was, in which precision.

    ``difference`` is relative to answers above 1, absolute below. ``row`` is the row's index.
    """

    rows: int
    difference: float
    row: Any
    precision: str


class Converted(msgspec.Struct, frozen=True):
    """A model that answers as its estimator does."""

    model: bytes
    parity: Parity


def best(
    estimator: Any, answer: Answer, inputs: Sequence[PackageInput], rows: pd.DataFrame, tolerance: float
) -> Converted:
    """Convert and compare; return the first form that agrees on every row.

    Raises:
        NotConvertible: there is no form that ONNX Runtime runs.
        ParityFailed: the best form differs by more than ``tolerance``.
    """
    expected, matrix = answer(as_fitted(rows, inputs)), encode(rows, inputs)
    faults: list[str] = []
    tried: list[tuple[Parity, float, float]] = []
    for precision, model in convert.candidates(estimator, inputs, faults):
        found = _answers(model, matrix, faults)
        if found is None:
            continue
        compared, mine, theirs = _compare(expected, found, rows, precision)
        if compared.difference <= tolerance:
            return Converted(model, compared)
        tried.append((compared, mine, theirs))
    if tried:
        raise _differs(min(tried, key=lambda item: item[0].difference), tolerance)
    raise _refused(estimator, faults)


def _answers(model: bytes, matrix: np.ndarray, faults: list[str]) -> np.ndarray | None:
    try:
        return convert.load(model)(matrix)
    except NotConvertible as error:
        faults.append(str(error))
        return None


def _compare(
    expected: np.ndarray, found: np.ndarray, rows: pd.DataFrame, precision: str
) -> tuple[Parity, float, float]:
    difference = np.abs(found - expected) / np.maximum(1.0, np.abs(expected))
    worst = int(np.argmax(np.where(np.isnan(difference), np.inf, difference)))
    greatest = float("inf") if np.isnan(difference[worst]) else float(difference[worst])
    parity = Parity(len(rows), greatest, rows.index[worst], precision)
    return parity, float(expected[worst]), float(found[worst])


def _differs(tried: tuple[Parity, float, float], tolerance: float) -> ParityFailed:
    parity, expected, found = tried
    detail = (
        f"The converted model ({parity.precision}) differs from the estimator by up to {parity.difference:.3g}, "
        f"allowed is {tolerance:g}. Row {parity.row}: the estimator says {expected:.9g}, the model {found:.9g}."
    )
    hint = "use another estimator, or scale or round the inputs so that 32-bit numbers tell them apart"
    fault = Fault("parity_failed", detail, got=f"{parity.difference:.9g}")
    return ParityFailed(detail, errors=[fault], hint=hint, row=str(parity.row), difference=parity.difference)


def _refused(estimator: Any, faults: list[str]) -> NotConvertible:
    reasons = "; ".join(dict.fromkeys(faults))[:1500]
    detail = f"{type(estimator).__name__} has no form in ONNX that runs ({reasons})."
    hint = "linear models, trees, forests, boosting, SVM and MLP convert, behind scalers, imputers and encoders"
    return NotConvertible(detail, hint=hint)
