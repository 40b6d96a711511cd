"""``doctor``: is this machine fit, and what to do where it is not."""

import json
from typing import Annotated, Literal

import typer

from bottega_platform.cli.checks import FAILED, Check, all_checks
from bottega_platform.config.env import load

_MARKS = {"ok": "ok  ", "warning": "warn", FAILED: "FAIL"}


def doctor(
    *,
    output: Annotated[Literal["table", "json"], typer.Option("--output", "-o", help="How to print it.")] = "table",
) -> None:
    """Check this machine: Java, Node, libraries, ports, disk, permissions, clock."""
    checks = all_checks(load())
    if output == "json":
        typer.echo(json.dumps([_as_dict(check) for check in checks], indent=2))
    else:
        for check in checks:
            typer.echo(f"{_MARKS[check.state]}  {check.name:<12} {check.detail}")
            if check.fix:
                typer.echo(f"{'':18} fix: {check.fix}")
    raise typer.Exit(1 if any(check.state == FAILED for check in checks) else 0)


def _as_dict(check: Check) -> dict[str, str]:
    return {"name": check.name, "state": check.state, "detail": check.detail, "fix": check.fix}
