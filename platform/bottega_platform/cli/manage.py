"""Commands that run one of the control plane's own: ``verify``, ``sweep``, ``demo`` and the one-time link."""

import contextlib
import subprocess
import sys
import tomllib
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from bottega_platform.config.env import Env, load
from bottega_platform.embedded.process import ServiceFailedError
from bottega_platform.supervisor import control
from bottega_platform.supervisor import state as states
from bottega_platform.supervisor.control import NotRunningError
from bottega_platform.supervisor.programs import inherited

Output = Annotated[Literal["table", "json"], typer.Option("--output", "-o", help="How to print it.")]


def verify(
    *,
    at_rest: Annotated[bool, typer.Option("--at-rest", help="Nothing is under way: give no grace.")] = False,
    output: Output = "table",
) -> None:
    """Check that what is stored agrees with itself: rows, blobs, tables, online store."""
    _hand_over("verify", "--output", output, *(["--at-rest"] if at_rest else []))


def sweep(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and leave it.")] = False,
    grace_hours: Annotated[float, typer.Option(min=0, max=8760, help="Leave what was written since.")] = 24,
    output: Output = "table",
) -> None:
    """Remove what nothing points at: staged branches and files, blobs, scratch folders, old sign-ins."""
    arguments = ["--output", output, "--grace-hours", str(grace_hours), *(["--dry-run"] if dry_run else [])]
    _hand_over("sweep", *arguments)


def _hand_over(*arguments: str) -> NoReturn:
    """Let a management command speak for itself, and end as it does."""
    env = load()
    _need_running(env)
    done = subprocess.run([*_DJANGO, *arguments], env=inherited(env), check=False)
    raise typer.Exit(done.returncode)


def demo(
    example: Annotated[
        str, typer.Argument(help="Name of an example, or its folder; left out, the only one there is.")
    ] = "",
) -> None:
    """Run an example through the whole loop on the running platform."""
    env = load()
    _need_running(env)
    folder = find_example(example)
    script = tomllib.loads((folder / "demo.toml").read_text())["run"]
    arguments = ["--url", env.url, "--serving-url", env.serving_url, "--token", _demo_token(env)]
    arguments += ["--signin-link", signin_link(env)]
    done = subprocess.run([sys.executable, str(folder / script), *arguments], check=False)
    raise typer.Exit(done.returncode)


def signin_link(env: Env) -> str:
    """Return a new one-time link for the administrator."""
    return django(env, "signin_link")


def find_example(wanted: str = "", *, here: Path | None = None) -> Path:
    """Return the folder of the example to run: ``wanted``, by folder or name, or the only one there is.

    Those below ``examples/`` in this folder, as in a checkout, come before those of installed packages.

    Raises:
        typer.BadParameter: when there is none, or more than one to choose from.
    """
    if wanted and Path(wanted, "demo.toml").is_file():
        return Path(wanted).absolute()
    found = _examples_below((here or Path()).absolute()) or _installed_examples()
    if wanted in found:
        return found[wanted]
    if len(found) == 1 and not wanted:
        return next(iter(found.values()))
    if not found:
        raise typer.BadParameter("there is no example here: pip install bottega-examples, or name a folder")
    raise typer.BadParameter(f"name one of: {', '.join(sorted(found))}")


def _examples_below(folder: Path) -> dict[str, Path]:
    return {file.parent.name: file.parent for file in sorted(folder.glob("examples/*/demo.toml"))}


def _installed_examples() -> dict[str, Path]:
    """Return the examples of installed packages by name; a package in development may lie elsewhere."""
    found = {}
    for point in entry_points(group="bottega.examples"):
        with contextlib.suppress(ModuleNotFoundError):
            found[point.name] = Path(str(resources.files(point.module)))
    return {name: folder for name, folder in found.items() if (folder / "demo.toml").is_file()}


def _demo_token(env: Env) -> str:
    """Return one token for all runs of an example, so that a second run adds nothing."""
    file = env.home / "secrets" / "demo_token"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(django(env, "api_token", "--name", "demo"))
    return file.read_text().strip()


_DJANGO = [sys.executable, "-m", "django"]


def run_django(env: Env, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a management command to its end, whatever that is."""
    return subprocess.run([*_DJANGO, *arguments], env=inherited(env), capture_output=True, text=True, check=False)


def django(env: Env, *arguments: str) -> str:
    """Run a management command and return the last line it printed.

    Raises:
        ServiceFailedError: it failed; its words are in the detail.
    """
    done = run_django(env, *arguments)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise ServiceFailedError(f"`{' '.join(arguments)}` failed: {said[-1]}", hint="bottega status")
    return done.stdout.strip().splitlines()[-1]


def need_database(env: Env) -> None:
    """Refuse, where the database is ours, a command that needs it while the platform is down."""
    if env.embedded_postgres:
        _need_running(env)


def _need_running(env: Env) -> None:
    if control.status(env).phase != states.RUNNING:
        raise NotRunningError("Start it first.", hint="bottega up")
