"""The rows a package is judged by: some of the hold-out, and the edges that production will meet."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pandas as pd

from bottega.bundle import PackageInput
from bottega.packaging.inputs import as_fitted, encode
from bottega.problems import DataProblem

GOLDEN_ROWS = 50
LARGEST = 200
Answer = Callable[[pd.DataFrame], np.ndarray]


def spread(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return at most ``count`` rows, evenly spread.

    Raises:
        DataProblem: there is no row.
    """
    if rows.empty:
        raise DataProblem("The hold-out has no row to compare on.", code="empty_split")
    places = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), count)).round().astype(int))
    return rows.iloc[places]


def edges(rows: pd.DataFrame, inputs: Sequence[PackageInput]) -> pd.DataFrame:
    """Return a row of nulls, and per category one ordinary row in which it is null."""
    template = rows.iloc[[0]].astype(object)
    empty = template.copy()
    empty.loc[:, :] = None
    parts = {"all null": empty}
    for item in inputs:
        if item.categories is not None:
            parts[f"{item.name} null"] = template.assign(**{item.name: None})
    return pd.concat([part.set_axis([name]) for name, part in parts.items()])


def joined(rows: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Return both, one after the other."""
    return pd.concat([rows.astype(object), more])


def not_nullable(inputs: Sequence[PackageInput]) -> list[PackageInput]:
    """Return the inputs, numbers marked as never null."""
    return [item if item.categories is not None else msgspec.structs.replace(item, nullable=False) for item in inputs]


def values(
    rows: pd.DataFrame, inputs: Sequence[PackageInput], answer: Answer
) -> tuple[list[list[float | None]], list[float]]:
    """Return golden inputs, encoded with NaN as null, and what the estimator answers."""
    matrix = encode(rows, inputs)
    taken = [[None if np.isnan(value) else float(value) for value in row] for row in matrix]
    return taken, [float(value) for value in answer(as_fitted(rows, inputs))]
