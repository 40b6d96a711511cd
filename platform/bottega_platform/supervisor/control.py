"""Starting, watching and ending a supervisor from another process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from bottega.problems import Problem, ProblemError
from bottega_platform.config.env import Env
from bottega_platform.embedded import process
from bottega_platform.embedded.process import Identity, ServiceFailedError, tail, wait_for
from bottega_platform.supervisor import state as states
from bottega_platform.supervisor.state import StateFile, SupervisorState

POLL_SECONDS = 0.1


class NotRunningError(ProblemError):
    """The command needs a running platform."""

    code = "not_running"
    title = "The platform is not running"
    status = 409


def status(env: Env) -> SupervisorState:
    """Return the state of this home, a dead supervisor shown as stopped."""
    state = StateFile(env.home).read()
    if not state.alive() and state.phase != states.FAILED:
        state.phase = states.STOPPED
    for each in state.processes:
        if each.state not in (states.DONE, states.WAITING) and not each.alive():
            each.state = states.STOPPED
    return state


def launch(env: Env) -> subprocess.Popen[bytes]:
    """Start a supervisor in the background, detached from this terminal."""
    states.prepare_home(env.home)
    with (env.home / "log" / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "bottega_platform.supervisor"],
            env={**os.environ, "BOTTEGA_HOME": str(env.home)},
            cwd=env.home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def follow(env: Env, *, launched: subprocess.Popen[bytes] | None) -> Iterator[SupervisorState]:
    """Yield the state again and again until everything is ready.

    Raises:
        ServiceFailedError: when the supervisor gave up; its log or problem is in the detail.
    """
    while True:
        state = StateFile(env.home).read()
        ours = launched is None or state.pid == launched.pid or launched.poll() is not None
        if ours and state.phase == states.FAILED and state.problem is not None:
            raise _as_error(state)
        if ours and state.alive():
            yield state
            if state.phase == states.RUNNING:
                return
        elif launched is not None and launched.poll() is not None:
            raise _ended(env, launched)
        elif launched is None and not state.alive():
            raise NotRunningError("the supervisor ended while we waited for it; see `bottega logs supervisor`")
        time.sleep(POLL_SECONDS)


def stop(env: Env, *, seconds: float = 60.0) -> bool:
    """End the supervisor and everything it runs; say whether anything ran."""
    state = StateFile(env.home).read()
    ran = False
    if state.alive():
        ran = True
        Identity(state.pid, state.started).send(signal.SIGTERM)
        wait_for(lambda: not state.alive(), seconds=seconds, pause=POLL_SECONDS)
        Identity(state.pid, state.started).send(signal.SIGKILL)
    left = [Identity(each.pid, each.started) for each in state.processes if each.alive()]
    left += process.marked(f"{env.home}:")
    process.end_all(left, signum=signal.SIGTERM, seconds=15)
    return ran or bool(left)


def _as_error(state: SupervisorState) -> ServiceFailedError:
    problem = state.problem or Problem("service_failed", "The platform ended", 503, "It gave no reason.")
    return ServiceFailedError(
        problem.detail, code=problem.code, title=problem.title, errors=problem.errors, hint=problem.hint
    )


def _ended(env: Env, launched: subprocess.Popen[bytes]) -> ServiceFailedError:
    log = env.home / "log" / "supervisor.log"
    return ServiceFailedError(
        f"the supervisor ended with status {launched.returncode}. Last lines of {log}:\n{tail(log)}"
    )
