"""Snapshots in Iceberg: Parquet is staged below the table's folder and committed on a branch of its own.

``main`` is never written. A branch starts without a parent, so a snapshot holds exactly the files that one
job staged; readers follow snapshot ids that our database published.
"""

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError
from pyiceberg.table import Table
from sqlalchemy import text

from bottega.faults import fault_point
from bottega.problems import ProblemError
from bottega.specs import Column, TableRead
from bottega_feature_store.storage import fetched, iceberg_properties
from bottega_feature_store.tables.schema import arrow_schema, columns_of_arrow


class SnapshotNotFound(ProblemError):
    """A published snapshot is not in the catalog."""

    code = "snapshot_not_found"
    title = "The table's snapshot is missing"
    status = 404


class Tables:
    """The Iceberg catalog in PostgreSQL (``postgresql+psycopg2://…``) with files below the artifacts' URL.

    Made after the fork, once per process; not shared between threads that commit.
    """

    def __init__(self, catalog_url: str, artifacts_url: str) -> None:
        self._catalog_url = catalog_url
        self._root = artifacts_url.rstrip("/") if "://" in artifacts_url else f"file://{artifacts_url.rstrip('/')}"

    @cached_property
    def catalog(self) -> SqlCatalog:
        """The Iceberg catalog itself, for what this class does not do."""
        options = {"uri": self._catalog_url, "warehouse": f"{self._root}/tables", "pool_pre_ping": "true"}
        return SqlCatalog("bottega", **options, **iceberg_properties())

    def staging_url(self, identifier: str, staging_name: str) -> str:
        """Return the folder below which a job writes the Parquet files of one snapshot."""
        return f"{self.location(identifier)}/{staging_name}"

    def stage(
        self,
        identifier: str,
        parquet_files: list[str],
        schema: pa.Schema | list[Column],
        branch: str,
        *,
        properties: dict[str, str] | None = None,
    ) -> int:
        """Commit the files as one snapshot on ``branch`` and return its id, for our database to publish.

        Args:
            identifier: ``<project id>.<table id>_<schema>``; made when it does not exist.
            parquet_files: full URLs or paths below :meth:`staging_url`.
            schema: the table's columns.
            branch: a new name, ``job-<id>-<fence>``.
            properties: written into the snapshot's summary.
        """
        arrow = schema if isinstance(schema, pa.Schema) else arrow_schema(schema)
        fault_point("after_artifact_before_manifest")
        with self.alone(identifier):
            self._ensure(identifier, arrow)
            snapshot_id = self._append(identifier, parquet_files, branch, properties or {})
        fault_point("after_manifest_before_commit")
        return snapshot_id

    def files(self, identifier: str, snapshot_id: int) -> list[str]:
        """Return the URLs of the snapshot's Parquet files, in name order."""
        return sorted(task.file.file_path for task in self._scan(identifier, snapshot_id).plan_files())

    def spark_files(self, read: TableRead, scratch: str | Path) -> list[str]:
        """Return what Spark reads of a snapshot: its files, from an object store copied below ``scratch``."""
        folder = Path(scratch) / "inputs" / f"{read.identifier}-{read.snapshot_id}"
        return fetched(self.files(read.identifier, read.snapshot_id), folder)

    def size(self, identifier: str, snapshot_id: int) -> int:
        """Return the bytes of the snapshot's Parquet files."""
        return sum(task.file.file_size_in_bytes for task in self._scan(identifier, snapshot_id).plan_files())

    def arrow(self, identifier: str, snapshot_id: int, columns: list[str] | None = None) -> pa.Table:
        """Return a snapshot, or some of its columns, as one Arrow table (small tables and tests only)."""
        return self._scan(identifier, snapshot_id, columns).to_arrow()

    def columns(self, identifier: str) -> list[Column]:
        """Return the columns of a table."""
        schema: pa.Schema = self.catalog.load_table(identifier).schema().as_arrow()
        return columns_of_arrow(schema)

    def close(self) -> None:
        """Give the catalog's database connections back."""
        if "catalog" in self.__dict__:
            self.catalog.engine.dispose()

    @contextlib.contextmanager
    def alone(self, identifier: str) -> Iterator[None]:
        """Let one process at a time commit to a table: PyIceberg's own retries trip over sequence numbers.

        The lock belongs to a transaction, so a crash gives it back.
        """
        with self.catalog.engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": identifier})
            yield

    def _append(self, identifier: str, files: list[str], branch: str, properties: dict[str, str]) -> int:
        table = self.catalog.load_table(identifier)
        if branch in table.refs():
            raise ValueError(f"branch {branch} of {identifier} is there already: a job stages under its fence once")
        table.add_files(files, snapshot_properties=properties, check_duplicate_files=False, branch=branch)
        return int(table.refs()[branch].snapshot_id)

    def _ensure(self, identifier: str, schema: pa.Schema) -> None:
        if not self.catalog.table_exists(identifier):
            with contextlib.suppress(NamespaceAlreadyExistsError):
                self.catalog.create_namespace_if_not_exists(identifier.split(".")[0])
            self.catalog.create_table(identifier, schema=schema, location=self.location(identifier))
        table = self.catalog.load_table(identifier)
        if table.current_snapshot() is None:
            # PyIceberg refuses a branch on a table without any snapshot: give main an empty one, once.
            table.append(schema.empty_table())

    def location(self, identifier: str) -> str:
        """Return the URL of the folder that holds everything of a table."""
        project_id, name = identifier.split(".")
        return f"{self._root}/tables/{project_id}/{name}"

    def _scan(self, identifier: str, snapshot_id: int, columns: list[str] | None = None) -> Any:
        table: Table = self.catalog.load_table(identifier)
        if table.snapshot_by_id(snapshot_id) is None:
            raise SnapshotNotFound(f"snapshot {snapshot_id} of {identifier} is gone; compute it again")
        selected = tuple(columns) if columns else ("*",)
        return table.scan(snapshot_id=snapshot_id, selected_fields=selected)
