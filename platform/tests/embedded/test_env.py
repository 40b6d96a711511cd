"""Settings: defaults, and errors that name every wrong variable."""

import subprocess
import sys
from pathlib import Path

import pytest

from bottega_feature_store.storage import ObjectStore
from bottega_platform.config.env import SECRETS, InvalidEnvironmentError, load

LONG = "x" * 40


def faults(environment: dict[str, str]) -> dict[str, str]:
    with pytest.raises(InvalidEnvironmentError) as caught:
        load(environment)
    return {fault.pointer: fault.detail for fault in caught.value.problem.errors}


def test_unset_means_embedded_with_the_documented_ports(tmp_path: Path) -> None:
    env = load({"BOTTEGA_HOME": str(tmp_path)})
    assert env.profile == "embedded"
    assert (env.url, env.serving_url) == ("http://127.0.0.1:8400", "http://127.0.0.1:8500")
    assert env.embedded_postgres
    assert env.embedded_spark
    assert env.artifacts == f"file://{tmp_path}/artifacts"
    assert env.database("optuna").url("psycopg2").startswith("postgresql+psycopg2://optuna:")


def test_a_second_load_gives_the_same_secrets_in_files_only_we_can_read(tmp_path: Path) -> None:
    environment = {"BOTTEGA_HOME": str(tmp_path)}
    assert load(environment) == load(environment)
    files = [tmp_path / "secrets", *(tmp_path / "secrets").iterdir()]
    assert [file for file in files if file.stat().st_mode & 0o077] == []


def test_settings_show_no_secret_when_printed(tmp_path: Path) -> None:
    env = load({"BOTTEGA_HOME": str(tmp_path)})
    shown = repr((env, env.database("mlflow")))
    hidden = [env.secret_key, env.database().password, env.secrets.password("broker")]
    assert not [secret for secret in hidden if secret in shown]


def test_every_wrong_variable_is_named_at_once(tmp_path: Path) -> None:
    found = faults(
        {
            "BOTTEGA_HOME": str(tmp_path),
            "BOTTEGA_PORT": "eighty",
            "BOTTEGA_SERVING_PORT": "70000",
            "BOTTEGA_SPARK_URL": "http://spark",
            "BOTTEGA_SECRET_KEY": "short",
            "BOTTEGA_HOST": "0.0.0.0",  # noqa: S104
        }
    )
    assert set(found) == {
        "BOTTEGA_PORT",
        "BOTTEGA_SERVING_PORT",
        "BOTTEGA_SPARK_URL",
        "BOTTEGA_SECRET_KEY",
        "BOTTEGA_HOST",
    }
    assert "sc://" in found["BOTTEGA_SPARK_URL"]


def test_two_services_on_one_port_are_refused(tmp_path: Path) -> None:
    assert faults({"BOTTEGA_HOME": str(tmp_path), "BOTTEGA_SPARK_PORT": "8400"}) == {
        "BOTTEGA_SPARK_PORT": "is 8400, which BOTTEGA_PORT already uses"
    }


def test_the_server_profile_wants_every_service_and_a_key(tmp_path: Path) -> None:
    found = faults({"BOTTEGA_HOME": str(tmp_path), "BOTTEGA_PROFILE": "server"})
    assert {"BOTTEGA_DATABASE_URL", "BOTTEGA_BROKER_URL", "BOTTEGA_SECRET_KEY", "BOTTEGA_ARTIFACTS"} <= set(found)


def server(home: Path, **more: str) -> dict[str, str]:
    return {
        "BOTTEGA_HOME": str(home),
        "BOTTEGA_PROFILE": "server",
        "BOTTEGA_SECRET_KEY": LONG,
        "BOTTEGA_DATABASE_URL": "postgresql://app:p%40ss@db.example:5433/bottega",
        "BOTTEGA_BROKER_URL": "redis://broker:6379/0",
        "BOTTEGA_ONLINE_STORE_URL": "redis://online:6379/0",
        "BOTTEGA_SPARK_URL": "sc://spark:15002",
        "BOTTEGA_MLFLOW_URL": "http://mlflow:5000",
        "BOTTEGA_ARTIFACTS": "s3://bucket/bottega",
        **more,
    }


def test_the_server_profile_finds_all_five_databases_by_one_url(tmp_path: Path) -> None:
    env = load(server(tmp_path))
    assert env.database("iceberg").url("psycopg2") == "postgresql+psycopg2://app:p%40ss@db.example:5433/iceberg"
    assert not env.embedded_postgres


def test_a_secret_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    found = faults({"BOTTEGA_HOME": str(tmp_path), "BOTTEGA_SECRET_KEY_FILE": str(tmp_path / "none")})
    assert "cannot be read" in found["BOTTEGA_SECRET_KEY_FILE"]


def test_every_secret_may_be_the_content_of_a_file(tmp_path: Path) -> None:
    plain = server(tmp_path)
    in_files = {name: value for name, value in plain.items() if name not in SECRETS}
    plain |= {"BOTTEGA_S3_ACCESS_KEY": "user", "BOTTEGA_S3_SECRET_KEY": "hidden"}
    for name in SECRETS:
        file = tmp_path / name.lower()
        file.write_text(f"{plain[name]}\n")
        in_files[f"{name}_FILE"] = str(file)
    assert load(in_files) == load(plain)


