"""Each service after the worst end: killed at once, its files left as they were."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from bottega_platform.config.env import Env
from bottega_platform.embedded import folders, run
from bottega_platform.embedded.ports import PortTakenError
from bottega_platform.embedded.postgres import OWN_UID, Postgres
from bottega_platform.embedded.process import Child, Identity, ServiceFailedError, inside, start_time, wait_for
from bottega_platform.embedded.run import Service
from bottega_platform.embedded.valkey import Broker, OnlineStore

Start = Callable[[Service], Child]


def crash(child: Child) -> None:
    os.kill(child.popen.pid, signal.SIGKILL)
    child.popen.wait()


def test_postgres_keeps_what_was_committed_before_a_kill(env: Env, start: Start) -> None:
    child = start(Postgres(env))
    with psycopg.connect(env.database().url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    crash(child)
    start(Postgres(env))
    with psycopg.connect(env.database().url()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_postgres_starts_although_its_pid_file_names_a_living_stranger(env: Env, start: Start) -> None:
    service = Postgres(env)
    crash(start(service))
    stranger = subprocess.Popen(["/bin/sleep", "60"], **({"user": OWN_UID} if os.geteuid() == 0 else {}))
    try:
        pid_file = service.folder / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        start(service)
        assert stranger.poll() is None, "a process that is not ours was ended"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_postgres_left_running_is_ended_before_the_next_starts(env: Env, start: Start) -> None:
    service = Postgres(env)
    first = start(service)
    second = start(service)
    assert first.returncode() is not None
    assert second.returncode() is None


def test_an_interrupted_initdb_leaves_nothing_in_the_way(env: Env, start: Start) -> None:
    half = env.home / "postgres.new"
    half.mkdir()
    (half / "half").write_text("made")
    start(Postgres(env))
    assert not half.exists()


def test_postgres_never_runs_as_root_and_others_get_no_right_on_the_home(env: Env, start: Start) -> None:
    env.home.chmod(0o700)
    child = start(Postgres(env))
    assert Path(f"/proc/{child.popen.pid}").stat().st_uid == (os.geteuid() or OWN_UID)
    assert (env.home / "postgres").stat().st_mode & 0o777 == 0o700
    assert env.home.stat().st_mode & 0o007 == 0


def test_a_user_whose_way_is_opened_may_pass_a_folder_but_not_list_it(tmp_path: Path) -> None:
    closed, inner = tmp_path / "closed", tmp_path / "closed" / "inner"
    inner.mkdir(parents=True, mode=0o755)
    closed.chmod(0o700)
    uid = OWN_UID if os.geteuid() == 0 else os.geteuid()
    changed = folders.open_way(inner, uid)
    assert closed in changed
    assert folders.open_way(inner, uid) == [], "a second time there is nothing to do"
    entries = os.getxattr(closed, "system.posix_acl_access")
    assert uid.to_bytes(4, "little") in entries
    listing = subprocess.run(["/bin/ls", closed], **_as(uid), capture_output=True, check=False)
    passing = subprocess.run(["/bin/ls", inner], **_as(uid), capture_output=True, check=False)
    assert (listing.returncode == 0, passing.returncode) == (uid == closed.stat().st_uid, 0)


def _as(uid: int) -> dict[str, int]:
    return {"user": uid, "group": uid} if os.geteuid() == 0 else {}


@pytest.mark.parametrize(("service", "url"), [(Broker, "broker_url"), (OnlineStore, "online_store_url")])
def test_valkey_keeps_what_it_acknowledged_before_a_kill(env: Env, start: Start, service: type, url: str) -> None:
    child = start(service(env))
    redis.Redis.from_url(getattr(env, url)).set("kept", "42")
    crash(child)
    start(service(env))
    assert redis.Redis.from_url(getattr(env, url)).get("kept") == b"42"


def test_valkey_refuses_administration_and_hides_its_password_from_arguments(env: Env, start: Start) -> None:
    child = start(OnlineStore(env))
    client = redis.Redis.from_url(env.online_store_url)
    for command in ("FLUSHALL", "CONFIG GET *", "ACL LIST", "SHUTDOWN"):
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.execute_command(command)
    arguments = Path(f"/proc/{child.popen.pid}/cmdline").read_text()
    assert env.secrets.password("online_store") not in arguments


def test_a_taken_port_is_named_with_the_variable_that_moves_it(env: Env) -> None:
    with socket.create_server(("127.0.0.1", env.broker_port)), pytest.raises(PortTakenError) as caught:
        run.start(Broker(env))
    assert f"port {env.broker_port} is in use; set BOTTEGA_BROKER_PORT" in str(caught.value)


def test_a_service_that_ends_at_once_shows_its_last_log_lines(env: Env, start: Start) -> None:
    with pytest.raises(ServiceFailedError, match="unrecognized configuration parameter"):
        start(Postgres(env, settings={"no_such_setting": "1"}))


def test_no_service_listens_beyond_loopback(env: Env, start: Start) -> None:
    for service in (Postgres(env), Broker(env), OnlineStore(env)):
        start(service)
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if " 0A " in line]
    ours = {f"{port:04X}" for port in (env.postgres_port, env.broker_port, env.online_store_port)}
    assert {address.split(":")[0] for address in listening if address.split(":")[1] in ours} == {"0100007F"}


def test_a_child_ends_when_its_parent_is_killed(env: Env) -> None:
    script = f"""
import os, time
os.environ["BOTTEGA_HOME"] = {str(env.home)!r}
os.environ["BOTTEGA_BROKER_PORT"] = "{env.broker_port}"
from bottega_platform.config.env import load
from bottega_platform.embedded import folders, run
from bottega_platform.embedded.valkey import Broker
print(run.start(Broker(load())).popen.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert start_time(child)
    parent.kill()
    parent.wait()
    assert wait_for(lambda: start_time(child) is None, seconds=10)


def test_a_number_used_again_is_not_taken_for_our_process() -> None:
    process = subprocess.Popen(["/bin/sleep", "60"])
    try:
        began = start_time(process.pid)
        assert began is not None
        Identity(process.pid, began - 1).send(signal.SIGKILL)
        time.sleep(0.1)
        assert process.poll() is None
        assert Identity(process.pid, began).alive()
    finally:
        process.kill()
        process.wait()
    assert not Identity(process.pid, began).alive()


def test_processes_are_found_by_the_folder_they_work_in(tmp_path: Path) -> None:
    process = subprocess.Popen(["/bin/sleep", "60"], cwd=tmp_path)
    try:
        assert [found.pid for found in inside(tmp_path)] == [process.pid]
    finally:
        process.kill()
        process.wait()
