"""The ``bottega`` command as a user types it, against a home of its own."""

import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bottega_platform.config.env import PORTS

BOTTEGA = Path(sys.executable).parent / "bottega"


def bottega(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    whole = {"PATH": "/usr/bin:/bin", "HOME": environment["BOTTEGA_HOME"], **environment}
    return subprocess.run([BOTTEGA, *arguments], env=whole, capture_output=True, text=True, check=False, timeout=120)


def test_help_lists_every_command(environment: dict[str, str]) -> None:
    shown = bottega(environment, "--help").stdout
    assert not [
        name for name in ("up", "down", "status", "logs", "doctor", "verify", "sweep", "demo") if name not in shown
    ]


def test_a_wrong_setting_is_an_error_that_names_it_and_no_stack_trace(environment: dict[str, str]) -> None:
    done = bottega({**environment, "BOTTEGA_PORT": "many"}, "up")
    assert done.returncode == 1
    assert "BOTTEGA_PORT: must be a port number" in done.stderr
    assert "Traceback" not in done.stderr


def test_up_names_every_taken_port_and_leaves_nothing_running(environment: dict[str, str]) -> None:
    taken = int(environment["BOTTEGA_BROKER_PORT"]), int(environment["BOTTEGA_MLFLOW_PORT"])
    with socket.create_server(("127.0.0.1", taken[0])), socket.create_server(("127.0.0.1", taken[1])):
        done = bottega(environment, "up")
    assert done.returncode == 1
    assert f"port {taken[0]} is in use; set BOTTEGA_BROKER_PORT" in done.stderr
    assert f"port {taken[1]} is in use; set BOTTEGA_MLFLOW_PORT" in done.stderr
    assert "nothing was running" in bottega(environment, "down").stdout


def test_status_of_a_platform_that_does_not_run_exits_with_3(environment: dict[str, str]) -> None:
    done = bottega(environment, "status", "-o", "json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["phase"] == "stopped"


@pytest.mark.parametrize("command", ["verify", "sweep", "demo"])
def test_a_command_that_needs_the_platform_says_how_to_start_it(environment: dict[str, str], command: str) -> None:
    done = bottega(environment, command)
    assert done.returncode == 1
    assert "bottega up" in done.stderr


def test_logs_of_an_unknown_process_names_the_known_ones(environment: dict[str, str]) -> None:
    folder = Path(environment["BOTTEGA_HOME"]) / "log"
    folder.mkdir(parents=True)
    (folder / "web.log").write_text("".join(f"line {number}\n" for number in range(100)))
    assert bottega(environment, "logs", "web", "-n", "2").stdout == "line 98\nline 99\n"
    wrong = bottega(environment, "logs", "wep")
    assert wrong.returncode != 0
    assert "web" in wrong.stderr


def doctor(environment: dict[str, str]) -> dict[str, dict[str, str]]:
    checks = json.loads(bottega(environment, "doctor", "-o", "json").stdout)
    return {check["detail"] if check["name"] == "port" else check["name"]: check for check in checks}


def test_doctor_finds_a_fit_machine_fit(environment: dict[str, str]) -> None:
    checks = doctor(environment)
    assert {"python", "java", "node", "libgomp", "gpu", "disk", "memory", "permissions", "clock"} <= set(checks)
    assert len(checks) == 9 + len(PORTS)
    assert [check for check in checks.values() if check["state"] == "failed"] == []


def test_doctor_names_a_taken_port_and_a_readable_secret_and_how_to_mend_them(environment: dict[str, str]) -> None:
    bottega(environment, "status")
    secret = next((Path(environment["BOTTEGA_HOME"]) / "secrets").iterdir())
    secret.chmod(secret.stat().st_mode | stat.S_IROTH)
    port = int(environment["BOTTEGA_SPARK_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        checks = doctor(environment)
    assert "BOTTEGA_SPARK_PORT" in checks[f"{port} for spark is in use"]["fix"]
    assert checks["permissions"]["state"] == "failed"
    assert str(secret) in checks["permissions"]["fix"]


def test_a_home_of_a_newer_version_is_not_touched(environment: dict[str, str]) -> None:
    home = Path(environment["BOTTEGA_HOME"])
    home.mkdir()
    (home / "format").write_text("99\n")
    done = bottega(environment, "up")
    assert done.returncode == 1
    assert "layout 99" in done.stderr
    assert not (home / "postgres").exists()
