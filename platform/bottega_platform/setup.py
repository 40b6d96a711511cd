"""``python -m bottega_platform.setup``: make what is missing of databases and bucket, and bring the tables up to date.

For an installation on services of its own; `bottega up` does both for the embedded one. May be run again.
"""

import os

import django
import psycopg
from django.core.management import call_command
from psycopg import sql

from bottega_platform.config.env import DATABASES, Env, current


def create_databases(env: Env) -> list[str]:
    """Make what is missing of our five databases and return its names.

    Raises:
        psycopg.Error: the server cannot be reached, or the user may not make databases.
    """
    address = env.database()
    with psycopg.connect(env.maintenance_database().url(), autocommit=True) as connection:
        there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        wanted = [address.name, *(name for name in DATABASES if name != "bottega")]
        missing = [name for name in wanted if name not in there]
        for name in missing:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return missing


def create_bucket(env: Env) -> None:
    """Make the bucket of the artifacts when it is not there.

    Raises:
        OSError: the store cannot be reached, or refuses us.
    """
    if env.object_store is None:
        return
    import fsspec

    env.object_store.use()
    filesystem, path = fsspec.core.url_to_fs(env.artifacts)
    bucket = path.partition("/")[0]
    if not filesystem.exists(bucket):
        filesystem.mkdir(bucket)


def main() -> None:
    """Make databases, tables and bucket."""
    env = current()
    create_bucket(env)
    if not env.embedded_postgres:
        create_databases(env)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bottega_platform.config.settings")
    django.setup()
    call_command("migrate", "--no-input", "--verbosity=1")


if __name__ == "__main__":
    main()
