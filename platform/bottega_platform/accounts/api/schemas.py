"""Shapes of the session, me and token endpoints."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from bottega_platform.accounts.models import ApiToken, User

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class SessionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of a one-time sign-in link."""

    link_token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class UserOut(msgspec.Struct, frozen=True):
    """A user, as everyone may see them."""

    id: str
    username: str
    display_name: str


class MyProject(msgspec.Struct, frozen=True):
    """A project that I am in, and what I may do there."""

    id: str
    slug: str
    name: str
    role: str
    allowed_actions: list[str]


class Me(msgspec.Struct, frozen=True):
    """Who is signed in."""

    user: UserOut
    is_platform_admin: bool
    channel: str
    projects: list[MyProject]


class TokenIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new token: what it is for, what it may do, when it ends."""

    name: Name
    scope: Literal["read", "write"] = "write"
    expires_at: datetime | None = None


class TokenOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token; ``secret`` stands in the answer to its creation only."""

    id: str
    name: str
    hint: str
    scope: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    allowed_actions: list[str]
    secret: str | None = None


def user_out(user: User) -> UserOut:
    """Render a user."""
    return UserOut(id=user.id, username=user.username, display_name=user.display_name)


def token_out(token: ApiToken, *, secret: str | None = None) -> TokenOut:
    """Render a token."""
    return TokenOut(
        id=token.id,
        name=token.name,
        hint=token.hint,
        scope=token.scope,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        allowed_actions=["revoke"],
        secret=secret,
    )
