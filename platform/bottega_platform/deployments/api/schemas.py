"""Shapes of the endpoints of endpoints."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from bottega.serving_contract import Stage
from bottega_platform.deployments import keys, services
from bottega_platform.deployments.models import Deployment, Endpoint, ServingNode
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Role

Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Slug = Annotated[str, msgspec.Meta(max_length=63)]
Auth = Literal["none", "key"]
ENDPOINT_ACTIONS = {
    "predict": Role.VIEWER,
    "edit": Role.EDITOR,
    "deploy": Role.DEPLOYER,
    "rollback": Role.DEPLOYER,
    "delete": Role.DEPLOYER,
}


class EndpointSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an endpoint is: what it is for, and whether callers need a key (by default as the profile asks)."""

    description: Text = ""
    auth: Auth | None = None


class EndpointIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new endpoint."""

    name: Slug
    spec: EndpointSpec = EndpointSpec()


class EndpointPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; fields left out stay as they are."""

    description: Text | UnsetType = UNSET
    auth: Auth | UnsetType = UNSET
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""

    def changes(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        sent = {"description": self.description, "auth": self.auth}
        return {name: value for name, value in sent.items() if value is not UNSET}


class DeploymentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which model version to serve."""

    model: Slug
    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class RollbackIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which earlier deployment to serve again; by default the one before the present one."""

    to: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class StageEvent(msgspec.Struct, frozen=True):
    """A stage that was reached, when, and how many seconds after the request."""

    stage: str
    at: str
    seconds: float


class DeploymentOut(msgspec.Struct, frozen=True):
    """One change of what an endpoint serves."""

    id: str
    endpoint: str
    kind: str
    number: int
    model: str
    version: int
    bundle: str
    stage: Stage
    live: bool
    code: str | None
    reason: str | None
    seconds: dict[str, float]
    events: list[StageEvent]
    previous: str | None
    created_at: datetime
    created_by: str | None
    finished_at: datetime | None
    revision: int


class EndpointOut(msgspec.Struct, frozen=True):
    """An endpoint as the asking user sees it. ``key`` is there once, in the answer that made it."""

    id: str
    name: str
    address: str
    description: str
    auth: Auth
    state: str
    current: DeploymentOut | None
    target: DeploymentOut | None
    url: str
    created_at: datetime
    updated_at: datetime
    revision: int
    allowed_actions: list[str]
    key: str | None = None


class NodeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A serving node that enrols."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class NodeOut(msgspec.Struct, frozen=True):
    """A serving node."""

    id: str
    name: str
    generation: int
    enrolled_at: datetime
    seen_at: datetime


def deployment_out(row: Deployment) -> DeploymentOut:
    """Return a deployment's JSON."""
    return DeploymentOut(
        id=row.id,
        endpoint=row.endpoint.name,
        kind=row.kind,
        number=row.number,
        model=row.model,
        version=row.model_version,
        bundle=row.bundle,
        stage=Stage(row.stage),
        live=row.endpoint.active_id == row.id,
        code=row.code or None,
        reason=row.reason or None,
        seconds=row.seconds,
        events=[StageEvent(**event) for event in row.events],
        previous=row.previous_id,
        created_at=row.created_at,
        created_by=row.created_by.username if row.created_by else None,
        finished_at=row.finished_at,
        revision=row.revision,
    )


def state_of(row: Endpoint) -> str:
    """Return one word for the endpoint: empty, deploying, serving."""
    if row.target_id is not None and row.target_id != row.active_id:
        return "deploying"
    return "serving" if row.active_id is not None else "empty"


def endpoint_out(row: Endpoint, role: Role, *, key: str | None = None) -> EndpointOut:
    """Return an endpoint's JSON."""
    from bottega_platform.config import env

    actions = permissions.allowed_actions(role, ENDPOINT_ACTIONS)
    if not services.rollback_possible(row):
        actions = [action for action in actions if action != "rollback"]
    if row.active_id is None:
        actions = [action for action in actions if action != "predict"]
    address = f"{row.project.slug}.{row.name}"
    return EndpointOut(
        id=row.id,
        name=row.name,
        address=address,
        description=row.description,
        auth="key" if keys.auth_of(row) == "key" else "none",
        state=state_of(row),
        current=deployment_out(row.active) if row.active else None,
        target=deployment_out(row.target) if row.target_id != row.active_id and row.target else None,
        url=f"{env.current().serving_public_url}/v1/endpoints/{address}/predict",
        created_at=row.created_at,
        updated_at=row.updated_at,
        revision=row.revision,
        allowed_actions=actions,
        key=key,
    )


def node_out(row: ServingNode) -> NodeOut:
    """Return a node's JSON."""
    return NodeOut(row.id, row.name, row.generation, row.enrolled_at, row.seen_at)
