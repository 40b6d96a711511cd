"""What has to be known about an endpoint before a label can be read: its task and its keys."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from bottega.specs import Column
from bottega_platform.api.errors import Conflict
from bottega_platform.deployments.models import Deployment, Endpoint
from bottega_platform.projects.services import as_of
from bottega_platform.registry.models import ModelVersion


@dataclass(frozen=True)
class Truth:
    """What labels of an endpoint look like: the task of its model, its entity keys, and the present time."""

    task: str
    keys: list[Column]
    now: datetime


def truth_of(endpoint: Endpoint) -> Truth:
    """Return what the version that the endpoint serves now says about labels.

    Raises:
        Conflict: the endpoint serves nothing, so nobody knows what a label would be.
    """
    active = endpoint.active
    if active is None:
        raise Conflict(f"“{endpoint.name}” serves nothing yet. Deploy a model version first.", code="not_deployed")
    version = versions_of(endpoint)[active.model, active.model_version]
    return Truth(task=version.model.task, keys=keys_of(version), now=as_of(endpoint.project))


def versions_of(endpoint: Endpoint) -> dict[tuple[str, int], ModelVersion]:
    """Return every model version that the endpoint ever served, by model name and number."""
    served = Deployment.objects.filter(endpoint=endpoint).values_list("model", "model_version").distinct()
    wanted = set(served)
    rows = ModelVersion.objects.filter(
        project=endpoint.project_id, model__name__in={name for name, _ in wanted}
    ).select_related("model")
    ordered = rows.order_by("model__created_at")
    return {(row.model.name, row.number): row for row in ordered if (row.model.name, row.number) in wanted}


def keys_of(version: ModelVersion) -> list[Column]:
    """Return the entity keys of a version's signature."""
    return msgspec.convert(version.signature["keys"], list[Column])
