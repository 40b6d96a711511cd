"""``up``, ``down``, ``status`` and ``logs``."""

import contextlib
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import psutil
import typer

from bottega.cli import session
from bottega.cli.work import print_job_log
from bottega_platform.cli import manage
from bottega_platform.cli.progress import Progress
from bottega_platform.config.env import Env, load
from bottega_platform.supervisor import control, daemon
from bottega_platform.supervisor import state as states
from bottega_platform.supervisor.state import ProcessState, SupervisorState

Output = Literal["table", "json"]
NOT_RUNNING = 3


def up(
    *,
    foreground: Annotated[
        bool, typer.Option(help="Stay here until Ctrl-C, instead of going to the background.")
    ] = False,
) -> None:
    """Start the platform, wait until it is healthy, and print where it is."""
    env = load()
    progress = Progress()
    if foreground:
        progress.say(f"Bottega in {env.home}")
        raise typer.Exit(daemon.serve(env, report=progress.show))
    _start(env, progress)
    typer.echo(f"\nconsole and API   {env.url}\npredictions       {env.serving_url}")
    typer.echo(f"sign in once by   {manage.signin_link(env)}")


def down() -> None:
    """End the platform; all state stays in its home."""
    env = load()
    began = time.monotonic()
    ran = control.stop(env)
    typer.echo(f"ended in {time.monotonic() - began:.1f} s" if ran else "nothing was running")


def status(
    *,
    output: Annotated[Output, typer.Option("--output", "-o", help="How to print it.")] = "table",
) -> None:
    """Show every process; the exit status is 3 when the platform is not running."""
    env = load()
    state = control.status(env)
    rows = [_row(each) for each in state.processes]
    if output == "json":
        document = {"phase": state.phase, "home": str(env.home), "url": env.url, "serving_url": env.serving_url}
        typer.echo(json.dumps({**document, "processes": rows}, indent=2))
    else:
        typer.echo(f"{state.phase} in {env.home}, {env.url}")
        for line in _table(rows):
            typer.echo(line)
    raise typer.Exit(0 if state.phase == states.RUNNING else NOT_RUNNING)


def logs(
    process: Annotated[str, typer.Argument(help="A process, or a job's id; all processes when left out.")] = "",
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
) -> None:
    """Print the last lines of one process's log, or of all; of a job, what it has printed."""
    if process.startswith("job_"):
        print_job_log(session.client(), process, follow=follow)
        return
    folder = load().home / "log"
    files = [folder / f"{process}.log"] if process else sorted(folder.glob("*.log"))
    if process and not files[0].exists():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.log"))) or "none yet"
        raise typer.BadParameter(f"there is no log of {process!r}; there are: {known}")
    width = 0 if process else max((len(file.stem) for file in files), default=0)
    offsets = {file: _print_last(file, lines, width) for file in files}
    with contextlib.suppress(KeyboardInterrupt):
        while follow:
            offsets = {file: _print_new(file, offset, width) for file, offset in offsets.items()}
            time.sleep(0.3)


def _start(env: Env, progress: Progress) -> None:
    running = control.status(env)
    if running.phase == states.RUNNING:
        progress.say(f"Bottega is running in {env.home}")
        return
    progress.say(f"Starting Bottega in {env.home}")
    launched = None if _alive(running) else control.launch(env)
    for state in control.follow(env, launched=launched):
        progress.show(state)


def _alive(state: SupervisorState) -> bool:
    return state.alive() and state.phase == states.STARTING


def _row(each: ProcessState) -> dict[str, Any]:
    running = each.alive()
    return {
        "name": each.name,
        "state": each.state,
        "pid": each.pid if running else None,
        "memory_mb": _memory(each.pid) if running else None,
        "restarts": each.restarts,
        "start_seconds": each.seconds,
        "detail": each.detail,
    }


def _memory(pid: int) -> int:
    """Return the memory of a process and its descendants, shared pages divided among their users."""
    total = 0
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
    return total // 1_000_000


def _table(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    yield f"{'process':<16}{'state':<12}{'pid':>8}{'MB':>7}{'restarts':>10}  detail"
    for row in rows:
        pid, memory = row["pid"] or "", "" if row["memory_mb"] is None else row["memory_mb"]
        detail = row["detail"].splitlines()[0] if row["detail"] else ""
        yield f"{row['name']:<16}{row['state']:<12}{pid:>8}{memory:>7}{row['restarts']:>10}  {detail}".rstrip()


def _print_last(file: Path, lines: int, width: int) -> int:
    content = file.read_bytes()
    _print(file, content.splitlines()[-lines:] if lines else [], width)
    return len(content)


def _print_new(file: Path, offset: int, width: int) -> int:
    size = file.stat().st_size if file.exists() else 0
    if size == offset:
        return offset
    with file.open("rb") as stream:
        stream.seek(offset if size > offset else 0)
        content = stream.read()
        _print(file, content.splitlines(), width)
        return stream.tell()


def _print(file: Path, lines: Iterable[bytes], width: int) -> None:
    for line in lines:
        prefix = f"{file.stem:<{width}}  " if width else ""
        sys.stdout.write(prefix + line.decode(errors="replace") + "\n")
    sys.stdout.flush()
