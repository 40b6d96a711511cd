"""The desired state: built from the rows, numbered when it differs from the last one, signed.

Nobody has to announce a change: each time a node asks, the routes are compared with what was numbered last.
"""

import hashlib
import hmac

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bottega.faults import fault_point
from bottega.serving_contract import DesiredRoute, DesiredState
from bottega_platform.deployments import keys
from bottega_platform.deployments.models import DesiredGeneration, Endpoint

PREVIOUS = ("target__previous", "active__previous")


def routes() -> list[DesiredRoute]:
    """Return the routes of all endpoints that should serve something."""
    endpoints = (
        Endpoint.objects.live()
        .filter(project__deleted_at=None, target__isnull=False)
        .select_related("project", "target", "active", *PREVIOUS)
        .prefetch_related("keys")
        .order_by("id")
    )
    return [route(endpoint) for endpoint in endpoints]


def route(endpoint: Endpoint) -> DesiredRoute:
    """Return one endpoint's route; what it replaces stays loaded for a rollback."""
    target = endpoint.target
    assert target is not None, "only endpoints with a target have a route"  # noqa: S101 - for the type checker
    before = endpoint.active if endpoint.active_id != target.id else target.previous
    clock = endpoint.project.clock
    return DesiredRoute(
        endpoint=f"{endpoint.project.slug}.{endpoint.name}",
        endpoint_id=endpoint.id,
        project_id=endpoint.project_id,
        deployment_id=target.id,
        model=target.model,
        version=target.model_version,
        bundle=target.bundle,
        auth="key" if keys.auth_of(endpoint) == "key" else "none",
        key_hashes=keys.hashes(endpoint),
        previous_bundle=before.bundle if before is not None and before.bundle != target.bundle else None,
        as_of=clock.isoformat().replace("+00:00", "Z") if clock else None,
    )


def _digest(found: list[DesiredRoute]) -> str:
    return hashlib.sha256(msgspec.json.encode(found)).hexdigest()


def current() -> DesiredState:
    """Return the present desired state, giving it the next number if it is new."""
    found = routes()
    row = DesiredGeneration.objects.filter(pk=1).first()
    if row is not None and row.digest == _digest(found):
        return DesiredState(generation=row.generation, routes=found)
    return _numbered()


@transaction.atomic
def _numbered() -> DesiredState:
    DesiredGeneration.objects.get_or_create(pk=1)
    row = DesiredGeneration.objects.select_for_update().get(pk=1)
    found = routes()
    if row.digest != _digest(found):
        row.generation += 1
        row.digest, row.changed_at = _digest(found), timezone.now()
        row.save()
        fault_point("after_generation_before_commit")
    return DesiredState(generation=row.generation, routes=found)


def signature(body: bytes) -> str:
    """Return the header value that lets a node trust the body."""
    secret = settings.NODE_SECRET_FILE.read_text().strip().encode()
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
