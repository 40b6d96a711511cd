"""Print a one-time sign-in link: ``manage.py signin_link [--user NAME]``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bottega_platform.accounts import services
from bottega_platform.accounts.models import User


class Command(BaseCommand):
    """Makes a link that works once, for a quarter of an hour."""

    help = "Print a one-time sign-in link. Without --user it is the platform administrator's."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--user", help="whom the link signs in")
        parser.add_argument("--create", action="store_true", help="create the user when there is none")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Print the link."""
        secret = services.create_link(user=self._user(options["user"], create=options["create"]))
        self.stdout.write(services.link_url(secret))

    def _user(self, name: str | None, *, create: bool) -> User | None:
        if name is None:
            return None
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None and create:
            return services.create_user(username=name)
        if user is None:
            raise CommandError(f"There is no user {name!r}. Add --create to make one.")
        return user
