"""Guarding plain asynchronous views (event streams): the same rules as :class:`ProjectView`, as functions."""

from typing import Any

from asgiref.sync import sync_to_async

from bottega_platform.accounts.models import User
from bottega_platform.api import auth
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Project, Role


def enter_project(request: Any, slug: str, needed: Role = Role.VIEWER) -> tuple[User, Project]:
    """Return who asks and the project; raise 401, 404 or 403 as the REST views do."""
    user = auth.user_of(request)
    project, role = permissions.enter(user, slug)
    permissions.require(role, needed, project=project)
    return user, project


async def aenter_project(request: Any, slug: str, needed: Role = Role.VIEWER) -> tuple[User, Project]:
    """Do :func:`enter_project` off the event loop."""
    entered: tuple[User, Project] = await sync_to_async(_closing(enter_project))(request, slug, needed)
    return entered


async def auser_of(request: Any) -> User:
    """Return who asks; raise 401 when nobody is signed in."""
    user: User = await sync_to_async(_closing(auth.user_of))(request)
    return user


def _closing(function: Any) -> Any:
    """Give the thread's database connection back afterwards: a stream may last for hours."""
    from django.db import connection

    def called(*args: Any) -> Any:
        try:
            return function(*args)
        finally:
            if not connection.in_atomic_block:
                connection.close()

    return called
