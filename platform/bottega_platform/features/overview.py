"""What the project home says about features."""

from bottega_platform.features.models import Entity, FeatureService, FeatureView, LoadState, OnlineLoad
from bottega_platform.jobs.models import Job
from bottega_platform.projects import overview
from bottega_platform.projects.models import Project
from bottega_platform.projects.overview import Contribution, NextStep, Phase, PhaseState


def register() -> None:
    """Make this app's contribution known."""
    overview.contributor(Phase.FEATURES)(contribution)


def contribution(project: Project) -> Contribution:
    """Count definitions; the phase needs attention when a view's newest computation failed."""
    views = list(FeatureView.objects.in_project(project))
    if not views:
        return Contribution(PhaseState.EMPTY)
    counts = {
        "entities": Entity.objects.in_project(project).count(),
        "feature_views": len(views),
        "features": sum(len(view.columns) for view in views if view.entity_id),
        "feature_services": FeatureService.objects.in_project(project).count(),
        "online": OnlineLoad.objects.in_project(project).filter(state=LoadState.LIVE).count(),
    }
    states = set(Job.objects.filter(pk__in=[v.job_id for v in views if v.job_id]).values_list("state", flat=True))
    if states & {"queued", "running"}:
        return Contribution(PhaseState.RUNNING, counts)
    if "failed" in states:
        step = NextStep("fix_feature_view", "A feature view could not be computed: see why", "features")
        return Contribution(PhaseState.ATTENTION, counts, step)
    return Contribution(PhaseState.READY, counts, _next(views, counts))


def _next(views: list[FeatureView], counts: dict[str, int]) -> NextStep | None:
    if any(view.computed_version != view.version for view in views):
        return NextStep("compute_feature_view", "Compute your feature views", "features")
    if counts["feature_services"] == 0:
        return NextStep("create_feature_service", "Choose features for a model", "features")
    return None
