"""What can be wrong with a training run's spec; every fault has a pointer below ``/spec``."""

from typing import Any

from bottega.problems import Fault
from bottega.specs import Parameter, TrainingRunSpec, TuneSpec
from bottega.specs.trainers import TRAINERS, TrainerInfo, TrainerParameter, parameter_faults, value_fault
from bottega.specs.training import UPLOADED
from bottega_platform.api.errors import Invalid

MAX_TRIALS = 1_000
MAX_PARALLEL = 64
MAX_DIMENSIONS = 50
MAX_CHOICES = 100
TUNE = "/spec/tune"


def check(spec: TrainingRunSpec) -> None:
    """Refuse a spec that cannot be run, naming everything that is wrong with it."""
    if spec.trainer == UPLOADED:
        _refuse(_uploaded(spec))
        return
    info = TRAINERS[spec.trainer]
    faults = [*_task(spec, info), *_device(spec, info), *parameter_faults(info, spec.params, "/spec/params")]
    if spec.tune is not None:
        faults += _tune(spec.tune, info)
    if spec.package is not None:
        faults.append(Fault("unknown_field", f"{info.name} takes no package.", pointer="/spec/package"))
    _refuse(faults)


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise Invalid(faults[0].detail, code="spec_invalid", errors=faults)


def _uploaded(spec: TrainingRunSpec) -> list[Fault]:
    faults = []
    if spec.package is None:
        faults.append(Fault("required", "Name the digest of an uploaded model package.", pointer="/spec/package"))
    if spec.params:
        faults.append(Fault("unknown_parameter", "An uploaded model takes no parameters.", pointer="/spec/params"))
    if spec.tune is not None:
        faults.append(Fault("unknown_field", "An uploaded model cannot be tuned here.", pointer="/spec/tune"))
    return faults


def refuse_empty_space(data: Any) -> None:
    """Refuse a search space that was sent and is empty; one that is left out is the trainer's ready one."""
    spec = data.get("spec") if isinstance(data, dict) else None
    tune = spec.get("tune") if isinstance(spec, dict) else None
    if isinstance(tune, dict) and tune.get("space") == []:
        detail = "The search space is empty. Name at least one parameter, or leave space out for the ready one."
        fault = Fault("empty_space", detail, pointer=f"{TUNE}/space")
        raise Invalid(detail, code="spec_invalid", errors=[fault])


def _task(spec: TrainingRunSpec, info: TrainerInfo) -> list[Fault]:
    if spec.task in info.tasks:
        return []
    detail = f"{info.name} cannot do {spec.task}; it does {', '.join(info.tasks)}."
    return [Fault("task_unsupported", detail, pointer="/spec/task", got=spec.task)]


def _device(spec: TrainingRunSpec, info: TrainerInfo) -> list[Fault]:
    if spec.device == "auto" or spec.device in info.devices:
        return []
    detail = f"{info.name} runs on {', '.join(info.devices)}; leave device out."
    return [Fault("device_unsupported", detail, pointer="/spec/device", got=spec.device)]


def _tune(tune: TuneSpec, info: TrainerInfo) -> list[Fault]:
    faults = [
        *_within("trials", tune.trials, 1, MAX_TRIALS),
        *_within("startup_trials", tune.startup_trials, 1, MAX_TRIALS),
        *_within("seed", tune.seed, 0, 2**31 - 1),
        *(_within("parallel", tune.parallel, 1, MAX_PARALLEL) if tune.parallel is not None else []),
    ]
    return faults + _space(tune.space, info)


def _within(name: str, value: int, low: int, high: int) -> list[Fault]:
    if low <= value <= high:
        return []
    detail = f"{name} must lie between {low:,} and {high:,}."
    return [Fault("out_of_range", detail, pointer=f"{TUNE}/{name}", got=str(value)[:40])]


def _space(space: list[Parameter], info: TrainerInfo) -> list[Fault]:
    if not space and not info.space:
        detail = f"{info.name} has no ready search space; name the parameters to search."
        return [Fault("empty_space", detail, pointer=f"{TUNE}/space")]
    if len(space) > MAX_DIMENSIONS:
        detail = f"A search space has at most {MAX_DIMENSIONS} parameters."
        return [Fault("too_many", detail, pointer=f"{TUNE}/space")]
    names = [dimension.name for dimension in space]
    faults: list[Fault] = []
    for place, dimension in enumerate(space):
        pointer = f"{TUNE}/space/{place}"
        if dimension.name in names[:place]:
            detail = f"{dimension.name} is searched twice. Name it once."
            faults.append(Fault("duplicate", detail, pointer=f"{pointer}/name"))
        faults += _dimension(dimension, info, pointer)
    return faults


def _dimension(dimension: Parameter, info: TrainerInfo, pointer: str) -> list[Fault]:
    parameter = info.parameter(dimension.name)
    if parameter is None:
        known = ", ".join(item.name for item in info.parameters)
        detail = f"{info.name} has no parameter {dimension.name!r}; it has {known}."
        return [Fault("unknown_parameter", detail, pointer=f"{pointer}/name", got=dimension.name[:80])]
    if dimension.kind == "categorical":
        return _choices(dimension, parameter, pointer)
    if parameter.kind not in {"float", "int"} or (dimension.kind == "float" and parameter.kind == "int"):
        detail = f"{dimension.name} is of kind {parameter.kind} and cannot be searched as {dimension.kind}."
        return [Fault("wrong_kind", detail, pointer=f"{pointer}/kind", got=dimension.kind)]
    return _range(dimension, parameter, pointer)


def _choices(dimension: Parameter, parameter: TrainerParameter, pointer: str) -> list[Fault]:
    if not 1 <= len(dimension.choices) <= MAX_CHOICES:
        detail = f"{dimension.name} needs 1 to {MAX_CHOICES} choices."
        return [Fault("empty_space", detail, pointer=f"{pointer}/choices")]
    checked = (
        value_fault(parameter, choice, f"{pointer}/choices/{place}") for place, choice in enumerate(dimension.choices)
    )
    scalars = all(isinstance(choice, str | int | float | bool) for choice in dimension.choices)
    unsupported = Fault("wrong_type", "A choice is a text, a number or a boolean.", pointer=f"{pointer}/choices")
    return [fault for fault in checked if fault] or ([] if scalars else [unsupported])


def _range(dimension: Parameter, parameter: TrainerParameter, pointer: str) -> list[Fault]:
    low, high = dimension.low, dimension.high
    if low is None or high is None:
        missing = "low" if low is None else "high"
        detail = f"{dimension.name} needs low and high."
        return [Fault("required", detail, pointer=f"{pointer}/{missing}")]
    faults = [value_fault(parameter, value, f"{pointer}/{name}") for name, value in (("low", low), ("high", high))]
    found = [fault for fault in faults if fault]
    if low >= high:
        detail = f"The range of {dimension.name} is empty: low must be less than high."
        found.append(Fault("empty_range", detail, pointer=f"{pointer}/low", got=f"{low:g} to {high:g}"))
    if dimension.log and low <= 0:
        detail = f"A logarithmic range begins above 0; raise low of {dimension.name} or leave log out."
        found.append(Fault("log_not_positive", detail, pointer=f"{pointer}/low", got=f"{low:g}"))
    return found
