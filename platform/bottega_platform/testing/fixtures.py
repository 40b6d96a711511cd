"""Fixtures of the plugin: the embedded services, started once per session on the reserved ports."""

import shutil
from collections.abc import Iterator

import psycopg
import pytest

from bottega_platform.config.env import Env, current
from bottega_platform.embedded import run
from bottega_platform.embedded.postgres import Postgres
from bottega_platform.embedded.valkey import Broker, OnlineStore

# Only a test may lose its last second to a power cut.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


@pytest.fixture(scope="session")
def services() -> Iterator[Env]:
    """PostgreSQL with its five databases, the broker and the online store; yields the settings."""
    env = current()
    children = []
    try:
        for service in (Postgres(env, settings=_FAST), Broker(env), OnlineStore(env)):
            children.append(run.start(service))  # noqa: PERF401 - what started must be stopped if the next fails
        _allow_test_database(env)
        yield env
    finally:
        for child in reversed(children):
            child.kill()
        shutil.rmtree(env.home / "postgres", ignore_errors=True)


@pytest.fixture(scope="session")
def online_store_url(services: Env) -> str:
    """URL of the online store."""
    return services.online_store_url


@pytest.fixture(scope="session")
def broker_url(services: Env) -> str:
    """URL of the broker."""
    return services.broker_url


@pytest.fixture(scope="session")
def postgres_admin_url(services: Env) -> str:
    """URL of PostgreSQL's superuser."""
    return services.postgres_admin().url()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services: Env) -> None:  # noqa: ARG001 - asked for, not used
    """Start the services before pytest-django makes its database, and give that the name in the settings.

    So a child process of a test, which reads the same environment, finds the same database.
    """
    from django.conf import settings

    default = settings.DATABASES["default"]
    default.setdefault("TEST", {})["NAME"] = default["NAME"]


def _allow_test_database(env: Env) -> None:
    with psycopg.connect(env.postgres_admin().url(), autocommit=True) as connection:
        connection.execute("ALTER ROLE bottega CREATEDB")
