"""Taking labels in."""

from typing import Any

import msgspec
from django.db import transaction

from bottega_platform.audit import services as audit
from bottega_platform.deployments.models import Endpoint
from bottega_platform.ground_truth import labels, quality
from bottega_platform.ground_truth.facts import truth_of
from bottega_platform.ground_truth.labels import Kept
from bottega_platform.ground_truth.models import QualityState


@transaction.atomic
def receive(*, actor: Any, endpoint: Endpoint, document: Any) -> tuple[Kept, str]:
    """Read and keep the labels of one call; return what became of them, and the job that follows them.

    Raises:
        Invalid: with one fault and pointer per label that cannot be used; nothing is kept then.
        Conflict: the endpoint serves nothing.
    """
    found = labels.read(document, truth_of(endpoint))
    kept = labels.keep(endpoint=endpoint, labels=found, actor=actor)
    if kept.new + kept.corrected == 0:
        return kept, _last_job(endpoint)
    after = {"received": len(found), **msgspec.to_builtins(kept)}
    audit.record(actor=actor, project=endpoint.project, action="labels.add", subject=endpoint, after=after)
    return kept, quality.follow(endpoint, actor)


def _last_job(endpoint: Endpoint) -> str:
    state = QualityState.objects.filter(endpoint=endpoint).first()
    return state.job_id if state else ""
