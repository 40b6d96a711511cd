"""Settings of a serving node: from the environment only, typed, failing with a readable reason."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bottega_feature_store.storage import ObjectStore

MAX_UNIX_PATH = 90


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names it and says what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one serving node needs to know. ``run`` is where sockets and shared memory lie."""

    home: Path
    run: Path
    host: str
    port: int
    workers: int
    control_url: str | None
    secret_file: Path
    online_store_url: str | None
    artifacts: str
    object_store: ObjectStore | None
    allowed_hosts: frozenset[str]
    max_rows: int
    max_body: int
    read_timeout: float
    idle_timeout: float
    feature_budget: float
    drain_seconds: float

    @property
    def state(self) -> Path:
        """The folder of the last-known-good copy."""
        return self.home / "serving"

    @property
    def bundles(self) -> Path:
        """Where verified bundles lie, one folder per digest."""
        return self.state / "bundles"

    def control_socket(self, slot: int) -> str:
        """The unix socket on which the edge worker of this slot takes the agent's orders."""
        return str(self.run / f"edge-{slot}.sock")

    @property
    def log_socket(self) -> str:
        """The unix socket on which the shipper takes prediction log entries."""
        return str(self.run / "shipper.sock")

    @property
    def metrics_file(self) -> Path:
        """The shared memory of all workers' counters."""
        return self.run / "metrics.shm"

    def secret(self) -> bytes:
        """Return the node's secret; raise :class:`SettingsError` when there is none."""
        try:
            secret = self.secret_file.read_bytes().strip()
        except OSError as error:
            raise SettingsError(f"BOTTEGA_NODE_SECRET_FILE {self.secret_file} cannot be read: {error}") from error
        if len(secret) < 16:
            raise SettingsError(f"BOTTEGA_NODE_SECRET_FILE {self.secret_file} holds fewer than 16 bytes")
        return secret


def _integer(env: Mapping[str, str], name: str, default: int) -> int:
    raw = env.get(name, "")
    try:
        value = int(raw) if raw else default
    except ValueError as error:
        raise SettingsError(f"{name} must be a whole number, not {raw!r}") from error
    if value < 0:
        raise SettingsError(f"{name} must not be negative, it is {value}")
    return value


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    raw = env.get(name, "")
    try:
        value = float(raw) if raw else default
    except ValueError as error:
        raise SettingsError(f"{name} must be a number of seconds, not {raw!r}") from error
    if not 0 <= value < math.inf:
        raise SettingsError(f"{name} must be a number of seconds from 0 on, not {raw!r}")
    return value


def _secret(env: Mapping[str, str], name: str) -> str:
    """Return a value that may hold a secret: the variable's, or the content of the file that <name>_FILE names."""
    file = env.get(f"{name}_FILE")
    if not file:
        return env.get(name, "")
    if env.get(name):
        raise SettingsError(f"{name} and {name}_FILE are both set: set one of them")
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE {file} cannot be read: {error.strerror}") from error


def _object_store(env: Mapping[str, str]) -> ObjectStore | None:
    if not (env.get("BOTTEGA_ARTIFACTS") or "").startswith("s3://"):
        return None
    return ObjectStore(
        endpoint_url=env.get("BOTTEGA_S3_ENDPOINT_URL", ""),
        access_key=_secret(env, "BOTTEGA_S3_ACCESS_KEY"),
        secret_key=_secret(env, "BOTTEGA_S3_SECRET_KEY"),
        region=env.get("BOTTEGA_S3_REGION", ""),
    )


def _hosts(env: Mapping[str, str], host: str) -> frozenset[str]:
    named = env.get("BOTTEGA_SERVING_ALLOWED_HOSTS", "")
    extra = {part.strip().lower() for part in named.split(",") if part.strip()}
    return frozenset({"127.0.0.1", "localhost", "[::1]", host.lower()} | extra) - {"0.0.0.0"}  # noqa: S104


def from_environment(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raise :class:`SettingsError` naming the variable that is wrong."""
    env = os.environ if env is None else env
    home = Path(env.get("BOTTEGA_HOME") or Path.home() / ".bottega").absolute()
    host = env.get("BOTTEGA_SERVING_HOST") or env.get("BOTTEGA_HOST") or "127.0.0.1"
    return Settings(
        home=home,
        run=Path(env.get("BOTTEGA_SERVING_RUN") or home / "run" / "serving"),
        host=host,
        port=_integer(env, "BOTTEGA_SERVING_PORT", 8500),
        workers=max(1, _integer(env, "BOTTEGA_SERVING_WORKERS", 1)),
        control_url=env.get("BOTTEGA_CONTROL_URL") or None,
        secret_file=Path(env.get("BOTTEGA_NODE_SECRET_FILE") or home / "secrets" / "node"),
        online_store_url=_secret(env, "BOTTEGA_ONLINE_STORE_URL") or None,
        artifacts=env.get("BOTTEGA_ARTIFACTS") or f"file://{home}/artifacts",
        object_store=_object_store(env),
        allowed_hosts=_hosts(env, host),
        max_rows=_integer(env, "BOTTEGA_SERVING_MAX_ROWS", 10_000),
        max_body=_integer(env, "BOTTEGA_SERVING_MAX_BODY", 4 * 1024 * 1024),
        read_timeout=_seconds(env, "BOTTEGA_SERVING_READ_TIMEOUT", 10.0),
        idle_timeout=_seconds(env, "BOTTEGA_SERVING_IDLE_TIMEOUT", 75.0),
        feature_budget=_seconds(env, "BOTTEGA_SERVING_FEATURE_BUDGET", 0.02),
        drain_seconds=_seconds(env, "BOTTEGA_SERVING_DRAIN", 2.0),
    )
