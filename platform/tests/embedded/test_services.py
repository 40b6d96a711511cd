"""The embedded services: they start, keep data over a kill, and refuse strangers."""

import itertools

import psycopg
import pytest
import redis

from bottega_platform.config.env import DATABASES, Env
from bottega_platform.embedded.postgres import Postgres


@pytest.fixture
def settled(services: Env) -> Env:
    """The services after a further start, which heals what another test left (Django's made `bottega` anew)."""
    Postgres(services).settle()
    return services


def test_every_role_enters_its_own_database(settled: Env) -> None:
    for name in DATABASES:
        with psycopg.connect(settled.database(name).url()) as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == (name, name)


@pytest.mark.parametrize(("role", "database"), list(itertools.permutations(DATABASES, 2)))
def test_no_role_enters_the_database_of_another(settled: Env, role: str, database: str) -> None:
    stranger = settled.database(role).url().removesuffix(role) + database
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(stranger)


def test_a_database_left_open_by_a_killed_start_is_closed_by_the_next(settled: Env) -> None:
    with psycopg.connect(settled.postgres_admin().url(), autocommit=True) as admin:
        admin.execute("GRANT CONNECT ON DATABASE optuna TO PUBLIC")
    Postgres(settled).settle()
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(settled.database("mlflow").url().removesuffix("mlflow") + "optuna")


def test_both_valkeys_want_their_own_password(services: Env) -> None:
    redis.Redis.from_url(services.broker_url).ping()
    redis.Redis.from_url(services.online_store_url).ping()
    mixed = services.broker_url.replace(str(services.broker_port), str(services.online_store_port))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(mixed).ping()
