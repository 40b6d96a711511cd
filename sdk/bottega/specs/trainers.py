"""The built-in trainers as data: tasks, parameters with their ranges, and ready search spaces.

The control plane validates specs and draws forms from it; the training library fits by it.
"""

from typing import Any, Literal

import msgspec

from bottega.problems import Fault
from bottega.specs.training import Parameter, TaskType

ParameterKind = Literal["float", "int", "bool", "choice", "names"]


class TrainerParameter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One parameter of a trainer; ``names`` is a list of column names."""

    name: str
    kind: ParameterKind
    default: Any
    low: float | None = None
    high: float | None = None
    choices: list[Any] = []
    description: str = ""


class TrainerInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a trainer takes and what it is good for. One with ``checkpoints`` goes on after a kill where it
    was; ``requires`` is a package that is not installed everywhere, ``install`` the command that installs it."""

    name: str
    title: str
    tasks: list[TaskType]
    parameters: list[TrainerParameter]
    space: list[Parameter] = []
    registrable: bool = True
    description: str = ""
    devices: tuple[str, ...] = ("cpu",)
    checkpoints: bool = False
    requires: str = ""
    install: str = ""

    def parameter(self, name: str) -> TrainerParameter | None:
        """Return the parameter called ``name``, if there is one."""
        return next((item for item in self.parameters if item.name == name), None)

    def defaults(self) -> dict[str, Any]:
        """Return every parameter's default."""
        return {item.name: item.default for item in self.parameters}


_HISTORICAL_MEAN = TrainerInfo(
    name="historical_mean",
    title="Historical mean",
    tasks=["binary", "regression"],
    registrable=False,
    description="The label's mean in the training split, by group: the baseline every model has to beat.",
    parameters=[
        TrainerParameter("by", "names", None, description="Group by these; default: every category"),
        TrainerParameter("smoothing", "float", 20.0, 0.0, 1e6, description="Rows of the overall mean per group"),
    ],
)

_LOGISTIC_REGRESSION = TrainerInfo(
    name="logistic_regression",
    title="Logistic regression",
    tasks=["binary"],
    description="Linear and quick: medians for nulls, one indicator per category, scaled inputs.",
    parameters=[
        TrainerParameter("c", "float", 1.0, 1e-6, 1e6, description="Inverse of the L2 penalty"),
        TrainerParameter("max_iterations", "int", 200, 1, 10_000),
        TrainerParameter("balanced", "bool", False, description="Weigh classes by their rarity"),
    ],
    space=[Parameter("c", "float", low=1e-4, high=100.0, log=True)],
)

_LINEAR_REGRESSION = TrainerInfo(
    name="linear_regression",
    title="Linear regression",
    tasks=["regression"],
    description="Linear and quick: medians for nulls, one indicator per category, scaled inputs.",
    parameters=[TrainerParameter("alpha", "float", 1.0, 0.0, 1e6, description="The L2 penalty")],
    space=[Parameter("alpha", "float", low=1e-3, high=1e4, log=True)],
)

_LIGHTGBM = TrainerInfo(
    name="lightgbm",
    title="Gradient-boosted trees (LightGBM)",
    tasks=["binary", "regression"],
    description="Trees on numbers, categories and nulls as they are; stops early on the validation split.",
    parameters=[
        TrainerParameter("iterations", "int", 250, 1, 20_000, description="At most this many trees"),
        TrainerParameter("early_stopping", "int", 25, 0, 1_000, description="Rounds without gain; 0 is never"),
        TrainerParameter("learning_rate", "float", 0.08, 1e-4, 1.0),
        TrainerParameter("num_leaves", "int", 31, 2, 4_096),
        TrainerParameter("max_depth", "int", -1, -1, 64, description="-1 is unlimited"),
        TrainerParameter("min_data_in_leaf", "int", 50, 1, 1_000_000),
        TrainerParameter("feature_fraction", "float", 0.9, 0.05, 1.0),
        TrainerParameter("bagging_fraction", "float", 0.9, 0.05, 1.0),
        TrainerParameter("lambda_l1", "float", 0.0, 0.0, 1e4),
        TrainerParameter("lambda_l2", "float", 1.0, 0.0, 1e4),
        TrainerParameter("min_gain_to_split", "float", 0.0, 0.0, 1e4),
        TrainerParameter("cat_smooth", "float", 10.0, 0.0, 1e4),
        TrainerParameter("max_bin", "int", 127, 7, 4_095),
        TrainerParameter("report_every", "int", 10, 1, 1_000, description="Rounds between two reports"),
    ],
    space=[
        Parameter("learning_rate", "float", low=0.01, high=0.3, log=True),
        Parameter("num_leaves", "int", low=4, high=64, log=True),
        Parameter("min_data_in_leaf", "int", low=5, high=2_000, log=True),
        Parameter("feature_fraction", "float", low=0.2, high=1.0),
        Parameter("bagging_fraction", "float", low=0.4, high=1.0),
        Parameter("lambda_l2", "float", low=1e-3, high=100.0, log=True),
        Parameter("cat_smooth", "float", low=1.0, high=200.0, log=True),
    ],
)

