"""Settings from the environment: typed, read once, failing with every reason at once.

``load()`` is pure but for one thing: in the embedded profile it makes the home's secrets when they are new,
because the URLs of the embedded services are derived from them.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from bottega.problems import Fault, ProblemError
from bottega_feature_store.storage import ObjectStore
from bottega_platform.config.secrets import SecretStore

PROFILES = ("embedded", "server")
DATABASES = ("bottega", "mlflow", "optuna", "feast", "iceberg")
LOOPBACK = "127.0.0.1"
LOOPBACKS = (LOOPBACK, "localhost")
EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - named in order to ask for host names
MINIMUM_SECRET = 32

PORTS = {
    "BOTTEGA_PORT": 8400,
    "BOTTEGA_SERVING_PORT": 8500,
    "BOTTEGA_POSTGRES_PORT": 8432,
    "BOTTEGA_BROKER_PORT": 8479,
    "BOTTEGA_ONLINE_STORE_PORT": 8480,
    "BOTTEGA_SPARK_PORT": 8415,
    "BOTTEGA_MLFLOW_PORT": 8405,
}
URLS = {
    "BOTTEGA_DATABASE_URL": ("postgresql", "postgres"),
    "BOTTEGA_BROKER_URL": ("redis", "rediss"),
    "BOTTEGA_ONLINE_STORE_URL": ("redis", "rediss"),
    "BOTTEGA_SPARK_URL": ("sc",),
    "BOTTEGA_MLFLOW_URL": ("http", "https"),
    "BOTTEGA_SERVING_URL": ("http", "https"),
    "BOTTEGA_SERVING_PUBLIC_URL": ("http", "https"),
    "BOTTEGA_PUBLIC_URL": ("http", "https"),
    "BOTTEGA_S3_ENDPOINT_URL": ("http", "https"),
    "BOTTEGA_ARTIFACTS": ("file", "s3", "gs", "abfs"),
}
# What may hold a secret can also be the content of a file, named by the variable with _FILE behind it.
SECRETS = (
    "BOTTEGA_SECRET_KEY",
    "BOTTEGA_DATABASE_URL",
    "BOTTEGA_BROKER_URL",
    "BOTTEGA_ONLINE_STORE_URL",
    "BOTTEGA_SPARK_URL",
    "BOTTEGA_MLFLOW_URL",
    "BOTTEGA_S3_ACCESS_KEY",
    "BOTTEGA_S3_SECRET_KEY",
)
NAMES = frozenset(
    {*PORTS, *URLS, *(f"{name}_FILE" for name in SECRETS), *SECRETS, "BOTTEGA_NODE_SECRET_FILE", "BOTTEGA_S3_REGION"}
    | {"BOTTEGA_HOME", "BOTTEGA_PROFILE", "BOTTEGA_HOST", "BOTTEGA_ALLOWED_HOSTS", "BOTTEGA_GPU_DEVICES"}
)
SERVER_NEEDS = (
    "BOTTEGA_DATABASE_URL",
    "BOTTEGA_BROKER_URL",
    "BOTTEGA_ONLINE_STORE_URL",
    "BOTTEGA_SPARK_URL",
    "BOTTEGA_MLFLOW_URL",
    "BOTTEGA_ARTIFACTS",
)


_GPU = re.compile(r"^(\d{1,3}|(GPU|MIG)-[0-9A-Za-z-]{1,58})$")
_HOST_NAME = re.compile(r"^\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^\[[0-9a-f:.]+\]$")


class InvalidEnvironmentError(ProblemError):
    """The environment holds a setting that cannot be used; every wrong variable is listed."""

    code = "invalid_environment"
    title = "The settings in the environment cannot be used"


@dataclass(frozen=True, kw_only=True)
class PostgresAddress:
    """Where one PostgreSQL database is, and who may enter."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    name: str

    def url(self, driver: str = "") -> str:
        """Return the URL; ``driver`` ("psycopg2") makes it SQLAlchemy's, which always wants one written."""
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        enter = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"{scheme}://{enter}@{self.host}:{self.port}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Env:
    """All settings of one process. ``embedded_*`` says which services `bottega up` runs itself."""

    home: Path
    profile: str
    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    online_store_url: str = field(repr=False)
    spark_url: str = field(repr=False)
    mlflow_url: str
    artifacts: str
    object_store: ObjectStore | None = field(repr=False)
    secret_key: str = field(repr=False)
    host: str
    allowed_hosts: tuple[str, ...]
    port: int
    public_url: str
    serving_url: str
    serving_public_url: str
    serving_port: int
    postgres_port: int
    broker_port: int
    online_store_port: int
    spark_port: int
    mlflow_port: int
    gpu_devices: tuple[str, ...] | None
    named_node_secret_file: Path | None
    embedded_postgres: bool
    embedded_broker: bool
    embedded_online_store: bool
    embedded_spark: bool
    embedded_mlflow: bool

    @property
    def secrets(self) -> SecretStore:
        """The secrets of this home."""
        return SecretStore(self.home / "secrets")

    @property
    def url(self) -> str:
        """Where the web process listens; people come by ``public_url``."""
        return f"http://{self.host}:{self.port}"

    @property
    def node_secret_file(self) -> Path:
        """The file of the secret by which a serving node enters the control plane."""
        return self.named_node_secret_file or self.secrets.path("node")

    def database(self, name: str = "bottega") -> PostgresAddress:
        """Return the address of one of our five databases, each with a role of its own when embedded."""
        if self.embedded_postgres:
            return self._embedded_database(user=name, name=name)
        parts = urlsplit(self.database_url)
        return PostgresAddress(
            host=parts.hostname or LOOPBACK,
            port=parts.port or 5432,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            name=parts.path.lstrip("/") if name == "bottega" else name,
        )

    def maintenance_database(self) -> PostgresAddress:
        """Return the address of the database that every PostgreSQL has, to make ours from."""
        return replace(self.database(), name="postgres")

    def postgres_admin(self) -> PostgresAddress:
        """Return the embedded PostgreSQL's superuser: for the supervisor only."""
        return self._embedded_database(user="postgres", name="postgres")

    def _embedded_database(self, *, user: str, name: str) -> PostgresAddress:
        password = self.secrets.password(f"postgres:{user}")
        return PostgresAddress(host=LOOPBACK, port=self.postgres_port, user=user, password=password, name=name)


