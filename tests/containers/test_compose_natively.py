"""Each of our services as docker-compose.yml starts it, on this machine: the same command, the same environment.

PostgreSQL, Valkey and an S3 server run separately, as the file's do; host names and ports are set as by ``.env``,
secrets by their files, and the mounts' paths are folders here. At the end the serving node answers who has a key.
"""

import csv
import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from bottega.client.platform import Platform, connect
from bottega.client.project import Project
from bottega.specs import Column
from bottega.specs.features import RequestField
from bottega_platform.config.env import DATABASES, PORTS, Env, load
from bottega_platform.deployments.testing import wait_for
from bottega_platform.embedded import ports, run
from bottega_platform.embedded.postgres import Postgres
from bottega_platform.embedded.valkey import Broker, OnlineStore

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1800)]
_spec = importlib.util.spec_from_file_location("containers_conftest", Path(__file__).with_name("conftest.py"))
reading = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reading)
READY_SECONDS = 900


@pytest.fixture(scope="module")
def own_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Env]:
    """A PostgreSQL without our databases, and two Valkeys."""
    numbers = dict(zip(PORTS, map(str, ports.pick(len(PORTS))), strict=True))
    env = load({"BOTTEGA_HOME": str(tmp_path_factory.mktemp("services")), **numbers})
    children = []
    try:
        for service in (Postgres(env), Broker(env), OnlineStore(env)):
            children.append(run.start(service))  # noqa: PERF401 - what started must be stopped if the next fails
        with psycopg.connect(env.postgres_admin().url(), autocommit=True) as connection:
            for name in DATABASES:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        yield env
    finally:
        for child in reversed(children):
            child.kill()


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """An empty S3 server: moto's, another implementation of the protocol than any client's of ours."""
    (port,) = ports.pick(1)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: ports.answers(port), seconds=300)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(30)


@pytest.fixture(scope="module")
def dotenv(own_services: Env, s3_url: str, compose_secrets: Path) -> dict[str, str]:
    """What a user would write into ``.env``, and into the secrets, for services at other addresses."""
    env = own_services
    admin = env.postgres_admin()
    urls = {
        "database_url": f"postgresql://{admin.user}:{admin.password}@{admin.host}:{admin.port}/bottega",
        "broker_url": env.broker_url,
        "online_store_url": env.online_store_url,
        "spark_url": f"sc://localhost:{env.spark_port}/;token=token-of-this-test",
    }
    for name, url in urls.items():
        (compose_secrets / name).write_text(url)
    web, serving = f"http://127.0.0.1:{env.port}", f"http://127.0.0.1:{env.serving_port}"
    return {
        "BOTTEGA_SECRETS": str(compose_secrets),
        "BOTTEGA_PORT": str(env.port),
        "BOTTEGA_SERVING_PORT": str(env.serving_port),
        "BOTTEGA_SPARK_PORT": str(env.spark_port),
        "BOTTEGA_MLFLOW_PORT": str(env.mlflow_port),
        "BOTTEGA_S3_ENDPOINT_URL": s3_url,
        "BOTTEGA_MLFLOW_URL": f"http://127.0.0.1:{env.mlflow_port}",
        "BOTTEGA_PUBLIC_URL": web,
        "BOTTEGA_CONTROL_URL": web,
        "BOTTEGA_SERVING_URL": serving,
        "BOTTEGA_SERVING_PUBLIC_URL": serving,
    }


@pytest.fixture(scope="module")
def platform(dotenv: dict[str, str], containers: dict, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """All our services, each healthy by its own check; a client of the first admin."""
    document, root = reading.compose(dotenv), tmp_path_factory.mktemp("compose")
    secrets = {name: Path(secret["file"]) for name, secret in document["secrets"].items()}
    for name, service in document["services"].items():
        if "build" in service:
            containers[name] = reading.Container(name, service, secrets, root)
    setup = containers.pop("setup")
    setup.run(*setup.service["command"])
    for container in containers.values():
        container.start()
    waiting, until = list(containers.values()), time.monotonic() + READY_SECONDS
    while waiting:
        waiting = [container for container in waiting if not container.healthy()]
        assert time.monotonic() < until, f"not healthy: {[container.name for container in waiting]}"
    token = containers["web"].run("python", "-m", "django", "api_token", "--name", "compose").strip()
    return connect(dotenv["BOTTEGA_PUBLIC_URL"], token)


@pytest.fixture(scope="module")
def purchases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop's purchases; who spent much lately buys again."""
    file = tmp_path_factory.mktemp("data") / "purchases.csv"
    start = datetime(2024, 1, 1, tzinfo=UTC)
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["customer", "at", "amount", "again"])
        for number in range(1200):
            customer = number % 40
            amount = (customer * 7 + number * 13) % 50 + customer
            again = int(amount + number * 37 % 60 > 75)
            rows.writerow([f"c{customer}", (start + timedelta(hours=number)).isoformat(), amount, again])
    return file


def test_setup_made_every_database_and_may_run_again(platform: Platform, containers: dict, own_services: Env) -> None:
    containers["web"].run("python", "-m", "bottega_platform.setup")
    with psycopg.connect(own_services.postgres_admin().url()) as connection:
        there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    assert set(DATABASES) <= there


def test_from_a_file_to_a_prediction_that_needs_a_key(
    platform: Platform, purchases: Path, dotenv: dict[str, str]
) -> None:
    project = trained(platform, purchases)
    endpoint = project.endpoints.create("again")
    key = endpoint.data["key"]
    assert endpoint.data["auth"] == "key"
    endpoint.deploy("again", 1)
    url = f"{dotenv['BOTTEGA_SERVING_PUBLIC_URL']}/v1/endpoints/shop.again/predict"
    assert endpoint.url == url
    body = {"records": [{"customer": "c39", "at": "2024-02-19T23:30:00Z", "amount": 60.0}]}
    refused = httpx.post(url, json=body, trust_env=False)
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    answer = httpx.post(url, json=body, headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    assert answer.status_code == 200, answer.text
    assert 0 < answer.json()["predictions"][0] < 1
    assert not [said for said in answer.json()["degraded"] if "unavailable" in said], answer.text


def trained(platform: Platform, purchases: Path) -> Project:
    """Bring a project to a registered model: ingest, features on Spark, online load, training."""
    project = platform.create_project("shop")
    columns = [
        Column("customer", "string"),
        Column("at", "timestamp"),
        Column("amount", "float64"),
        Column("again", "int32"),
    ]
    project.sources.create("purchases", purchases, columns=columns, event_time="at").ingest()
    project.entities.create("customer", keys={"customer": "string"})
    view = project.feature_views.create(
        "spending",
        sql="SELECT customer, at, CAST(amount AS DOUBLE) AS amount FROM purchases",
        sources=["purchases"],
        entity="customer",
        event_time="at",
        aggregates=[{"name": "spent", "column": "amount", "function": "mean", "windows": ["24h", "30d"]}],
    )
    view.compute()
    view.load(as_of="2024-02-19T23:00:00Z")
    fields = [RequestField("at", "timestamp"), RequestField("amount", "float64")]
    project.feature_services.create("profile", ["spending"], event_time="at", request=fields)
    examples = project.training_sets.create(
        "examples", labels="purchases", label="again", event_time="at", feature_service="profile"
    )
    run = project.runs.start("first", training_set=examples.name, trainer="logistic_regression", wait=True)
    project.models.register("again", run)
    return project
