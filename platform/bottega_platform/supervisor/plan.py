"""Which processes one home runs, in which order."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from bottega_platform.config.env import Env
from bottega_platform.embedded.mlflow import Mlflow
from bottega_platform.embedded.postgres import Postgres
from bottega_platform.embedded.run import Service
from bottega_platform.embedded.spark import Spark
from bottega_platform.embedded.valkey import Broker, OnlineStore
from bottega_platform.jobs import gpus
from bottega_platform.supervisor.programs import PythonService, inherited, minimal

MIGRATE = "migrate"
# A study waits for its trials, so many fit beside each other; the others hold a core or a Spark session.
_SLOTS = {"spark": 1, "control": 4}


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One process of the plan: what runs, what must be ready before, and whether it ends by itself."""

    service: Service
    after: Sequence[str] = ()
    once: bool = False

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name


def plan(env: Env) -> list[Unit]:
    """Return every process of this home, each after those it needs."""
    units = [*_embedded(env), *_platform(env), *_workers(env), _serving(env)]
    present = {unit.name for unit in units}
    return [
        Unit(service=unit.service, once=unit.once, after=[name for name in unit.after if name in present])
        for unit in units
    ]


def ports(units: Sequence[Unit]) -> dict[str, int]:
    """Return all ports of the plan, by the variables that move them."""
    return {name: port for unit in units for name, port in unit.service.ports().items()}


def _embedded(env: Env) -> list[Unit]:
    candidates: list[tuple[bool, Service, tuple[str, ...]]] = [
        (env.embedded_postgres, Postgres(env), ()),
        (env.embedded_broker, Broker(env), ()),
        (env.embedded_online_store, OnlineStore(env), ()),
        (env.embedded_spark, Spark(env), ()),
        (env.embedded_mlflow, Mlflow(env), ("postgres",)),
    ]
    return [Unit(service=service, after=after) for wanted, service, after in candidates if wanted]


def _platform(env: Env) -> list[Unit]:
    environment = inherited(env)
    migrate = PythonService(
        env=env,
        name=MIGRATE,
        arguments=["-m", "django", "migrate", "--no-input", "--verbosity=1"],
        environment=environment,
    )
    web = PythonService(
        env=env,
        name="web",
        arguments=["-m", "uvicorn", "bottega_platform.config.asgi:application", *_uvicorn(env)],
        environment=environment,
        listens={"BOTTEGA_PORT": env.port},
        health="/api/v1/health",
    )
    scheduler = PythonService(
        env=env,
        name="scheduler",
        arguments=["-m", "bottega_platform.jobs.scheduler"],
        environment=environment,
    )
    return [
        Unit(service=migrate, after=["postgres"], once=True),
        Unit(service=web, after=[MIGRATE]),
        Unit(service=scheduler, after=[MIGRATE, "broker"]),
    ]


def _uvicorn(env: Env) -> list[str]:
    host = ["--host", env.host, "--port", str(env.port)]
    return [*host, "--timeout-graceful-shutdown", "3", "--no-access-log", "--no-server-header"]


def _workers(env: Env) -> list[Unit]:
    slots = {"cpu": min(8, max(2, os.cpu_count() or 1)), **_SLOTS}
    if found := gpus.find(env):
        slots[gpus.QUEUE] = len(found)
    return [
        Unit(
            service=PythonService(
                env=env,
                name=f"worker-{queue}",
                arguments=["-m", "bottega_platform.jobs.worker", "--queue", queue, "--slots", str(count)],
                environment=inherited(env),
            ),
            after=[MIGRATE, "broker", *(["spark"] if queue == "spark" else [])],
        )
        for queue, count in slots.items()
    ]


def _serving(env: Env) -> Unit:
    """The serving node: it outlives a killed supervisor, because it needs none of the others to answer."""
    environment = minimal(env) | {
        "BOTTEGA_SERVING_PORT": str(env.serving_port),
        "BOTTEGA_CONTROL_URL": env.url,
        "BOTTEGA_NODE_SECRET_FILE": str(env.node_secret_file),
        "BOTTEGA_ONLINE_STORE_URL": env.online_store_url,
        "BOTTEGA_ARTIFACTS": env.artifacts,
        "BOTTEGA_SERVING_OUTLIVES": "1",
        "BOTTEGA_SERVING_WORKERS": os.environ.get("BOTTEGA_SERVING_WORKERS", "1"),
    }
    environment |= {name: value for name, value in os.environ.items() if name.startswith("BOTTEGA_S3_")}
    serving = PythonService(
        env=env,
        name="serving",
        arguments=["-m", "bottega_serving.main"],
        environment=environment,
        listens={"BOTTEGA_SERVING_PORT": env.serving_port},
        health="/v2/health/live",
        outlives_parent=True,
    )
    return Unit(service=serving)
