"""People come and go: invitations by e-mail, new links, disabled accounts. Everything is audited."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from bottega.problems import Fault
from bottega_platform.accounts import services
from bottega_platform.accounts.errors import EmailTaken, LastPlatformAdmin
from bottega_platform.accounts.models import SignInLink, User
from bottega_platform.api.errors import Conflict, Invalid
from bottega_platform.audit import services as audit

INVITATION_LIFE = timedelta(days=3)
MAX_STEM = 50
MAX_EMAIL = 254
_UNFIT = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True)
class Link:
    """A one-time sign-in link: shown once, kept as a hash only."""

    secret: str
    expires_at: datetime


def clean_email(text: str, *, pointer: str = "/email") -> str:
    """Return the address in small letters, as accounts keep it.

    Raises:
        Invalid: ``bad_email``, when it is no address.
    """
    email = text.strip().lower()
    if len(email) <= MAX_EMAIL and _is_email(email):
        return email
    detail = "This is no e-mail address. Write it as name@example.org."
    raise Invalid(detail, code="bad_email", errors=[Fault("bad_email", detail, pointer, got=text[:80])])


@transaction.atomic
def add_user(*, actor: User | None, email: str, is_platform_admin: bool = False) -> tuple[User, Link]:
    """Create the account of an e-mail address and its first sign-in link.

    Raises:
        Invalid: the address is none.
        EmailTaken: an account has it already.
    """
    email = clean_email(email)
    if User.objects.filter(email=email).exists():
        raise EmailTaken(email)
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                free_username(email), display_name=email, email=email, is_platform_admin=is_platform_admin
            )
    except IntegrityError as error:
        raise EmailTaken(email) from error
    after = {"username": user.username, "email": email, "is_platform_admin": is_platform_admin}
    audit.record(actor=actor, project=None, action="user.create", subject=user, after=after)
    return user, new_link(actor=actor, user=user)


@transaction.atomic
def new_link(*, actor: User | None, user: User) -> Link:
    """Make a sign-in link for somebody else; their earlier, unused ones end.

    Raises:
        Conflict: ``user_disabled``.
    """
    if not user.is_active:
        raise Conflict(f"{user.username} is disabled. Enable the account first.", code="user_disabled")
    SignInLink.objects.filter(user=user, used_at=None).delete()
    secret = services.create_link(user=user, life=INVITATION_LIFE)
    expires_at = timezone.now() + INVITATION_LIFE
    audit.record(
        actor=actor, project=None, action="link.create", subject=user, after={"expires_at": expires_at.isoformat()}
    )
    return Link(secret, expires_at)


@transaction.atomic
def disable_user(*, actor: User | None, user: User, reason: str = "") -> None:
    """End somebody's access: sessions, tokens and links stop working at once; what they made stays.

    Raises:
        LastPlatformAdmin: nobody would be left to enable the account again.
    """
    others = User.objects.select_for_update().filter(is_platform_admin=True, is_active=True).exclude(pk=user.pk)
    if user.is_platform_admin and not others:
        raise LastPlatformAdmin(f"{user.username} is the last platform admin. Make another one first.")
    SignInLink.objects.filter(user=user, used_at=None).delete()
    _set_active(actor, user, active=False, reason=reason)


def enable_user(*, actor: User | None, user: User, reason: str = "") -> None:
    """Give a disabled account its access back, with the roles it had."""
    _set_active(actor, user, active=True, reason=reason)


def find_user(name: str) -> User | None:
    """Return the user with this name or e-mail address, disabled ones too."""
    return User.objects.filter(username=name).first() or User.objects.filter(email=name.strip().lower() or "-").first()


def free_username(email: str) -> str:
    """Return a name nobody has: what stands before the @, with a number when it is taken."""
    stem = _UNFIT.sub("-", email.rpartition("@")[0]).strip("-._")[:MAX_STEM] or "user"
    taken = set(User.objects.filter(username__startswith=stem).values_list("username", flat=True))
    number = 1
    while (name := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return name


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


@transaction.atomic
def _set_active(actor: User | None, user: User, *, active: bool, reason: str) -> None:
    before = {"is_active": user.is_active}
    user.is_active = active
    user.save(update_fields=["is_active"])
    action = "user.enable" if active else "user.disable"
    audit.record(
        actor=actor,
        project=None,
        action=action,
        subject=user,
        before=before,
        after={"is_active": active},
        reason=reason,
    )
