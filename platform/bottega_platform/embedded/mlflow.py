"""The MLflow tracking server: a ledger for people, on loopback, in one process."""

import os
import sys
from urllib.error import URLError
from urllib.request import urlopen

from bottega_platform.config.env import LOOPBACK, Env
from bottega_platform.embedded.process import Program


class Mlflow:
    """The embedded MLflow server of one home."""

    name = "mlflow"
    ready_seconds = 300.0

    def __init__(self, env: Env) -> None:
        self.env = env
        self.folder = env.home / "artifacts" / "mlflow"

    def ports(self) -> dict[str, int]:
        """The ports it listens on, by the variable that moves them."""
        return {"BOTTEGA_MLFLOW_PORT": self.env.mlflow_port}

    def prepare(self) -> None:
        """Make its folder: artifacts, where they are kept on this machine, and what it keeps for itself."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def program(self) -> Program:
        """The server, in the foreground."""
        return Program(
            name=self.name,
            argv=[sys.executable, "-m", "bottega_platform.embedded.mlflow_server"],
            env=self._environment(),
            log=self.env.home / "log" / "mlflow.log",
            cwd=self.folder,
        )

    def ready(self) -> bool:
        """Say whether it answers."""
        try:
            with urlopen(f"http://{LOOPBACK}:{self.env.mlflow_port}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def settle(self) -> None:
        """Nothing to do once it answers."""

    def _hosts(self) -> list[str]:
        """Return the names by which it is called, with and without the port."""
        names = dict.fromkeys([LOOPBACK, "localhost", *self.env.allowed_hosts])
        return [form for name in names for form in (name, f"{name}:{self.env.mlflow_port}")]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "BOTTEGA_HOST": self.env.host,
            "BOTTEGA_MLFLOW_PORT": str(self.env.mlflow_port),
            "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(self._hosts()),
            "_MLFLOW_SERVER_FILE_STORE": self.env.database("mlflow").url("psycopg2"),
            "_MLFLOW_SERVER_REGISTRY_STORE": self.env.database("mlflow").url("psycopg2"),
            # Artifacts go through the server: whoever reads it needs no path or bucket of ours.
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": self.folder.as_uri(),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_SGI_NAME": "uvicorn",
            "MLFLOW_ENABLE_WORKSPACES": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
            "MLFLOW_ALLOW_MODEL_CODE_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "3",
        }