_XGBOOST = TrainerInfo(
    name="xgboost",
    title="Gradient-boosted trees (XGBoost)",
    tasks=["binary", "regression"],
    description="Trees on numbers, categories and nulls as they are; stops early on the validation split.",
    parameters=[
        TrainerParameter("iterations", "int", 250, 1, 20_000, description="At most this many trees"),
        TrainerParameter("early_stopping", "int", 25, 0, 1_000, description="Rounds without gain; 0 is never"),
        TrainerParameter("learning_rate", "float", 0.1, 1e-4, 1.0),
        TrainerParameter("max_depth", "int", 6, 1, 16),
        TrainerParameter("min_child_weight", "float", 1.0, 0.0, 1e6),
        TrainerParameter("subsample", "float", 0.9, 0.05, 1.0),
        TrainerParameter("colsample_bytree", "float", 0.9, 0.05, 1.0),
        TrainerParameter("reg_alpha", "float", 0.0, 0.0, 1e4),
        TrainerParameter("reg_lambda", "float", 1.0, 0.0, 1e4),
        TrainerParameter("gamma", "float", 0.0, 0.0, 1e4, description="Least gain of a split"),
        TrainerParameter("max_bin", "int", 128, 7, 4_096),
        TrainerParameter(
            "max_cat_threshold", "int", 64, 1, 4_096, description="Most categories on one side of a split"
        ),
        TrainerParameter("report_every", "int", 10, 1, 1_000, description="Rounds between two reports"),
    ],
    space=[
        Parameter("learning_rate", "float", low=0.01, high=0.3, log=True),
        Parameter("max_depth", "int", low=2, high=10),
        Parameter("min_child_weight", "float", low=0.5, high=500.0, log=True),
        Parameter("subsample", "float", low=0.4, high=1.0),
        Parameter("colsample_bytree", "float", low=0.2, high=1.0),
        Parameter("reg_lambda", "float", low=1e-3, high=100.0, log=True),
    ],
)

_NEURAL_NETWORK = TrainerInfo(
    name="neural_network",
    title="Neural network (PyTorch)",
    tasks=["binary", "regression"],
    description="Embeddings for categories, scaled numbers, fully connected layers; on a GPU where there is one.",
    devices=("cpu", "gpu"),
    checkpoints=True,
    requires="torch",
    install="pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu",
    parameters=[
        TrainerParameter("epochs", "int", 30, 1, 10_000, description="At most this many passes over the rows"),
        TrainerParameter("early_stopping", "int", 5, 0, 1_000, description="Epochs without gain; 0 is never"),
        TrainerParameter("layers", "int", 2, 1, 8),
        TrainerParameter("width", "int", 128, 4, 4_096, description="Units of each layer"),
        TrainerParameter("dropout", "float", 0.1, 0.0, 0.9),
        TrainerParameter("learning_rate", "float", 2e-3, 1e-6, 1.0),
        TrainerParameter("weight_decay", "float", 1e-4, 0.0, 10.0),
        TrainerParameter("batch_size", "int", 1_024, 16, 1_000_000),
    ],
    space=[
        Parameter("learning_rate", "float", low=3e-4, high=1e-2, log=True),
        Parameter("layers", "int", low=1, high=4),
        Parameter("width", "int", low=32, high=256, log=True),
        Parameter("dropout", "float", low=0.0, high=0.5),
        Parameter("weight_decay", "float", low=1e-6, high=1e-1, log=True),
    ],
)

TRAINERS: dict[str, TrainerInfo] = {
    info.name: info
    for info in (_HISTORICAL_MEAN, _LINEAR_REGRESSION, _LOGISTIC_REGRESSION, _LIGHTGBM, _XGBOOST, _NEURAL_NETWORK)
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _wrong_kind(parameter: TrainerParameter, value: Any) -> str | None:
    match parameter.kind:
        case "bool":
            right = isinstance(value, bool)
        case "choice":
            right = value in parameter.choices
        case "names":
            right = isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "int":
            right = _is_number(value) and float(value).is_integer()
        case _:
            right = _is_number(value)
    wanted = f"one of {parameter.choices}" if parameter.kind == "choice" else f"of kind {parameter.kind}"
    return None if right else f"{parameter.name} must be {wanted}"


def value_fault(parameter: TrainerParameter, value: Any, pointer: str) -> Fault | None:
    """Return what is wrong with ``value`` for ``parameter``, or None."""
    if value is None and parameter.default is None:
        return None
    wrong = _wrong_kind(parameter, value)
    if wrong:
        return Fault("wrong_type", wrong, pointer=pointer, got=str(value)[:80])
    low, high = parameter.low, parameter.high
    if parameter.kind in {"int", "float"} and not ((low is None or value >= low) and (high is None or value <= high)):
        detail = f"{parameter.name} must lie between {low:g} and {high:g}"
        return Fault("out_of_range", detail, pointer=pointer, got=str(value)[:80])
    return None


def parameter_faults(info: TrainerInfo, params: dict[str, Any], pointer: str = "/params") -> list[Fault]:
    """Return what is wrong with ``params`` for a trainer: unknown names, wrong kinds, values out of range."""
    faults = []
    for name, value in params.items():
        parameter = info.parameter(name)
        if parameter is None:
            known = ", ".join(item.name for item in info.parameters)
            detail = f"{info.name} has no parameter {name!r}; it has {known}"
            faults.append(Fault("unknown_parameter", detail, pointer=f"{pointer}/{name}"))
        elif fault := value_fault(parameter, value, f"{pointer}/{name}"):
            faults.append(fault)
    return faults
