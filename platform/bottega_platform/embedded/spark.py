"""The Spark Connect server: loopback, with a token, and without any of the platform's secrets.

It runs only plans that we build. A Python function on it would run as its user, so nothing it could steal
is in its environment: only its own token.
"""

import os
import re
import shutil
import sys

from bottega_platform.config.env import LOOPBACK, Env
from bottega_platform.embedded import java, ports, wheels
from bottega_platform.embedded.process import Program, ServiceFailedError

_HOME = wheels.folder("pyspark")
_SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
# Cleans up in the background while idle, so that a burst's memory goes back to the machine.
_JVM = (
    "-XX:+UseG1GC -XX:G1PeriodicGCInterval=30000 -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30"
    " -XX:MaxMetaspaceSize=400m -Xms128m -Xss1m"
)
_SETTINGS = {
    "spark.connect.grpc.binding.address": LOOPBACK,
    "spark.driver.host": LOOPBACK,
    "spark.driver.bindAddress": LOOPBACK,
    "spark.driver.memory": "2g",
    "spark.ui.enabled": "false",
    "spark.sql.catalogImplementation": "in-memory",
    # With the cache on, both sides of a cogroup of two derived frames lose all but their keys, silently.
    "spark.connect.session.planCache.enabled": "false",
    # The default, INT96, is refused by the table format.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.adaptive.enabled": "true",
    "spark.python.worker.reuse": "true",
}


class Spark:
    """The embedded Spark Connect server of one home."""

    name = "spark"
    ready_seconds = 300.0

    def __init__(self, env: Env) -> None:
        self.env = env
        self.scratch = env.home / "scratch" / "spark"

    def ports(self) -> dict[str, int]:
        """The ports it listens on, by the variable that moves them."""
        return {"BOTTEGA_SPARK_PORT": self.env.spark_port}

    def prepare(self) -> None:
        """Empty its scratch folder."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True, mode=0o700)

    def program(self) -> Program:
        """The server, in the foreground."""
        conf = [part for name, value in self._settings().items() for part in ("--conf", f"{name}={value}")]
        return Program(
            name=self.name,
            argv=[str(_HOME / "bin" / "spark-submit"), "--class", _SERVER, "--name", "bottega", *conf],
            env=self._environment(),
            log=self.env.home / "log" / "spark.log",
            cwd=self.scratch,
        )

    def ready(self) -> bool:
        """Say whether it takes connections: it listens only once its context is up."""
        return ports.answers(self.env.spark_port)

    def settle(self) -> None:
        """Nothing to do once it answers."""

    def _settings(self) -> dict[str, str]:
        return {
            **_SETTINGS,
            "spark.master": f"local[{min(4, os.cpu_count() or 1)}]",
            "spark.connect.grpc.binding.port": str(self.env.spark_port),
            "spark.local.dir": str(self.scratch),
            "spark.sql.warehouse.dir": str(self.scratch / "warehouse"),
            "spark.driver.extraJavaOptions": f"{_JVM} -Djava.io.tmpdir={self.scratch} -Duser.timezone=UTC",
        }

    def _token(self) -> str:
        """Return what clients must know: it stands in the URL that they use."""
        found: list[str] = re.findall(r"[/;]token=([^;]+)", self.env.spark_url)
        if not found:
            raise ServiceFailedError("BOTTEGA_SPARK_URL holds no token: write it as sc://localhost:15002/;token=…")
        return found[0]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.scratch),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "JAVA_HOME": str(java.find(self.env.home / "run").home),
            "SPARK_HOME": str(_HOME),
            "SPARK_LOCAL_IP": LOOPBACK,
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_CONNECT_AUTHENTICATE_TOKEN": self._token(),
        }
