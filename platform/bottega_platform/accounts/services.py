"""Signing in by link, API tokens, the first admin."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bottega_platform.accounts import tokens
from bottega_platform.accounts.errors import LinkInvalid
from bottega_platform.accounts.models import ApiToken, FailedSignIn, SignInLink, TokenScope, User
from bottega_platform.api.errors import RateLimited
from bottega_platform.audit import services as audit

LINK_LIFE = timedelta(minutes=15)
FIRST_ADMIN = "admin"
MAX_FAILURES = 20
FAILURE_WINDOW = timedelta(minutes=10)


def create_link(*, user: User | None = None, life: timedelta = LINK_LIFE) -> str:
    """Return the secret of a new one-time sign-in link; without ``user`` it admits the first admin."""
    secret = tokens.new_secret("btl_")
    SignInLink.objects.create(user=user, digest=tokens.digest(secret), expires_at=timezone.now() + life)
    return secret


def link_url(secret: str) -> str:
    """Return the address to open; what follows # never reaches a log."""
    return f"{settings.ENV.public_url}/signin#{secret}"


@transaction.atomic
def redeem_link(*, secret: str) -> User:
    """Use a link up and return whom it signs in.

    Raises:
        LinkInvalid: the link is unknown, used or too old.
    """
    now = timezone.now()
    found = SignInLink.objects.filter(digest=tokens.digest(secret), used_at=None, expires_at__gt=now)
    link = found.select_for_update().first()
    if link is None or (link.user is not None and not link.user.is_active):
        raise LinkInvalid("It is unknown, used or too old. Ask for a new one; “bottega user link NAME” makes it.")
    link.used_at = now
    link.save(update_fields=["used_at"])
    user = link.user or first_admin()
    audit.record(actor=user, project=None, action="session.start", subject=user)
    return user


def first_admin() -> User:
    """Return the first platform admin, created when there is none."""
    admin = User.objects.filter(is_platform_admin=True, is_active=True).order_by("created_at").first()
    if admin is None:
        admin = User.objects.create_user(FIRST_ADMIN, display_name="Administrator", is_platform_admin=True)
        audit.record(actor=None, project=None, action="user.create", subject=admin, after={"username": admin.username})
    return admin


def create_user(*, username: str, display_name: str = "", is_platform_admin: bool = False) -> User:
    """Create a user; who made it stands in the audit trail."""
    user = User.objects.create_user(username, display_name=display_name, is_platform_admin=is_platform_admin)
    audit.record(actor=None, project=None, action="user.create", subject=user, after={"username": username})
    return user


@transaction.atomic
def create_token(
    *, user: User, name: str, scope: str = TokenScope.WRITE, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is never shown again."""
    secret = tokens.new_secret()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=tokens.digest(secret),
        hint=secret[:8],
        scope=scope,
        expires_at=expires_at,
    )
    after = {"name": name, "scope": scope, "expires_at": expires_at.isoformat() if expires_at else None}
    audit.record(actor=user, project=None, action="token.create", subject=token, after=after)
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User) -> None:
    """Make a token useless from now on."""
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    audit.record(actor=actor, project=None, action="token.revoke", subject=token, before={"name": token.name})


def check_rate(*, address: str) -> None:
    """Refuse an address that failed too often.

    Raises:
        RateLimited: with the seconds to wait.
    """
    since = timezone.now() - FAILURE_WINDOW
    failures = FailedSignIn.objects.filter(address=address, at__gt=since)
    if failures.count() >= MAX_FAILURES:
        oldest = failures.order_by("at").values_list("at", flat=True)[0]
        wait = int((oldest - since).total_seconds()) + 1
        raise RateLimited(f"Too many bad sign-ins from here. Try again in {wait} seconds.", retry_after=wait)


def note_failure(*, address: str) -> None:
    """Count one bad sign-in, and forget old ones."""
    FailedSignIn.objects.create(address=address)
    FailedSignIn.objects.filter(Q(at__lt=timezone.now() - 2 * FAILURE_WINDOW)).delete()
