"""What the project home says about monitoring."""

from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from bottega_platform.predictions.models import TrafficMinute
from bottega_platform.projects.models import Project
from bottega_platform.projects.overview import Contribution, PhaseState, contributor


@contributor("monitor")
def traffic(project: Project) -> Contribution:
    """Count the predictions of the last 30 days."""
    rows = TrafficMinute.objects.filter(project=project, minute__gte=timezone.now() - timedelta(days=30))
    found = rows.aggregate(requests=Sum("requests"), errors=Sum("errors"))
    if not found["requests"]:
        return Contribution(PhaseState.EMPTY)
    return Contribution(PhaseState.READY, {"predictions": found["requests"], "errors": found["errors"]})
