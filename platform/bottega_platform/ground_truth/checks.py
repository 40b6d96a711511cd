"""What ``bottega verify`` checks of ground truth."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import OuterRef, Subquery

from bottega_platform.artifacts.services import blobs
from bottega_platform.ground_truth.models import Label, PredictionPart, QualityState
from bottega_platform.jobs import clock
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.verify import check

GRACE = timedelta(minutes=10)


@check("ground_truth.parts_exist")
def _parts(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    """Every part that labels are joined with is stored."""
    for part in PredictionPart.objects.all().iterator():
        if not blobs().exists(part.digest):
            yield part.endpoint_id, f"its predictions of {part.day} are in {part.digest[:12]}…, which is not stored"


@check("ground_truth.labels_are_followed")
def _followed(at_rest: bool) -> Iterable[tuple[str, str]]:
    """Labels do not lie about for long without a job that looks at them."""
    oldest = Label.objects.filter(endpoint=OuterRef("pk"), id__gt=OuterRef("labels_seen")).order_by("id")
    limit = clock.now() - (timedelta(0) if at_rest else GRACE)
    states = QualityState.objects.filter(endpoint__deleted_at=None, endpoint__project__deleted_at=None)
    for state in states.annotate(since=Subquery(oldest.values("received_at")[:1])).filter(since__lt=limit):
        if not Job.objects.filter(pk=state.job_id, state__in=["queued", "running"]).exists():
            yield state.endpoint_id, f"has labels since {state.since} that no job has seen: is a scheduler up?"
