"""``manage.py verify``: check the platform's invariants."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bottega_platform.jobs import verify


class Command(BaseCommand):
    """Check that no promise is broken; ends with status 1 when one is."""

    help = "Check the invariants: live leases, one effect per job, delivered outbox, complete artifacts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("-o", "--output", choices=["table", "json"], default="table")
        parser.add_argument("--at-rest", action="store_true", help="nothing is under way: give no grace")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Run all checks and print what is broken."""
        violations = verify.verify(at_rest=options["at_rest"])
        if options["output"] == "json":
            document = {"checks": verify.names(), "violations": [asdict(item) for item in violations]}
            self.stdout.write(json.dumps(document, indent=2))
        else:
            self.stdout.write("\n".join(_table(violations)))
        if violations:
            raise CommandError(f"{len(violations)} violations", returncode=1)


def _table(violations: list[verify.Violation]) -> list[str]:
    broken = {item.check for item in violations}
    lines = [f"{'BROKEN' if name in broken else 'ok':8}{name}" for name in verify.names()]
    return lines + [f"{item.check}: {item.subject}: {item.detail}" for item in violations]