def load(environ: Mapping[str, str] | None = None) -> Env:
    """Read the settings.

    Raises:
        InvalidEnvironmentError: with one fault per wrong variable, each saying what it should be.
    """
    values = {k: v.strip() for k, v in (os.environ if environ is None else environ).items() if v.strip()}
    values, faults = _with_secret_files(values)
    faults += [
        *_port_faults(values),
        *_url_faults(values),
        *_gpu_faults(values),
        *_object_store_faults(values),
        *_profile_faults(values),
    ]
    if faults:
        lines = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults)
        raise InvalidEnvironmentError(lines, errors=faults)
    return _build(values)


@cache
def current() -> Env:
    """Return the settings of this process, read on the first call."""
    return load()


def home_of(environ: Mapping[str, str]) -> Path:
    """Return ``BOTTEGA_HOME``, absolute, by default ``~/.bottega``."""
    return Path(environ.get("BOTTEGA_HOME", "").strip() or "~/.bottega").expanduser().absolute()


def _build(values: Mapping[str, str]) -> Env:
    home, host = home_of(values), values.get("BOTTEGA_HOST", LOOPBACK)
    ports = {name: int(values.get(name, default)) for name, default in PORTS.items()}
    store = SecretStore(home / "secrets")
    embedded = _embedded_urls(ports, store) if values.get("BOTTEGA_PROFILE", "embedded") == "embedded" else {}
    urls = {name: values.get(name) or embedded.get(name, "") for name in URLS}
    serving_url = urls["BOTTEGA_SERVING_URL"] or f"http://{LOOPBACK}:{ports['BOTTEGA_SERVING_PORT']}"
    return Env(
        home=home,
        profile=values.get("BOTTEGA_PROFILE", "embedded"),
        database_url=urls["BOTTEGA_DATABASE_URL"],
        broker_url=urls["BOTTEGA_BROKER_URL"],
        online_store_url=urls["BOTTEGA_ONLINE_STORE_URL"],
        spark_url=urls["BOTTEGA_SPARK_URL"],
        mlflow_url=urls["BOTTEGA_MLFLOW_URL"],
        artifacts=urls["BOTTEGA_ARTIFACTS"] or (home / "artifacts").as_uri(),
        object_store=_object_store(values),
        secret_key=values.get("BOTTEGA_SECRET_KEY") or store.read("secret_key"),
        host=host,
        allowed_hosts=_allowed_hosts(values),
        port=ports["BOTTEGA_PORT"],
        public_url=(urls["BOTTEGA_PUBLIC_URL"] or f"http://{host}:{ports['BOTTEGA_PORT']}").rstrip("/"),
        serving_url=serving_url,
        serving_public_url=(urls["BOTTEGA_SERVING_PUBLIC_URL"] or serving_url).rstrip("/"),
        serving_port=ports["BOTTEGA_SERVING_PORT"],
        postgres_port=ports["BOTTEGA_POSTGRES_PORT"],
        broker_port=ports["BOTTEGA_BROKER_PORT"],
        online_store_port=ports["BOTTEGA_ONLINE_STORE_PORT"],
        spark_port=ports["BOTTEGA_SPARK_PORT"],
        mlflow_port=ports["BOTTEGA_MLFLOW_PORT"],
        gpu_devices=_gpu_devices(values),
        named_node_secret_file=_path(values, "BOTTEGA_NODE_SECRET_FILE"),
        embedded_postgres="BOTTEGA_DATABASE_URL" not in values,
        embedded_broker="BOTTEGA_BROKER_URL" not in values,
        embedded_online_store="BOTTEGA_ONLINE_STORE_URL" not in values,
        embedded_spark="BOTTEGA_SPARK_URL" not in values,
        embedded_mlflow="BOTTEGA_MLFLOW_URL" not in values,
    )


