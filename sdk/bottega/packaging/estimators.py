"""What an estimator is for, how it is asked, and whether it takes nulls."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from bottega.bundle import PackageInput
from bottega.packaging.inputs import as_fitted
from bottega.packaging.problems import NotConvertible
from bottega.specs.training import TaskType

Answer = Callable[[pd.DataFrame], np.ndarray]


def task_of(estimator: Any) -> TaskType:
    """Return the task of a fitted estimator.

    Raises:
        NotConvertible: it is not fitted, is of another kind, or has other classes than 0 and 1.
    """
    _check_fitted(estimator)
    if is_regressor(estimator):
        return "regression"
    if not is_classifier(estimator):
        raise NotConvertible(f"{type(estimator).__name__} is neither a classifier nor a regressor.")
    if not hasattr(estimator, "predict_proba"):
        detail = f"{type(estimator).__name__} gives no probabilities: it needs predict_proba."
        raise NotConvertible(detail, hint="wrap it in CalibratedClassifierCV, or take another classifier")
    classes = list(getattr(estimator, "classes_", []))
    if len(classes) != 2 or [float(value) for value in classes if _is_number(value)] != [0.0, 1.0]:
        raise NotConvertible(f"The classes have to be 0 and 1 (or False and True), not {classes[:10]}.")
    return "binary"


def answers(estimator: Any) -> Answer:
    """Return the function from a frame, as :func:`as_fitted` makes it, to one double per row."""
    named = hasattr(estimator, "feature_names_in_")

    def answer(frame: pd.DataFrame) -> np.ndarray:
        given = frame if named else frame.to_numpy()
        found = estimator.predict_proba(given)[:, 1] if is_classifier(estimator) else estimator.predict(given)
        return np.asarray(found, dtype=np.float64).reshape(len(frame))

    return answer


def takes(answer: Answer, edges: pd.DataFrame, inputs: Sequence[PackageInput]) -> bool:
    """Say whether the estimator answers rows with nulls by numbers; most without an imputer refuse them."""
    try:
        return bool(np.isfinite(answer(as_fitted(edges, inputs))).all())
    except ValueError:
        return False


def refuse_nulls(rows: pd.DataFrame, inputs: Sequence[PackageInput]) -> None:
    """Refuse an estimator that takes no nulls, where the rows have some.

    Raises:
        NotConvertible: naming the columns.
    """
    numbers = [item.name for item in inputs if item.categories is None]
    with_nulls = [name for name in numbers if as_fitted(rows, inputs)[name].isna().any()]
    if with_nulls:
        detail = f"The estimator refuses nulls, and the hold-out has some in {', '.join(with_nulls)}."
        raise NotConvertible(detail, code="nulls_refused", hint="put a SimpleImputer before it")


def _check_fitted(estimator: Any) -> None:
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise NotConvertible("The estimator is not fitted. Call fit first.") from error
    except TypeError as error:
        detail = f"{type(estimator).__name__} is no scikit-learn estimator (it has no fit)."
        raise NotConvertible(detail) from error


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float | np.bool_ | np.number)
