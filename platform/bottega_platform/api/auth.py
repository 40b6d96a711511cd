"""Who is asking: API tokens, console sessions, serving nodes."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.crypto import constant_time_compare
from rest_framework import authentication
from rest_framework.permissions import BasePermission

from bottega_platform.accounts import tokens
from bottega_platform.accounts.models import ApiToken, TokenScope, User
from bottega_platform.api import context
from bottega_platform.api.errors import Forbidden, Unauthenticated

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def bearer(request: Any) -> str | None:
    """Return the bearer credential of the request."""
    kind, _, credential = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return credential.strip() if kind.lower() == "bearer" else None


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer btg_…``."""

    def authenticate(self, request: Any) -> tuple[User, ApiToken] | None:
        """Return the token's user, or None when there is no bearer credential."""
        secret = bearer(request)
        if secret is None:
            return None
        token = tokens.find(secret)
        if token is None:
            raise Unauthenticated("This token is unknown, expired or revoked. Make a new one.", code="token_invalid")
        remember(token.user, token)
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        """Name the scheme, so that missing credentials answer 401."""
        return 'Bearer realm="bottega"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The console's cookie; writes need the CSRF header."""

    def authenticate(self, request: Any) -> tuple[User, None] | None:
        """Return the signed-in user."""
        found = super().authenticate(request)
        if found is not None:
            remember(found[0], None)
        return found

    def enforce_csrf(self, request: Any) -> None:
        """Check Django's own request: the framework's reads the body for ``POST``, and then nobody else can."""
        super().enforce_csrf(getattr(request, "_request", request))


class Nobody(BasePermission):
    """The default permission: a view that says nothing is closed."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Refuse."""
        return False


class SignedIn(BasePermission):
    """Anyone who is signed in."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Tell whether somebody is signed in."""
        return isinstance(request.user, User) and request.user.is_active


def remember(user: User, token: ApiToken | None) -> None:
    """Put the actor into the request's context, for audit and logs."""
    present = context.current()
    present.actor = user
    present.token_id = token.id if token else ""
    present.channel = "token" if token else "console"


def check_scope(request: Any, needed: str) -> None:
    """Refuse a token whose scope is too narrow."""
    token = request.auth
    if isinstance(token, ApiToken) and needed == TokenScope.WRITE and token.scope != TokenScope.WRITE:
        raise Forbidden("This token may only read. Use one with the scope “write”.", code="scope_missing")


def check_origin(request: Any) -> None:
    """Refuse a write that a page of another site sent with the browser's cookies."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or request.method in SAFE or bearer(request) is not None:
        return
    if origin != f"{request.scheme}://{request.get_host()}":
        raise Forbidden("This request comes from another site.", code="cross_origin")


def user_of(request: Any) -> User:
    """Authenticate a plain (also asynchronous) view's request; raise when nobody is signed in."""
    found = TokenAuthentication().authenticate(request)
    if found is not None:
        return found[0]
    user = getattr(request, "user", AnonymousUser())
    if not isinstance(user, User) or not user.is_active:
        raise Unauthenticated("Sign in, or send an API token as a bearer token.")
    remember(user, None)
    return user


def check_node(request: Any) -> None:
    """Refuse anyone who does not hold the serving nodes' secret."""
    secret = bearer(request)
    expected = settings.NODE_SECRET_FILE.read_text().strip()
    if secret is None or not constant_time_compare(secret, expected):
        raise Unauthenticated("Send the node secret as a bearer token.", code="node_unknown")
    context.current().channel = "node"
