"""What the project home says about models."""

from bottega_platform.projects import overview
from bottega_platform.projects.models import Project
from bottega_platform.projects.overview import Contribution, NextStep, Phase, PhaseState
from bottega_platform.registry.models import Model, ModelVersion
from bottega_platform.runs.models import RunState, TrainingRun


def register() -> None:
    """Make this app's contribution known."""
    overview.contributor(Phase.TRAIN)(contribution)


def contribution(project: Project) -> Contribution:
    """Count models and versions; a finished run without any version asks to be registered."""
    versions = ModelVersion.objects.in_project(project).filter(model__deleted_at=None).count()
    counts = {"models": Model.objects.in_project(project).count(), "model_versions": versions}
    runs = TrainingRun.objects.in_project(project).filter(state=RunState.SUCCEEDED)
    if not versions and runs.exclude(files=[]).exists():
        step = NextStep("register_model", "Register your best run as a model version", "training-runs")
        return Contribution(PhaseState.READY, counts, step)
    return Contribution(PhaseState.READY if versions else PhaseState.EMPTY, counts)
