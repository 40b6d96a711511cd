"""``bottega user``: who may come in."""

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import typer
import yaml

from bottega.problems import ProblemError
from bottega_platform.cli import manage
from bottega_platform.config.env import load
from bottega_platform.embedded.process import ServiceFailedError

app = typer.Typer(name="user", help="Add, list, disable and enable users.", no_args_is_help=True)
Output = Annotated[Literal["table", "json", "yaml"], typer.Option("--output", "-o", help="How to print it.")]
Name = Annotated[str, typer.Argument(help="User name or e-mail address.")]
_COLUMNS = ("username", "email", "state", "platform_admin", "roles")


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    *,
    admin: Annotated[bool, typer.Option("--admin", help="May do everything, on every project.")] = False,
    output: Output = "table",
) -> None:
    """Create an account and print its one-time sign-in link. Roles are given on a project's members page."""
    _show(_run("add", email, *(["--admin"] if admin else [])), output)


@app.command("list")
def list_users(*, output: Output = "table") -> None:
    """Show every account: state and roles."""
    _show(_run("list"), output)


@app.command()
def disable(name: Name, *, output: Output = "table") -> None:
    """End somebody's access at once: sessions, tokens and links. What they made stays."""
    _show(_run("disable", name), output)


@app.command()
def enable(name: Name, *, output: Output = "table") -> None:
    """Give a disabled account its access back."""
    _show(_run("enable", name), output)


@app.command()
def link(name: Name, *, output: Output = "table") -> None:
    """Print a new one-time sign-in link for somebody; their earlier, unused ones end."""
    _show(_run("link", name), output)


def _run(*arguments: str) -> Any:
    env = load()
    manage.need_database(env)
    done = manage.run_django(env, "user", *arguments)
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0:
        return json.loads(lines[-1])
    if not lines:
        raise ServiceFailedError(f"`user {arguments[0]}` failed:\n{done.stderr.strip()[-2000:]}")
    problem = json.loads(lines[-1])["problem"]
    raise ProblemError(problem["detail"], code=problem["code"], title=problem["title"], status=problem["status"])


def _show(document: Any, output: str) -> None:
    if output == "json":
        typer.echo(json.dumps(document, indent=2))
    elif output == "yaml":
        typer.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True).rstrip())
    elif isinstance(document, list):
        for line in _table(document):
            typer.echo(line)
    else:
        typer.echo(_sentence(document))


def _sentence(document: dict[str, Any]) -> str:
    user = document["user"]
    lines = [f"{user['username']} <{user['email'] or 'no e-mail'}> is {user['state']}"]
    if "link" in document:
        lines += [f"sign in once by   {document['link']}", f"works until       {document['expires_at']}"]
    return "\n".join(lines)


def _table(rows: list[dict[str, Any]]) -> Iterable[str]:
    shown = [
        [column.replace("_", " ") for column in _COLUMNS],
        *([_text(row[name]) for name in _COLUMNS] for row in rows),
    ]
    widths = [max(len(line[place]) for line in shown) for place in range(len(_COLUMNS))]
    for line in shown:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{project}: {role}" for project, role in value.items()) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value else "none"
