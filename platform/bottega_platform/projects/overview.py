"""The project home by phase: apps register what they know, this module composes it and names the next step."""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from bottega_platform.projects.models import Project


class Phase(StrEnum):
    """The phases of the loop, in order."""

    DATA = "data"
    FEATURES = "features"
    TRAIN = "train"
    DEPLOY = "deploy"
    MONITOR = "monitor"


class PhaseState(StrEnum):
    """How a phase stands; the last one wins where apps differ."""

    EMPTY = "empty"
    READY = "ready"
    RUNNING = "running"
    ATTENTION = "attention"


class NextStep(msgspec.Struct, frozen=True):
    """What to do next: a stable code, words for people, and the console's path below the project."""

    code: str
    title: str
    path: str


class Contribution(msgspec.Struct, frozen=True):
    """What one app knows about a phase. ``next_step`` only where the app knows better than the default."""

    state: PhaseState
    counts: dict[str, int] = {}
    next_step: NextStep | None = None


class PhaseOverview(msgspec.Struct, frozen=True):
    """One phase on the project home."""

    phase: Phase
    state: PhaseState
    counts: dict[str, int]
    next_step: NextStep | None


class Overview(msgspec.Struct, frozen=True):
    """The project home: the phases, and the one next step."""

    phases: list[PhaseOverview]
    next_step: NextStep | None


Contributor = Callable[[Project], Contribution]
_contributors: dict[Phase, list[Contributor]] = {phase: [] for phase in Phase}

FIRST_STEPS = {
    Phase.DATA: NextStep("add_source", "Connect your first data source", "data"),
    Phase.FEATURES: NextStep("create_feature_view", "Define features over your tables", "features"),
    Phase.TRAIN: NextStep("start_training", "Build a training set and train a model", "training-runs"),
    Phase.DEPLOY: NextStep("deploy_model", "Deploy a model version to an endpoint", "endpoints"),
    Phase.MONITOR: NextStep("send_predictions", "Send the first prediction to your endpoint", "endpoints"),
}


def contributor(phase: str | Phase) -> Callable[[Contributor], Contributor]:
    """Register a function that tells what its app knows about ``phase`` of a project."""

    def register(function: Contributor) -> Contributor:
        _contributors[Phase(phase)].append(function)
        return function

    return register


def compose(project: Project) -> Overview:
    """Return the project's overview."""
    phases = [_phase(phase, project) for phase in Phase]
    steps = [part.next_step for part in phases if part.next_step is not None]
    return Overview(phases=phases, next_step=steps[0] if steps else None)


def _phase(phase: Phase, project: Project) -> PhaseOverview:
    parts = [function(project) for function in _contributors[phase]]
    state = max((part.state for part in parts), key=list(PhaseState).index, default=PhaseState.EMPTY)
    counts = {name: count for part in parts for name, count in part.counts.items()}
    told = next((part.next_step for part in parts if part.next_step), None)
    step = told or (FIRST_STEPS[phase] if state is PhaseState.EMPTY else None)
    return PhaseOverview(phase=phase, state=state, counts=counts, next_step=step)
