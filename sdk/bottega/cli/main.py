"""Builds the ``bottega`` command from every installed member's entry point in ``bottega.commands``."""

import logging
import sys
from importlib.metadata import entry_points, version

import typer

from bottega.problems import ProblemError

GROUP = "bottega.commands"


def build() -> typer.Typer:
    """Return the command with the commands of all installed members."""
    app = typer.Typer(
        name="bottega",
        help="Bottega: from raw tables to a model that answers.",
        no_args_is_help=True,
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        member: typer.Typer = point.load()
        app.registered_commands += member.registered_commands
        app.registered_groups += member.registered_groups
    return app


def main() -> None:
    """Run the command; an error that a user can act on is printed, not raised."""
    logging.getLogger("stamina").setLevel(logging.ERROR)  # retries are told by how they end
    try:
        build()()
    except ProblemError as error:
        sys.stderr.write(render(error) + "\n")
        sys.exit(1)


def render(error: ProblemError) -> str:
    """Return a problem as lines for a terminal: what is wrong, each fault, and a hint."""
    problem = error.problem
    lines = [f"error: {problem.title} ({problem.code})"]
    if problem.errors:
        lines += [f"  {fault.pointer or fault.code}: {fault.detail}" for fault in problem.errors]
    else:
        lines += [f"  {line}" for line in problem.detail.splitlines()]
    if problem.hint:
        lines.append(f"  try: {problem.hint}")
    return "\n".join(lines)


def _root(
    *,
    show_version: bool = typer.Option(False, "--version", help="Print the version and leave."),
) -> None:
    if show_version:
        typer.echo(f"bottega {version('bottega')}")
        raise typer.Exit
