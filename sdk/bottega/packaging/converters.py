"""Converters beside skl2onnx's own, where those write what ONNX Runtime or protobuf refuses.

* ``SimpleImputer`` on doubles: the operator ``Imputer`` exists for 32-bit floats only; ``Where`` exists for both.
* Histogram gradient boosting: one attribute is written as booleans, which newer protobuf refuses as integers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from skl2onnx._supported_operators import _get_sklearn_operator_name
from skl2onnx.common._registration import get_converter, get_shape_calculator
from skl2onnx.common.data_types import DoubleTensorType
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer

Convert = Callable[[Any, Any, Any], None]


def conversions() -> dict[type, Convert]:
    """Return our converters by estimator class, for ``convert_sklearn(custom_conversion_functions=...)``."""
    boosted = {
        kind: _with_integers(get_converter(_get_sklearn_operator_name(kind)))
        for kind in (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
    }
    return {SimpleImputer: _imputer, **boosted}


def shapes() -> dict[type, Callable[[Any], None]]:
    """Return the shape calculators that belong to :func:`conversions`: skl2onnx's own."""
    return {kind: get_shape_calculator(_get_sklearn_operator_name(kind)) for kind in conversions()}


def _imputer(scope: Any, operator: Any, container: Any) -> None:
    imputer = operator.raw_operator
    simple = np.issubdtype(np.asarray(imputer.statistics_).dtype, np.floating) and not imputer.add_indicator
    if not (isinstance(operator.inputs[0].type, DoubleTensorType) and simple and _is_nan(imputer.missing_values)):
        get_converter(_get_sklearn_operator_name(SimpleImputer))(scope, operator, container)
        return
    values = _joined(scope, operator, container)
    missing, statistics = scope.get_unique_variable_name("missing"), scope.get_unique_variable_name("statistics")
    container.add_initializer(statistics, 11, [1, len(imputer.statistics_)], list(imputer.statistics_))  # 11: double
    container.add_node("IsNaN", values, missing, op_version=13, name=scope.get_unique_operator_name("IsNaN"))
    target = operator.outputs[0].full_name
    container.add_node(
        "Where", [missing, statistics, values], target, op_version=16, name=scope.get_unique_operator_name("Where")
    )


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and np.isnan(value)


def _joined(scope: Any, operator: Any, container: Any) -> str:
    names = [item.full_name for item in operator.inputs]
    if len(names) == 1:
        return str(names[0])
    joined: str = scope.get_unique_variable_name("joined")
    container.add_node("Concat", names, joined, axis=1, op_version=13, name=scope.get_unique_operator_name("Concat"))
    return joined


def _with_integers(convert: Convert) -> Convert:
    def converted(scope: Any, operator: Any, container: Any) -> None:
        convert(scope, operator, _Integers(container))

    return converted


class _Integers:
    """A container that writes booleans as the integers they mean."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, *arguments: Any, **attributes: Any) -> Any:
        """Add a node, its boolean attributes as integers."""
        return self._container.add_node(*arguments, **{name: _plain(value) for name, value in attributes.items()})


def _plain(value: Any) -> Any:
    whole = bool | np.bool_ | int | np.integer
    if isinstance(value, list) and any(isinstance(item, bool | np.bool_) for item in value):
        return [int(item) if isinstance(item, whole) else item for item in value]
    return value
