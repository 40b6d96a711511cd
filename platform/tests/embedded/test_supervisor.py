"""The supervisor: what it starts again, what it adopts, what it ends, and what it says of a failure."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bottega_platform.config.env import Env
from bottega_platform.embedded.process import start_time, wait_for
from bottega_platform.supervisor import control
from bottega_platform.supervisor import state as states
from bottega_platform.supervisor.state import ProcessState, StateFile

# A part of the plan that starts in a second: two real services, and a node that outlives its supervisor.
SCRIPT = """
import sys
from bottega_platform.config.env import load
from bottega_platform.embedded.valkey import Broker, OnlineStore
from bottega_platform.supervisor.daemon import serve
from bottega_platform.supervisor.plan import Unit
from bottega_platform.supervisor.programs import PythonService, minimal

NODE = '''
import os, pathlib, signal, sys, time
pathlib.Path(os.environ["BOTTEGA_READY_FILE"]).touch()
time.sleep(600)
'''
env = load()
def python(name, code, **more):
    return PythonService(env=env, name=name, arguments=["-c", code], environment=minimal(env), **more)
units = [
    Unit(service=Broker(env)),
    Unit(service=OnlineStore(env), after=["broker"]),
    Unit(service=python("once", "pass"), once=True),
    Unit(service=python("node", NODE, outlives_parent=True), after=["once"]),
]
if "broken" in sys.argv:
    units.append(Unit(service=python("broken", "raise SystemExit('no luck today')"), after=["broker"]))
sys.exit(serve(env, units=units))
"""


class Daemon:
    """A supervisor in a process of its own."""

    def __init__(self, env: Env, environment: dict[str, str]) -> None:
        self.env = env
        self.environment = {**os.environ, **environment}
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        self.running.append(subprocess.Popen([sys.executable, "-c", SCRIPT, *arguments], env=self.environment))
        return self.running[-1]

    def up(self) -> subprocess.Popen[bytes]:
        daemon = self.start()
        assert wait_for(lambda: self.phase(daemon) == states.RUNNING, seconds=60)
        return daemon

    def phase(self, daemon: subprocess.Popen[bytes]) -> str:
        state = StateFile(self.env.home).read()
        return state.phase if state.pid == daemon.pid else ""

    def process(self, name: str) -> ProcessState:
        process = StateFile(self.env.home).read().process(name)
        assert process is not None
        return process


@pytest.fixture
def daemon(env: Env, environment: dict[str, str]) -> Iterator[Daemon]:
    one = Daemon(env, environment)
    yield one
    control.stop(env)
    for process in one.running:
        process.kill()
        process.wait()


def test_what_needs_another_starts_after_it_and_a_stop_ends_all(daemon: Daemon, env: Env) -> None:
    running = daemon.up()
    assert daemon.process("online_store").since >= daemon.process("broker").since
    assert daemon.process("once").state == states.DONE
    pids = [daemon.process(name).pid for name in ("broker", "online_store", "node")]
    assert control.stop(env)
    assert running.wait(10) == 0
    assert [pid for pid in pids if start_time(pid)] == []
    assert control.status(env).phase == states.STOPPED


def test_a_killed_process_comes_back_with_what_it_knew(daemon: Daemon, env: Env) -> None:
    daemon.up()
    redis.Redis.from_url(env.broker_url).set("kept", "42")
    first = daemon.process("broker").pid
    os.kill(first, signal.SIGKILL)

    def back() -> bool:
        return daemon.process("broker").pid != first and daemon.process("broker").state == states.READY

    assert wait_for(back, seconds=30)
    assert redis.Redis.from_url(env.broker_url).get("kept") == b"42"
    assert daemon.process("broker").restarts == 1
    assert daemon.process("online_store").restarts == 0


def test_a_killed_supervisor_takes_all_but_the_node_along_and_the_next_adopts_that(daemon: Daemon) -> None:
    first = daemon.up()
    node, broker = daemon.process("node").pid, daemon.process("broker").pid
    first.kill()
    first.wait()
    assert wait_for(lambda: start_time(broker) is None, seconds=10)
    assert start_time(node)
    daemon.up()
    assert daemon.process("node").pid == node
    assert daemon.process("broker").pid != broker
    assert daemon.process("broker").generation != daemon.process("node").generation


def test_an_adopted_node_is_watched_like_any_other(daemon: Daemon) -> None:
    first = daemon.up()
    first.kill()
    first.wait()
    daemon.up()
    node = daemon.process("node").pid
    os.kill(node, signal.SIGKILL)
    assert wait_for(lambda: daemon.process("node").pid != node and daemon.process("node").alive(), seconds=30)


def test_a_second_supervisor_of_a_home_leaves_the_first_alone(daemon: Daemon) -> None:
    first = daemon.up()
    assert daemon.start().wait(30) == 0
    assert StateFile(daemon.env.home).read().pid == first.pid
    assert first.poll() is None


def test_a_process_that_cannot_start_ends_everything_with_its_last_words(daemon: Daemon, env: Env) -> None:
    assert daemon.start("broken").wait(60) == 1
    state = StateFile(env.home).read()
    assert state.phase == states.FAILED
    assert state.problem is not None
    assert "no luck today" in state.problem.detail
    assert [process.name for process in state.processes if process.alive()] == []


def test_a_stale_process_of_an_earlier_generation_is_ended(daemon: Daemon, env: Env, tmp_path: Path) -> None:
    marker = {**os.environ, "BOTTEGA_SUPERVISED": f"{env.home}:earlier"}
    stale = subprocess.Popen(["/bin/sleep", "600"], env=marker, cwd=tmp_path)
    try:
        daemon.up()
        assert stale.wait(10) != 0
    finally:
        stale.kill()
