"""What every command needs: the signed-in client, and which project is meant."""

from typing import Annotated

import typer

from bottega.cli.output import Output
from bottega.client import Client, connect, credentials
from bottega.problems import ProblemError

ProjectOption = Annotated[
    str, typer.Option("--project", "-p", envvar="BOTTEGA_PROJECT", help="The project; not needed where you have one.")
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to print it.")]
WaitOption = Annotated[bool, typer.Option(help="Wait for the job's end, showing its progress.")]


class ProjectUnnamed(ProblemError):
    """No project was named, and there is none or more than one."""

    code = "project_unnamed"
    title = "Which project?"


def client() -> Client:
    """Return the signed-in client."""
    return connect().client


def project_of(api: Client, named: str) -> str:
    """Return the project named, or the only one there is.

    Raises:
        ProjectUnnamed: there is none, or more than one.
    """
    kept = credentials.project_of(api.url, named)
    if kept:
        return kept
    slugs = [project["slug"] for project in api.pages("/projects", limit=100)]
    if len(slugs) == 1:
        return str(slugs[0])
    known = f"You are in {', '.join(slugs)}." if slugs else "You are in no project yet."
    raise ProjectUnnamed(known, hint="--project NAME, or the variable BOTTEGA_PROJECT")
