"""DuckDB as this platform uses it: one bounded in-process engine per job, no network, no extensions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import fsspec

from bottega_feature_store.quoting import literal

MEMORY_LIMIT = "2GB"


@contextmanager
def connect(
    scratch: str | Path, *, memory: str = MEMORY_LIMIT, threads: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that spills to ``scratch``, speaks UTC and loads nothing from outside."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "temp_directory": str(Path(scratch) / "duckdb"),
            "threads": threads or min(os.cpu_count() or 1, 8),
            "autoinstall_known_extensions": "false",
            "TimeZone": "UTC",
        },
    )
    try:
        yield connection
    finally:
        connection.close()


def local_paths(connection: duckdb.DuckDBPyConnection, urls: list[str]) -> list[str]:
    """Return names under which DuckDB reads these URLs; other file systems are read through fsspec."""
    names = []
    for url in urls:
        protocol = url.split("://", 1)[0] if "://" in url else "file"
        if protocol == "file":
            names.append(url.removeprefix("file://"))
        else:
            if not connection.filesystem_is_registered(protocol):
                connection.register_filesystem(fsspec.filesystem(protocol))
            names.append(url)
    return names


def parquet(connection: duckdb.DuckDBPyConnection, urls: list[str]) -> str:
    """Return SQL for a table function that reads these Parquet files, in their order."""
    listed = ", ".join(literal(name) for name in local_paths(connection, urls))
    return f"read_parquet([{listed}])"
