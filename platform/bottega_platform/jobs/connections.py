"""Secret connection URLs by name, made from the environment; they reach a child over its channel only."""

from collections.abc import Callable, Iterable

from bottega_feature_store.storage import CONNECTION
from bottega_platform.config import env
from bottega_platform.config.env import Env

_URLS: dict[str, Callable[[Env], str]] = {
    "iceberg": lambda settings: settings.database("iceberg").url("psycopg2"),
    "optuna": lambda settings: settings.database("optuna").url("psycopg2"),
    "feast": lambda settings: settings.database("feast").url("psycopg2"),
    "artifacts": lambda settings: settings.artifacts,
    "online_store": lambda settings: settings.online_store_url,
    "spark": lambda settings: settings.spark_url,
}


def resolve(names: Iterable[str]) -> dict[str, str]:
    """Return the URL of each named connection."""
    settings = env.current()
    found = {name: _URLS[name](settings) for name in names}
    if "artifacts" in found and settings.object_store is not None:
        found[CONNECTION] = settings.object_store.to_json()
    return found
