"""What the project home says about ground truth."""

from datetime import timedelta

from django.db.models import Sum

from bottega_platform.ground_truth.models import QualityDay
from bottega_platform.projects.models import Project
from bottega_platform.projects.overview import Contribution, PhaseState, contributor
from bottega_platform.projects.services import as_of


@contributor("monitor")
def labelled(project: Project) -> Contribution:
    """Count the predictions of the last 30 days that have a label."""
    since = (as_of(project) - timedelta(days=30)).date()
    found = QualityDay.objects.filter(project=project, day__gte=since).aggregate(labelled=Sum("labelled"))
    if not found["labelled"]:
        return Contribution(PhaseState.EMPTY)
    return Contribution(PhaseState.READY, {"labelled": found["labelled"]})