def test_the_object_store_is_entered_with_both_keys_or_with_none(tmp_path: Path) -> None:
    assert load(server(tmp_path)).object_store == ObjectStore()
    named = server(tmp_path, BOTTEGA_S3_ACCESS_KEY="user", BOTTEGA_S3_ENDPOINT_URL="http://objects:9000")
    assert set(faults(named)) == {"BOTTEGA_S3_SECRET_KEY"}
    env = load(named | {"BOTTEGA_S3_SECRET_KEY": "hidden"})
    assert env.object_store == ObjectStore(endpoint_url="http://objects:9000", access_key="user", secret_key="hidden")
    assert "hidden" not in repr(env)
    assert load({"BOTTEGA_HOME": str(tmp_path)}).object_store is None


def test_a_secret_in_a_file_and_beside_it_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("redis://broker:6379/0")
    found = faults(server(tmp_path, BOTTEGA_BROKER_URL_FILE=str(file)))
    assert found == {"BOTTEGA_BROKER_URL_FILE": "is set beside BOTTEGA_BROKER_URL: set one of them"}


def test_what_stands_in_a_file_is_checked_like_a_variable(tmp_path: Path) -> None:
    environment = server(tmp_path)
    del environment["BOTTEGA_BROKER_URL"]
    file = tmp_path / "url"
    file.write_text("http://broker")
    assert set(faults(environment | {"BOTTEGA_BROKER_URL_FILE": str(file)})) == {"BOTTEGA_BROKER_URL"}
    file.write_text("")
    assert "is empty" in faults(environment | {"BOTTEGA_BROKER_URL_FILE": str(file)})["BOTTEGA_BROKER_URL_FILE"]


def test_the_nodes_secret_lies_in_the_home_or_where_it_is_named(tmp_path: Path) -> None:
    assert load({"BOTTEGA_HOME": str(tmp_path)}).node_secret_file == tmp_path / "secrets" / "node"
    file = tmp_path / "shared"
    file.write_text(LONG)
    named = {"BOTTEGA_HOME": str(tmp_path), "BOTTEGA_NODE_SECRET_FILE": str(file)}
    assert load(named).node_secret_file == file
    file.write_text("short")
    assert set(faults(named)) == {"BOTTEGA_NODE_SECRET_FILE"}


def test_host_names_are_listed_in_the_server_profile(tmp_path: Path) -> None:
    env = load(server(tmp_path, BOTTEGA_ALLOWED_HOSTS="ML.example.org, .internal,web", BOTTEGA_HOST="0.0.0.0"))  # noqa: S104
    assert env.allowed_hosts == ("ml.example.org", ".internal", "web")


@pytest.mark.parametrize("names", ["*", "https://ml.example.org", "ml.example.org:443", "a b", ""])
def test_an_address_for_everybody_needs_proper_host_names(tmp_path: Path, names: str) -> None:
    found = faults(server(tmp_path, BOTTEGA_ALLOWED_HOSTS=names, BOTTEGA_HOST="0.0.0.0"))  # noqa: S104
    assert set(found) == {"BOTTEGA_ALLOWED_HOSTS"}


def test_the_embedded_profile_takes_no_other_host_name(tmp_path: Path) -> None:
    found = faults({"BOTTEGA_HOME": str(tmp_path), "BOTTEGA_ALLOWED_HOSTS": "ml.example.org"})
    assert "server profile" in found["BOTTEGA_ALLOWED_HOSTS"]


def test_only_listed_host_names_are_served(tmp_path: Path) -> None:
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "for host in ('ml.example.org', 'localhost', 'evil.example'):\n"
        "    print(Client().get('/api/v1/openapi.json', headers={'host': host}).status_code)\n"
    )
    environment = server(tmp_path, BOTTEGA_ALLOWED_HOSTS="ml.example.org")
    environment |= {"DJANGO_SETTINGS_MODULE": "bottega_platform.config.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["200", "200", "400"]


@pytest.mark.parametrize(("text", "found"), [("0,1", ("0", "1")), ("GPU-5f3a, 2", ("GPU-5f3a", "2")), ("none", ())])
def test_gpus_are_declared_by_index_or_uuid(tmp_path: Path, text: str, found: tuple[str, ...]) -> None:
    assert load({"BOTTEGA_HOME": str(tmp_path), "BOTTEGA_GPU_DEVICES": text}).gpu_devices == found


def test_gpus_that_are_not_declared_are_looked_for(tmp_path: Path) -> None:
    assert load({"BOTTEGA_HOME": str(tmp_path)}).gpu_devices is None


@pytest.mark.parametrize("text", ["0,0", "0,,1", "all", "0;1", "-1", "GPU-a b"])
def test_gpus_that_cannot_be_meant_are_refused(tmp_path: Path, text: str) -> None:
    assert set(faults({"BOTTEGA_HOME": str(tmp_path), "BOTTEGA_GPU_DEVICES": text})) == {"BOTTEGA_GPU_DEVICES"}
