"""Removes from the tables' folders what no published version and no attempt at work needs.

Everything an attempt stages bears its name, ``<job>-<fence>``: a folder of Parquet files and a branch
``job-<job>-<fence>``. The mark is the set of names that were published or are at work; beside it stands the moment
before which something must have been written to go. Metadata files are marked from the table's present metadata.
A table of a project that the caller does not name is never touched.
"""

import posixpath
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

import fsspec
import msgspec
from pyiceberg.table import Table

from bottega_feature_store.tables.catalog import Tables

_STAGED = re.compile(r"^job_[0-9a-z]+-[0-9]+$")
_BRANCH = "job-"


class Leftover(msgspec.Struct, frozen=True):
    """One thing that nothing points at: what it is (``branch``, ``folder``, ``metadata``), where, and its bytes."""

    kind: str
    name: str
    bytes: int = 0


class TableSweep:
    """One sweep over the tables of some projects.

    Args:
        tables: the catalog and its files.
        kept: staging names, ``<job>-<fence>``, of published versions and of attempts at work.
        before: only what was last written before this moment goes.
        dry_run: tell what would go, and leave it.
    """

    def __init__(self, tables: Tables, *, kept: Collection[str], before: datetime, dry_run: bool) -> None:
        self._tables = tables
        self._kept = kept
        self._before = before
        self._dry_run = dry_run

    def project(self, project_id: str) -> Iterator[Leftover]:
        """Sweep a project's tables and yield what went, or would go."""
        filesystem, folder = fsspec.core.url_to_fs(posixpath.dirname(self._tables.location(f"{project_id}.any")))
        for path in _folders(filesystem, folder):
            identifier = f"{project_id}.{posixpath.basename(path)}"
            yield from self._branches(identifier)
            yield from self._staged(filesystem, identifier, path)
            yield from self._metadata(filesystem, identifier, f"{path}/metadata")

    def _branches(self, identifier: str) -> Iterator[Leftover]:
        table = self._load(identifier)
        dead = [] if table is None else self._dead(table)
        if dead and not self._dry_run:
            with self._tables.alone(identifier):
                dead = self._remove_branches(identifier)
        for name in dead:
            yield Leftover("branch", f"{identifier} {name}")

    def _remove_branches(self, identifier: str) -> list[str]:
        """Remove the dead branches and the snapshots that only they held; nobody else may commit meanwhile."""
        table = self._tables.catalog.load_table(identifier)
        dead = self._dead(table)
        snapshots = [table.refs()[name].snapshot_id for name in dead]
        with table.manage_snapshots() as change:
            for name in dead:
                change.remove_branch(name)
        held = {ref.snapshot_id for ref in table.refs().values()}
        table.maintenance.expire_snapshots().by_ids([one for one in snapshots if one not in held]).commit()
        return dead

    def _dead(self, table: Table) -> list[str]:
        return [name for name, ref in table.refs().items() if self._is_dead(table, name, ref.snapshot_id)]

    def _is_dead(self, table: Table, branch: str, snapshot_id: int) -> bool:
        name = branch.removeprefix(_BRANCH)
        if not branch.startswith(_BRANCH) or not _STAGED.match(name) or name in self._kept:
            return False
        made = datetime.fromtimestamp(table.snapshot_by_id(snapshot_id).timestamp_ms / 1000, tz=UTC)
        return made < self._before

    def _staged(self, filesystem: Any, identifier: str, location: str) -> Iterator[Leftover]:
        """Sweep folders of Parquet files that no kept attempt staged."""
        for path in _folders(filesystem, location):
            name = posixpath.basename(path)
            if not _STAGED.match(name) or name in self._kept:
                continue
            files = filesystem.find(path, detail=True)
            if all(filesystem.modified(one) < self._before for one in files or [path]):
                if not self._dry_run:
                    filesystem.rm(path, recursive=True)
                yield Leftover("folder", f"{identifier}/{name}", sum(one["size"] for one in files.values()))

    def _metadata(self, filesystem: Any, identifier: str, folder: str) -> Iterator[Leftover]:
        """Sweep metadata files that the table's present metadata does not lead to."""
        table = self._load(identifier)
        if table is None:
            return
        marked = self._reachable(table)
        for path, found in filesystem.find(folder, detail=True).items():
            name = posixpath.basename(path)
            if name not in marked and filesystem.modified(path) < self._before:
                if not self._dry_run:
                    filesystem.rm_file(path)
                yield Leftover("metadata", f"{identifier}/metadata/{name}", found["size"])

    def _reachable(self, table: Table) -> set[str]:
        """Return the names of the metadata files that are needed; they are unique, so addresses need not agree."""
        files = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
        dead = {table.refs()[name].snapshot_id for name in self._dead(table)}
        for snapshot in table.snapshots():
            if snapshot.snapshot_id not in dead:
                files.add(snapshot.manifest_list)
                files.update(manifest.manifest_path for manifest in snapshot.manifests(table.io))
        return {posixpath.basename(file) for file in files}

    def _load(self, identifier: str) -> Table | None:
        """Return the table; None where a job was lost before the catalog knew it."""
        catalog = self._tables.catalog
        return catalog.load_table(identifier) if catalog.table_exists(identifier) else None


def _folders(filesystem: Any, folder: str) -> list[str]:
    try:
        found = filesystem.ls(folder, detail=True)
    except FileNotFoundError:
        return []
    return sorted(entry["name"].rstrip("/") for entry in found if entry["type"] == "directory")
