"""What other apps learn from this one: the project home, and which models are served."""

from bottega.serving_contract import Stage
from bottega_platform.deployments.models import Deployment, Endpoint
from bottega_platform.projects.models import Project
from bottega_platform.projects.overview import Contribution, NextStep, PhaseState, contributor
from bottega_platform.registry.models import Model
from bottega_platform.registry.usage import Use, finder


@contributor("deploy")
def endpoints(project: Project) -> Contribution:
    """Count endpoints and those that serve; a failed last deployment asks for attention."""
    mine = Endpoint.objects.in_project(project)
    total, live = mine.count(), mine.filter(active__isnull=False).count()
    open_ones = Deployment.objects.in_project(project).filter(finished_at=None).count()
    counts = {"endpoints": total, "serving": live}
    if open_ones:
        return Contribution(PhaseState.RUNNING, counts)
    if not total:
        return Contribution(PhaseState.EMPTY)
    if _last_failed(project):
        step = NextStep("look_at_deployment", "Look at the deployment that failed", "endpoints")
        return Contribution(PhaseState.ATTENTION, counts, step)
    return Contribution(PhaseState.READY if live else PhaseState.EMPTY, counts)


def _last_failed(project: Project) -> bool:
    last = Deployment.objects.in_project(project).order_by("-created_at").first()
    return last is not None and last.stage == Stage.FAILED.value and last.code != "superseded"


@finder
def serving(model: Model) -> list[Use]:
    """Find the endpoints that serve a version of the model, are about to, or can roll back to one."""
    rows = Endpoint.objects.in_project(model.project).select_related("active__previous", "target")
    return [
        Use(deployment.model_version, f"endpoint {row.name} {verb} version {deployment.model_version}")
        for row in rows
        for verb, deployment in _held(row)
        if deployment is not None and deployment.model == model.name
    ]


def _held(endpoint: Endpoint) -> list[tuple[str, Deployment | None]]:
    now = endpoint.active
    return [
        ("serves", now),
        ("is about to serve", endpoint.target if endpoint.target_id != endpoint.active_id else None),
        ("can roll back to", now.previous if now is not None else None),
    ]
