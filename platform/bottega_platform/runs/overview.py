"""What the project home says about training."""

from bottega_platform.jobs.models import Job
from bottega_platform.projects import overview
from bottega_platform.projects.models import Project
from bottega_platform.projects.overview import Contribution, NextStep, Phase, PhaseState
from bottega_platform.runs.models import RunState, TrainingRun


def register() -> None:
    """Make this app's contribution known."""
    overview.contributor(Phase.TRAIN)(contribution)


def contribution(project: Project) -> Contribution:
    """Count runs; the phase needs attention when the newest run failed."""
    runs = TrainingRun.objects.in_project(project)
    states = list(runs.order_by("-created_at").values_list("state", flat=True))
    if not states:
        return Contribution(PhaseState.EMPTY)
    counts = {"training_runs": len(states), "succeeded": states.count(RunState.SUCCEEDED)}
    if RunState.QUEUED in states:
        busy = Job.objects.filter(
            project=project, kind__in=["train", "import_model", "study"], state__in=["queued", "running"]
        )
        return Contribution(PhaseState.RUNNING, {**counts, "running": busy.count()})
    if states[0] == RunState.FAILED:
        step = NextStep("fix_training_run", "The newest training run failed: read why", "training-runs")
        return Contribution(PhaseState.ATTENTION, counts, step)
    return Contribution(PhaseState.READY, counts)