def _embedded_urls(ports: Mapping[str, int], store: SecretStore) -> dict[str, str]:
    def redis(purpose: str, port: int) -> str:
        return f"redis://:{store.password(purpose)}@{LOOPBACK}:{port}/0"

    database = PostgresAddress(
        host=LOOPBACK,
        port=ports["BOTTEGA_POSTGRES_PORT"],
        user="bottega",
        password=store.password("postgres:bottega"),
        name="bottega",
    )
    spark = ports["BOTTEGA_SPARK_PORT"]
    return {
        "BOTTEGA_DATABASE_URL": database.url(),
        "BOTTEGA_BROKER_URL": redis("broker", ports["BOTTEGA_BROKER_PORT"]),
        "BOTTEGA_ONLINE_STORE_URL": redis("online_store", ports["BOTTEGA_ONLINE_STORE_PORT"]),
        # "localhost", not 127.0.0.1: with a token Spark's client asks for TLS on every other name.
        "BOTTEGA_SPARK_URL": f"sc://localhost:{spark}/;token={store.password('spark')}",
        "BOTTEGA_MLFLOW_URL": f"http://{LOOPBACK}:{ports['BOTTEGA_MLFLOW_PORT']}",
    }


def _object_store(values: Mapping[str, str]) -> ObjectStore | None:
    if not values.get("BOTTEGA_ARTIFACTS", "").startswith("s3://"):
        return None
    return ObjectStore(
        endpoint_url=values.get("BOTTEGA_S3_ENDPOINT_URL", ""),
        access_key=values.get("BOTTEGA_S3_ACCESS_KEY", ""),
        secret_key=values.get("BOTTEGA_S3_SECRET_KEY", ""),
        region=values.get("BOTTEGA_S3_REGION", ""),
    )


def _path(values: Mapping[str, str], name: str) -> Path | None:
    return Path(values[name]).expanduser() if name in values else None


