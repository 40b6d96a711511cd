"""``manage.py sweep``: remove what nothing points at any more."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bottega_platform.sweep import sweepers

EXAMPLES = 100


class Command(BaseCommand):
    """Mark what is pointed at, remove what is not and is older than a grace; say what went."""

    help = "Remove what nothing points at: staged branches and files, blobs, scratch folders, old sign-ins."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("-o", "--output", choices=["table", "json"], default="table")
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and leave it")
        hours = sweepers.GRACE.total_seconds() / 3600
        parser.add_argument("--grace-hours", type=float, default=hours, help="leave what was written since")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Sweep and print each thing that went, or would go."""
        if not 0 <= options["grace_hours"] <= 24 * 365:
            raise CommandError("--grace-hours is a number from 0 to 8760")
        swept = sweepers.run(grace=timedelta(hours=options["grace_hours"]), dry_run=options["dry_run"])
        if options["output"] == "json":
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], **_document(swept)}, indent=2))
        else:
            self._print(swept, "would go" if options["dry_run"] else "gone")

    def _print(self, swept: Iterable[sweepers.Swept], word: str) -> None:
        count = size = 0
        for item in swept:
            count, size = count + 1, size + item.bytes
            self.stdout.write(f"{item.sweeper:16}{item.bytes:>14,}  {item.subject}")
        self.stdout.write(f"{word}: {count:,} things, {size:,} bytes")


def _document(swept: Iterable[sweepers.Swept]) -> dict[str, Any]:
    """Return totals of each sweeper, with the first of what went."""
    totals: dict[str, Any] = {name: {"count": 0, "bytes": 0, "subjects": []} for name in sweepers.names()}
    for item in swept:
        total = totals[item.sweeper]
        total["count"] += 1
        total["bytes"] += item.bytes
        if len(total["subjects"]) < EXAMPLES:
            total["subjects"].append(item.subject)
    return {"sweepers": totals}
