"""What ``bottega verify`` checks of deployments."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from bottega.serving_contract import Stage
from bottega_platform.artifacts.services import blobs
from bottega_platform.deployments.models import Deployment, Endpoint
from bottega_platform.jobs.verify import check

GRACE = timedelta(seconds=60)


@check("deployments.pointers_are_served")
def _pointers(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    """What answers was active once, and its bundle is complete."""
    for endpoint in Endpoint.objects.live().filter(active__isnull=False).select_related("active"):
        if endpoint.active.stage != Stage.ACTIVE.value:
            yield endpoint.id, f"serves {endpoint.active_id}, which is {endpoint.active.stage}"
        if not blobs().exists(endpoint.active.bundle):
            yield endpoint.id, f"serves bundle {endpoint.active.bundle[:12]}…, which is not stored"


@check("deployments.end_in_time")
def _deadlines(at_rest: bool) -> Iterable[tuple[str, str]]:
    limit = timezone.now() - (timedelta(0) if at_rest else GRACE)
    for row in Deployment.objects.filter(finished_at=None, deadline__lt=limit):
        yield row.id, f"is {row.stage} past its deadline: is a scheduler up?"


@check("deployments.targets_are_open")
def _targets(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    """A target that is not active is a deployment still on its way."""
    moving = Endpoint.objects.live().filter(target__isnull=False).filter(~Q(target=F("active")) | Q(active=None))
    for endpoint in moving.select_related("target"):
        if endpoint.target.finished_at is not None:
            yield endpoint.id, f"should serve {endpoint.target_id}, which ended as {endpoint.target.stage}"