def _with_secret_files(values: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """Return the variables with those of named files among them, and what is wrong with the files."""
    found, faults = dict(values), []
    for name in SECRETS:
        file = f"{name}_FILE"
        if file not in values:
            continue
        if name in values:
            faults.append(Fault("secret_twice", f"is set beside {name}: set one of them", file))
        text = _content(values[file])
        if not text:
            faults.append(Fault("secret_file", f"names {values[file]}, which cannot be read or is empty", file))
        else:
            found[name] = text
    node = values.get("BOTTEGA_NODE_SECRET_FILE")
    if node and len(_content(node)) < MINIMUM_SECRET:
        detail = f"names {node}, which cannot be read or holds fewer than {MINIMUM_SECRET} characters"
        faults.append(Fault("secret_file", detail, "BOTTEGA_NODE_SECRET_FILE"))
    return found, faults


def _content(file: str) -> str:
    try:
        return Path(file).expanduser().read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _allowed_hosts(values: Mapping[str, str]) -> tuple[str, ...]:
    names = (name.strip().lower() for name in values.get("BOTTEGA_ALLOWED_HOSTS", "").split(","))
    return tuple(dict.fromkeys(filter(None, names)))


def _gpu_devices(values: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the declared GPUs; none at all for ``none``, and None where NVML is to be asked."""
    text = values.get("BOTTEGA_GPU_DEVICES")
    if text is None or text == "none":
        return None if text is None else ()
    return tuple(number.strip() for number in text.split(","))


def _gpu_faults(values: Mapping[str, str]) -> list[Fault]:
    numbers = _gpu_devices(values) or ()
    if all(_GPU.match(number) for number in numbers) and len(set(numbers)) == len(numbers):
        return []
    detail = "must be none, or different indices or UUIDs of GPUs parted by commas, such as 0,1"
    return [Fault("gpu_devices", detail, "BOTTEGA_GPU_DEVICES", got=values["BOTTEGA_GPU_DEVICES"][:80])]


def _port_faults(values: Mapping[str, str]) -> list[Fault]:
    faults = []
    used: dict[int, str] = {}
    for name, default in PORTS.items():
        text = values.get(name, str(default))
        if not (text.isdecimal() and 0 < int(text) < 65536):
            detail = f"must be a port number from 1 to 65535, not {text!r}"
            faults.append(Fault("port", detail, name, got=text))
        elif other := used.get(int(text)):
            faults.append(Fault("port_twice", f"is {text}, which {other} already uses", name, got=text))
        else:
            used[int(text)] = name
    return faults


def _url_faults(values: Mapping[str, str]) -> list[Fault]:
    faults = []
    for name, schemes in URLS.items():
        text = values.get(name)
        if text and text.split("://")[0].split("+")[0] not in schemes:
            shapes = " or ".join(f"{scheme}://…" for scheme in schemes)
            faults.append(Fault("url", f"must be a URL of the form {shapes}", name))
    return faults


def _object_store_faults(values: Mapping[str, str]) -> list[Fault]:
    if ("BOTTEGA_S3_ACCESS_KEY" in values) == ("BOTTEGA_S3_SECRET_KEY" in values):
        return []
    missing = "BOTTEGA_S3_SECRET_KEY" if "BOTTEGA_S3_ACCESS_KEY" in values else "BOTTEGA_S3_ACCESS_KEY"
    return [Fault("required", "must be set too: both keys or, for the machine's own credentials, none", missing)]


def _profile_faults(values: Mapping[str, str]) -> list[Fault]:
    profile = values.get("BOTTEGA_PROFILE", "embedded")
    if profile not in PROFILES:
        detail = f"must be embedded or server, not {profile!r}"
        return [Fault("profile", detail, "BOTTEGA_PROFILE", got=profile)]
    faults = _secret_key_faults(values, needed=profile == "server")
    if profile == "server":
        missing = [name for name in SERVER_NEEDS if name not in values]
        faults += [Fault("required", "must be set in the server profile", name) for name in missing]
        return faults + _allowed_host_faults(values)
    if "BOTTEGA_ALLOWED_HOSTS" in values:
        detail = "is for the server profile: the embedded profile serves this machine only"
        faults.append(Fault("host", detail, "BOTTEGA_ALLOWED_HOSTS", got=values["BOTTEGA_ALLOWED_HOSTS"]))
    if values.get("BOTTEGA_HOST", LOOPBACK) not in LOOPBACKS:
        detail = "must be 127.0.0.1 or localhost: the embedded profile serves one machine only"
        faults.append(Fault("host", detail, "BOTTEGA_HOST", got=values["BOTTEGA_HOST"]))
    return faults


def _allowed_host_faults(values: Mapping[str, str]) -> list[Fault]:
    """Any name would do for an attacker who rebinds DNS, so names are listed; an address for all needs some."""
    names = _allowed_hosts(values)
    detail = "must be host names parted by commas, such as ml.example.org (.example.org means all below it)"
    faults = [Fault("host", detail, "BOTTEGA_ALLOWED_HOSTS", got=name) for name in names if not _HOST_NAME.match(name)]
    if not names and values.get("BOTTEGA_HOST", LOOPBACK) in EVERY_ADDRESS:
        detail = f"must name the hosts by which users and nodes come, because BOTTEGA_HOST is {values['BOTTEGA_HOST']}"
        faults.append(Fault("required", detail, "BOTTEGA_ALLOWED_HOSTS"))
    return faults


def _secret_key_faults(values: Mapping[str, str], *, needed: bool) -> list[Fault]:
    key = values.get("BOTTEGA_SECRET_KEY", "")
    if (not key and not needed) or len(key) >= MINIMUM_SECRET:
        return []
    detail = f"must hold at least {MINIMUM_SECRET} characters; make one with `openssl rand -base64 48`"
    return [Fault("secret_key", detail, "BOTTEGA_SECRET_KEY")]
