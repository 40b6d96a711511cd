"""Signing in and out, who am I, API tokens."""

from typing import Any

from django.contrib.auth import login, logout
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.utils import timezone

from bottega.problems import Fault
from bottega_platform.accounts import services
from bottega_platform.accounts.api.schemas import Me, MyProject, SessionIn, TokenIn, TokenOut, token_out, user_out
from bottega_platform.accounts.errors import LinkInvalid
from bottega_platform.accounts.models import ApiToken, User
from bottega_platform.api import context, pagination, responses, specs
from bottega_platform.api.errors import Forbidden, Invalid, NotFound
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ApiView
from bottega_platform.audit import services as audit
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Membership, Project, Role

BACKEND = "bottega_platform.accounts.backends.LinkBackend"


class SessionView(ApiView):
    """The console's session: everyone may try to open one, who has one may end it."""

    atomic = False
    public = frozenset({"POST"})

    @operation("sign_in", "Open a session with a one-time link", request=SessionIn, response=Me)
    def post(self, request: Any) -> HttpResponse:
        """Use the link up and set the session cookie."""
        address = request.META.get("REMOTE_ADDR", "")
        services.check_rate(address=address)
        body = specs.decode(SessionIn, request.data)
        try:
            user = services.redeem_link(secret=body.link_token)
        except LinkInvalid:
            services.note_failure(address=address)
            raise
        login(request._request, user, backend=BACKEND)  # noqa: SLF001 - Django's request below the framework's
        get_token(request._request)  # noqa: SLF001
        return responses.ok(me_of(user))

    @operation("sign_out", "End the session", status=204)
    def delete(self, request: Any) -> HttpResponse:
        """End the session of the cookie."""
        audit.record(actor=self.actor, project=None, action="session.end", subject=self.actor)
        logout(request._request)  # noqa: SLF001
        return responses.empty()


class MyView(ApiView):
    """Who is signed in."""

    @operation("get_me", "Who is signed in, with projects and roles", response=Me)
    def get(self, request: Any) -> HttpResponse:
        """Answer the user and their projects; also hands out the CSRF cookie."""
        get_token(request._request)  # noqa: SLF001
        return responses.ok(me_of(self.actor))


class TokensView(ApiView):
    """My API tokens."""

    @operation("list_tokens", "My API tokens", page=TokenOut)
    def get(self, request: Any) -> HttpResponse:
        """Answer my tokens that are not revoked."""
        rows = ApiToken.objects.filter(user=self.actor, revoked_at=None)
        return pagination.page(request, rows, token_out, sortable=("name",))

    @operation("create_token", "Make an API token", request=TokenIn, response=TokenOut, status=201)
    def post(self, request: Any) -> HttpResponse:
        """Make a token; its secret stands in this answer only."""
        body = specs.decode(TokenIn, request.data)
        _check_expiry(body)
        if request.auth is not None and request.auth.expires_at is not None:
            raise Forbidden("A token that ends may not make new ones. Sign in to the console for that.")
        token, secret = services.create_token(
            user=self.actor, name=body.name, scope=body.scope, expires_at=body.expires_at
        )
        return responses.created(token_out(token, secret=secret), f"/api/v1/tokens/{token.id}")


class TokenView(ApiView):
    """One of my API tokens."""

    @operation("revoke_token", "Revoke one of my API tokens", status=204)
    def delete(self, request: Any, token: str) -> HttpResponse:
        """Make the token useless from now on."""
        found = ApiToken.objects.filter(user=self.actor, pk=token, revoked_at=None).first()
        if found is None:
            raise NotFound("You have no such token.")
        services.revoke_token(token=found, actor=self.actor)
        return responses.empty()


def me_of(user: User) -> Me:
    """Render who is signed in."""
    roles = dict(Membership.objects.filter(user=user).values_list("project_id", "role"))
    projects = [_mine(project, user, roles) for project in Project.objects.visible_to(user).order_by("slug")]
    return Me(
        user=user_out(user),
        is_platform_admin=user.is_platform_admin,
        channel=context.current().channel,
        projects=projects,
    )


def _mine(project: Project, user: User, roles: dict[str, str]) -> MyProject:
    role = Role.ADMIN if user.is_platform_admin else Role(roles[project.id])
    actions = permissions.allowed_actions(role, permissions.PROJECT_ACTIONS)
    return MyProject(id=project.id, slug=project.slug, name=project.name, role=role.value, allowed_actions=actions)


def _check_expiry(body: TokenIn) -> None:
    if body.expires_at is not None and body.expires_at <= timezone.now():
        detail = "expires_at is a time to come, with its offset (2030-01-31T00:00:00Z)."
        fault = Fault(code="invalid_value", detail=detail, pointer="/expires_at")
        raise Invalid(detail, code="spec_invalid", errors=[fault])
