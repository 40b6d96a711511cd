"""API keys of endpoints: shown once, kept as hashes, known to the nodes through the desired state.

A key is 256 random bits, so its plain SHA-256 tells nothing; the nodes compare hashes without our secrets.
"""

import hashlib
import hmac
import secrets
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bottega_platform.accounts.models import User
from bottega_platform.api.errors import NotFound
from bottega_platform.audit import services as audit
from bottega_platform.deployments.errors import KeyRequired
from bottega_platform.deployments.models import Endpoint, EndpointKey

PREFIX = "bek_"
FIRST = "first"
HINT_CHARACTERS = 4


def auth_wanted(auth: str | None, *, pointer: str) -> str:
    """Return what a new endpoint asks of callers: what was said, by default what the profile asks.

    Raises:
        KeyRequired: ``none`` in the server profile.
    """
    if settings.SERVER_PROFILE and auth == "none":
        raise KeyRequired(pointer)
    return auth or ("key" if settings.SERVER_PROFILE else "none")


def auth_of(endpoint: Endpoint) -> str:
    """Return ``key`` or ``none``; in the server profile also an endpoint from before it asks for a key."""
    return "key" if settings.SERVER_PROFILE or endpoint.auth == "key" else "none"


@transaction.atomic
def create(*, actor: User, endpoint: Endpoint, name: str) -> tuple[EndpointKey, str]:
    """Make a key; its secret is returned this once."""
    secret = PREFIX + secrets.token_urlsafe(32)
    key = EndpointKey(
        endpoint=endpoint, name=name, digest=_digest(secret), hint=secret[-HINT_CHARACTERS:], created_by=actor
    )
    key.save(force_insert=True)
    audit.record(
        actor=actor, project=endpoint.project, action="endpoint.key.create", subject=endpoint, after=facts(key)
    )
    return key, secret


@transaction.atomic
def revoke(*, actor: User, endpoint: Endpoint, key_id: str) -> None:
    """End a key: the nodes refuse it within seconds.

    Raises:
        NotFound: the endpoint has no such key in use.
    """
    key = live(endpoint).select_for_update().filter(pk=key_id).first()
    if key is None:
        raise NotFound(f"{endpoint.name} has no key “{key_id}” in use. List its keys first.")
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    audit.record(
        actor=actor, project=endpoint.project, action="endpoint.key.revoke", subject=endpoint, before=facts(key)
    )


def revoke_all(endpoint: Endpoint) -> None:
    """End every key of an endpoint that asks for none any more."""
    live(endpoint).update(revoked_at=timezone.now())


def live(endpoint: Endpoint) -> Any:
    """Return the keys in use, oldest first."""
    return endpoint.keys.filter(revoked_at=None).order_by("id")


def hashes(endpoint: Endpoint) -> list[str]:
    """Return what the nodes compare with: the keys in use and the control plane's own."""
    if auth_of(endpoint) == "none":
        return []
    return [_digest(platform_key(endpoint)), *sorted(key.digest for key in endpoint.keys.all() if not key.revoked_at)]


def platform_key(endpoint: Endpoint) -> str:
    """Return the key with which the control plane passes on what members ask it, after checking their role."""
    seed = hashlib.sha256(b"bottega endpoint keys\n" + settings.SECRET_KEY.encode()).digest()
    return PREFIX + hmac.new(seed, endpoint.id.encode(), hashlib.sha256).hexdigest()


def facts(key: EndpointKey) -> dict[str, Any]:
    """Return what the audit trail keeps of a key."""
    return {"key": key.id, "name": key.name, "hint": key.hint}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
