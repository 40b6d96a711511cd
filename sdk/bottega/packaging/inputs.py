"""From the rows of a training set to what an estimator is fitted on, and to what a served model sees.

A served model gets one double per input: a number as it is, a category as its index in ``categories``, NaN for null
and for a category that is not listed. The estimator gets a pandas frame: numbers as float64, categories as text, where
null and unlisted ones are the empty text. Both views are made here, so that they cannot differ.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bottega.bundle import PackageInput
from bottega.problems import Fault, SpecProblem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MISSING = ""
NUMERIC = frozenset({"int32", "int64", "float32", "float64", "bool"})


def usable(features: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the features that a model can take: numbers and categories, not free text or times."""
    return [item for item in features if item["type"] in NUMERIC or item.get("categorical")]


def choose(features: Sequence[dict[str, Any]], names: Sequence[str] | None = None) -> list[PackageInput]:
    """Return the inputs of these names, in their order; by default every usable feature.

    Raises:
        SpecProblem: a name is no usable feature.
    """
    known = {item["name"]: item for item in usable(features)}
    wanted = list(known) if names is None else list(names)
    faults = [
        Fault("unknown_column", f"The training set has no feature “{name}”; it has {', '.join(known)}.", got=str(name))
        for name in wanted
        if name not in known
    ]
    if faults:
        raise SpecProblem(faults[0].detail, errors=faults, code="unknown_column")
    return [_input(known[name]) for name in wanted]


def _input(feature: dict[str, Any]) -> PackageInput:
    categories = [str(value) for value in feature.get("categories") or []] if feature.get("categorical") else None
    return PackageInput(feature["name"], feature["type"], categories)


def as_fitted(frame: "pd.DataFrame", inputs: Sequence[PackageInput]) -> "pd.DataFrame":
    """Return the frame an estimator is given: float64 numbers, text categories, in the order of the inputs."""
    import pandas as pd

    columns = {item.name: _text(frame[item.name], item) if item.categories is not None else _number(frame[item.name])
               for item in inputs}  # fmt: skip
    return pd.DataFrame(columns, index=frame.index)


def _text(column: "pd.Series[Any]", item: PackageInput) -> "pd.Series[Any]":
    import pandas as pd

    known = set(item.categories or [])
    texts = [MISSING if pd.isna(value) or _word(value) not in known else _word(value) for value in column]
    return pd.Series(texts, index=column.index, dtype=object)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(column: "pd.Series[Any]") -> "pd.Series[Any]":
    import numpy as np

    values = column.astype("float64")
    return values.where(np.isfinite(values))


def encode(frame: "pd.DataFrame", inputs: Sequence[PackageInput]) -> "np.ndarray[Any, Any]":
    """Return the double matrix that a served model is given for these rows."""
    import numpy as np

    matrix = np.empty((len(frame), len(inputs)), dtype=np.float64)
    for place, item in enumerate(inputs):
        column = frame[item.name]
        if item.categories is None:
            matrix[:, place] = _number(column).to_numpy()
        else:
            codes = {name: float(code) for code, name in enumerate(item.categories)}
            matrix[:, place] = [codes.get(text, np.nan) for text in _text(column, item)]
    return matrix
