"""Check the audit trail: ``manage.py audit verify``."""

from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bottega_platform.audit import services


class Command(BaseCommand):
    """Walks every chain and names rows that were changed, added or removed."""

    help = "Check that nobody changed the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("what", choices=["verify"])

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Verify; exit 1 when something is wrong."""
        broken = list(islice(services.broken(), 20))
        for entry in broken:
            self.stderr.write(f"broken at {entry.chain} {entry.position}: {entry.action} {entry.subject}")
        if broken:
            raise CommandError("The audit trail was changed.")
        self.stdout.write("The audit trail is whole.")
