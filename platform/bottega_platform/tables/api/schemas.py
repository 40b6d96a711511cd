"""Shapes of the endpoints of tables."""

from datetime import datetime
from typing import Any

import msgspec

from bottega_platform.api.shapes import ResourceOut, common
from bottega_platform.projects.models import Role
from bottega_platform.tables.models import Table, TableVersion


class DirtOut(msgspec.Struct, frozen=True):
    """What was counted as dirt: why, in which column, how many; ``left_out`` rows are not in the table."""

    reason: str
    column: str | None
    rows: int
    left_out: bool


class VersionOut(msgspec.Struct, frozen=True):
    """One published version. ``snapshot`` is the Iceberg snapshot id, as text: it exceeds 2**53."""

    id: str
    number: int
    snapshot: str
    identifier: str
    rows: int
    bytes: int
    columns: list[dict[str, Any]]
    dirt: list[DirtOut]
    rows_skipped: int
    samples: list[dict[str, Any]]
    parents: list[str]
    message: str
    job: str
    created_at: datetime


class TableOut(ResourceOut, frozen=True):
    """A table with its published version."""

    kind: str
    description: str
    current: VersionOut | None


class PreviewOut(msgspec.Struct, frozen=True):
    """The first rows of a version."""

    version: str
    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]]


def version_out(version: TableVersion) -> VersionOut:
    """Render a version."""
    return VersionOut(
        id=version.pk,
        number=version.number,
        snapshot=str(version.snapshot_id),
        identifier=version.identifier,
        rows=version.rows,
        bytes=version.bytes,
        columns=version.columns,
        dirt=dirt_out(version),
        rows_skipped=version.dirt.get("rows_skipped", 0),
        samples=version.dirt.get("samples", []),
        parents=version.parents,
        message=version.message,
        job=version.job_id,
        created_at=version.created_at,
    )


def dirt_out(version: TableVersion) -> list[DirtOut]:
    """Return what was counted: rows left out, repeated keys, and nulls by column."""
    dirt, found = version.dirt, []
    by_column = dirt.get("columns", {})
    located: dict[str, int] = {}
    for column, reasons in by_column.items():
        for reason, rows in reasons.items():
            located[reason] = located.get(reason, 0) + rows
            found.append(DirtOut(reason, column, rows, left_out=True))
    for reason, rows in dirt.get("reasons", {}).items():
        if rows > located.get(reason, 0):
            found.append(DirtOut(reason, None, rows - located.get(reason, 0), left_out=True))
    if dirt.get("duplicate_keys"):
        found.append(DirtOut("duplicate_key", None, dirt["duplicate_keys"], left_out=False))
    nulls = version.profile.get("columns", [])
    return found + [DirtOut("null", c["name"], c["nulls"], left_out=False) for c in nulls if c["nulls"]]


def table_out(table: Table, role: Role) -> TableOut:
    """Render a table."""
    return TableOut(
        **common(table, role, {"preview": Role.VIEWER} if table.current else {}),
        kind=table.kind,
        description=table.description,
        current=version_out(table.current) if table.current else None,
    )
