"""What tests of endpoints share: people with roles, and a client that speaks JSON with a token."""

import warnings
from typing import Any, cast

import msgspec
from django.http import HttpResponse
from django.test import Client

from bottega_platform.accounts import services as accounts
from bottega_platform.accounts.models import User
from bottega_platform.projects import services as projects
from bottega_platform.projects.models import Membership, Project, Role

BASE = "/api/v1"


class ApiClient:
    """Sends JSON to addresses below ``/api/v1`` with a bearer token, through the whole middleware."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.django = Client(raise_request_exception=False)

    def send(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: Any
    ) -> HttpResponse:
        """Send one request; ``headers`` are written ``If_Match="…"``."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        data = raw if raw is not None else (b"" if body is None else msgspec.json.encode(body))
        kind = sent.pop("Content-Type", "application/json")
        address = path if path.startswith("/api/") else BASE + path
        answer: Any = self.django.generic(method, address, data, content_type=kind, headers=sent)
        return cast("HttpResponse", answer)

    def get(self, path: str, **headers: Any) -> HttpResponse:
        """Send a GET."""
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: Any) -> HttpResponse:
        """Send a POST."""
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: Any) -> HttpResponse:
        """Send a PUT."""
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: Any) -> HttpResponse:
        """Send a PATCH."""
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: Any) -> HttpResponse:
        """Send a DELETE."""
        return self.send("DELETE", path, **headers)


def body_of(answer: Any) -> bytes:
    """Return the whole body of a streamed answer, collected as no server would."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume", category=Warning)
        return b"".join(answer)


def make_user(username: str, *, is_platform_admin: bool = False) -> User:
    """Return the user of this name, made when new."""
    known = User.objects.filter(username=username).first()
    return known or accounts.create_user(username=username, is_platform_admin=is_platform_admin)


def make_project(slug: str = "harbour") -> Project:
    """Return the project of this slug, made when new; its admin is “owner”."""
    known = Project.objects.live().filter(slug=slug).first()
    return known or projects.create_project(actor=make_user("owner"), slug=slug)


def client_of(user: User, *, scope: str = "write") -> ApiClient:
    """Return a client with a new token of the user."""
    _, secret = accounts.create_token(user=user, name="test", scope=scope)
    return ApiClient(secret)


def client_as(role: Role, project: Project, *, scope: str = "write") -> ApiClient:
    """Return the client of a member with this role."""
    user = make_user(f"{project.slug}-{role.value}")
    Membership.objects.update_or_create(project=project, user=user, defaults={"role": role})
    return client_of(user, scope=scope)
