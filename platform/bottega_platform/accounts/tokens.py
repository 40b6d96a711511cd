"""Secrets that people hold: made once, kept only as keyed hashes."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from bottega_platform.accounts.models import ApiToken

PREFIX = "btg_"
USE_RECORDED_EVERY = timedelta(minutes=1)


def new_secret(prefix: str = PREFIX) -> str:
    """Return a new random secret."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return the keyed hash under which a secret is kept."""
    pepper = hashlib.sha256(b"bottega tokens\n" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(pepper, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def find(secret: str) -> ApiToken | None:
    """Return the live token of this secret and note that it was used."""
    if not secret.startswith(PREFIX):
        return None
    now = timezone.now()
    alive = Q(expires_at=None) | Q(expires_at__gt=now)
    rows = ApiToken.objects.select_related("user").filter(alive, digest=digest(secret), revoked_at=None)
    token = rows.filter(user__is_active=True).first()
    if token and (token.last_used_at is None or token.last_used_at < now - USE_RECORDED_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token
