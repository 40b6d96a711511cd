"""``bottega key``: the API keys that open an endpoint."""

from typing import Annotated

import typer

from bottega.cli.output import Output, show
from bottega.cli.session import OutputOption, ProjectOption, client, project_of
from bottega.client import Client

app = typer.Typer(no_args_is_help=True)
Endpoint = Annotated[str, typer.Argument(help="The endpoint.")]


@app.command()
def create(
    endpoint: Endpoint,
    name: Annotated[str, typer.Option(help="Who or what will use the key.")],
    *,
    project: ProjectOption = "",
) -> None:
    """Make a key and print it; it is shown this once."""
    api = client()
    typer.echo(api.post(_path(api, project, endpoint), {"name": name})["key"])


@app.command("list")
def show_all(endpoint: Endpoint, *, project: ProjectOption = "", output: OutputOption = Output.TABLE) -> None:
    """Show the keys in use, each by its last characters."""
    api = client()
    show(list(api.pages(_path(api, project, endpoint))), output, ("id", "name", "hint", "created_by", "created_at"))


@app.command()
def revoke(
    endpoint: Endpoint,
    key: Annotated[str, typer.Argument(help="The key's id, as `bottega key list` shows it.")],
    *,
    project: ProjectOption = "",
) -> None:
    """End a key: the serving nodes refuse it within seconds."""
    api = client()
    api.delete(f"{_path(api, project, endpoint)}/{key}")
    typer.echo("revoked")


def _path(api: Client, project: str, endpoint: str) -> str:
    return f"/projects/{project_of(api, project)}/endpoints/{endpoint}/keys"
