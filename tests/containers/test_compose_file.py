"""docker-compose.yml and the Dockerfiles: valid, with our settings' names, without root and without secrets in them."""

import importlib.util
import json
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest
from botocore.utils import is_valid_endpoint_url

from bottega_platform.config import env
from bottega_serving.settings import from_environment

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("containers_conftest", Path(__file__).with_name("conftest.py"))
reading = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reading)

DOCUMENT = reading.compose({})
SERVICES = DOCUMENT["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
# Read by our processes beside the settings modules: who supervises them, and Python itself.
OTHERS = {"BOTTEGA_READY_FILE", "DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED", "MALLOC_ARENA_MAX"}


class Asked(dict):
    """An environment that remembers which names it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:
        self.names.add(name)
        return "s3://bucket" if name == "BOTTEGA_ARTIFACTS" else default


def serving_names() -> set[str]:
    asked = Asked()
    from_environment(asked)
    return asked.names


def test_it_follows_the_compose_specification() -> None:
    package = importlib.util.find_spec("check_jsonschema").submodule_search_locations[0]
    schema = json.loads((Path(package) / "builtin_schemas" / "vendor" / "compose-spec.json").read_text())
    jsonschema.validate(DOCUMENT, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(DOCUMENT | {"services": {"web": {"imagine": "x"}}}, schema)


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_one_that_the_process_reads(name: str) -> None:
    known = serving_names() if name == "serving" else set(env.NAMES)
    assert set(OURS[name]["environment"]) - known - OTHERS == set()


@pytest.mark.parametrize("name", OURS)
def test_our_containers_drop_every_privilege_and_say_how_they_are(name: str) -> None:
    service = OURS[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert "healthcheck" in service or service["restart"] == "no"


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert not re.search(r"(PASSWORD|SECRET|TOKEN|KEY)$", name), name
            assert "@" not in str(value), name
        for secret in service.get("secrets", []):
            assert secret in DOCUMENT["secrets"]


def test_spark_is_reached_by_its_one_worker_only_and_holds_no_secret_but_its_token() -> None:
    spark = SERVICES["spark"]
    assert spark["network_mode"] == "service:worker-spark"
    assert spark["secrets"] == ["spark_url"]
    assert "ports" not in spark


def test_the_object_stores_host_name_is_one_that_s3_clients_take() -> None:
    host = urlsplit(OURS["web"]["environment"]["BOTTEGA_S3_ENDPOINT_URL"]).hostname
    assert host in SERVICES
    assert is_valid_endpoint_url(OURS["web"]["environment"]["BOTTEGA_S3_ENDPOINT_URL"])


def test_the_secrets_that_are_made_name_the_services_of_the_file(compose_secrets: Path) -> None:
    made = {file.name: file.read_text() for file in compose_secrets.iterdir()}
    assert set(made) == set(DOCUMENT["secrets"])
    for name, host in {"database_url": "postgres", "broker_url": "broker", "online_store_url": "online_store"}.items():
        assert urlsplit(made[name]).hostname == host
        assert host in SERVICES
    assert urlsplit(made["database_url"]).password == made["postgres_password"]
    assert urlsplit(made["broker_url"]).password == made["valkey_password"]
    assert made["spark_url"].startswith(f"sc://localhost:{OURS['spark']['environment']['BOTTEGA_SPARK_PORT']}/;token=")
    assert min(map(len, made.values())) >= env.MINIMUM_SECRET
    assert compose_secrets.stat().st_mode & 0o077 == 0


def test_a_second_call_keeps_the_secrets_that_are_there(compose_secrets: Path) -> None:
    before = {file.name: file.read_text() for file in compose_secrets.iterdir()}
    subprocess.run([ROOT / "scripts" / "compose_secrets", compose_secrets], check=True, timeout=60)
    assert {file.name: file.read_text() for file in compose_secrets.iterdir()} == before


@pytest.mark.parametrize("file", sorted({service["build"]["dockerfile"] for service in OURS.values()}))
def test_an_image_is_slim_built_from_the_wheels_and_runs_as_nobody_special(file: str) -> None:
    lines = (ROOT / file).read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    stages = [line.split()[-1] for line in lines if line.startswith("FROM ") and " AS " in line]
    assert {base for base in bases if base not in stages} == {"python:3.12-slim"}
    assert lines.count("USER bottega") == 1
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert copied == ["dist"]
    targets = {service["build"].get("target") for service in OURS.values() if service["build"]["dockerfile"] == file}
    assert targets - {None} <= set(stages)


def test_every_setting_that_a_container_may_be_given_is_on_the_settings_page() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text()
    named = set(re.findall(r"`(BOTTEGA_[A-Z0-9_]+)", page))
    files = {f"{name}_FILE" for name in env.SECRETS}
    assert (set(env.NAMES) | serving_names()) - files <= named
