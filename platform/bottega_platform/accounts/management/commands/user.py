"""Users from the command line: ``manage.py user add|list|disable|enable|link``; ``bottega user`` calls it."""

import getpass
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bottega.problems import ProblemError
from bottega_platform.accounts import people, services
from bottega_platform.accounts.models import User
from bottega_platform.accounts.people import Link
from bottega_platform.api import context
from bottega_platform.api.errors import NotFound


class Command(BaseCommand):
    """For who may run commands on the platform's machine; prints one JSON document."""

    help = "Add, list, disable and enable users, and make sign-in links."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the verbs and what each takes."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add")
        add.add_argument("email")
        add.add_argument("--admin", action="store_true")
        verbs.add_parser("list")
        for verb in ("disable", "enable", "link"):
            verbs.add_parser(verb).add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Do it, and print the outcome."""
        present = context.begin("")
        present.channel, present.reason = "cli", f"by {getpass.getuser()} on the platform's machine"
        try:
            document = getattr(self, f"_{options['verb']}")(options)
        except ProblemError as error:
            self.stdout.write(json.dumps({"problem": error.problem.as_dict()}))
            raise SystemExit(1) from error
        self.stdout.write(json.dumps(document))

    def _add(self, options: dict[str, Any]) -> dict[str, Any]:
        user, link = people.add_user(actor=None, email=options["email"], is_platform_admin=options["admin"])
        return {"user": _row(user), **_shown(link)}

    def _list(self, options: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: ARG002
        return [_row(user) for user in User.objects.order_by("created_at").prefetch_related("memberships__project")]

    def _disable(self, options: dict[str, Any]) -> dict[str, Any]:
        user = _named(options["name"])
        people.disable_user(actor=None, user=user)
        return {"user": _row(user)}

    def _enable(self, options: dict[str, Any]) -> dict[str, Any]:
        user = _named(options["name"])
        people.enable_user(actor=None, user=user)
        return {"user": _row(user)}

    def _link(self, options: dict[str, Any]) -> dict[str, Any]:
        user = _named(options["name"])
        return {"user": _row(user), **_shown(people.new_link(actor=None, user=user))}


def _named(name: str) -> User:
    user = people.find_user(name)
    if user is None:
        raise NotFound(f"There is no user “{name}”. See “bottega user list”.", code="user_not_found")
    return user


def _row(user: User) -> dict[str, Any]:
    roles = {member.project.slug: member.role for member in user.memberships.all() if member.project.deleted_at is None}
    return {
        "username": user.username,
        "email": user.email,
        "state": user.state,
        "platform_admin": user.is_platform_admin,
        "roles": roles,
        "last_signed_in": user.last_login.isoformat() if user.last_login else None,
    }


def _shown(link: Link) -> dict[str, str]:
    return {"link": services.link_url(link.secret), "expires_at": link.expires_at.isoformat()}
