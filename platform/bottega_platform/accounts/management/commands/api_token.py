"""Print a new API token: ``manage.py api_token --name demo``."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bottega_platform.accounts import services
from bottega_platform.accounts.models import TokenScope, User


class Command(BaseCommand):
    """Makes a token for somebody who can already run commands on this machine."""

    help = "Print a new API token. Without --user it is the platform administrator's."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--user", help="whose token it is")
        parser.add_argument("--name", default="command line", help="what it is for")
        parser.add_argument("--scope", choices=TokenScope.values, default=TokenScope.WRITE.value)
        parser.add_argument("--days", type=int, help="days until it ends")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Print the secret."""
        ends = timezone.now() + timedelta(days=options["days"]) if options["days"] else None
        _, secret = services.create_token(
            user=self._user(options["user"]), name=options["name"], scope=options["scope"], expires_at=ends
        )
        self.stdout.write(secret)

    def _user(self, name: str | None) -> User:
        if name is None:
            return services.first_admin()
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no user {name!r}.")
        return user
