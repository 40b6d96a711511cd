"""Publishing table versions, and resolving a name to what a job may read."""

from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.utils.dateparse import parse_datetime

from bottega.specs import Column, TableRead
from bottega_platform.api.errors import BadRequest, NameTaken, NotFound
from bottega_platform.projects.models import Project
from bottega_platform.tables.errors import NotPublished
from bottega_platform.tables.models import Table, TableKind, TableVersion


def ensure_table(*, project: Project, name: str, kind: str, actor: Any = None, description: str = "") -> Table:
    """Return the project's table of this name, made when there is none.

    Raises:
        NameTaken: the name belongs to a table of another kind.
    """
    with transaction.atomic():
        table, made = Table.objects.in_project(project).get_or_create(
            project=project,
            name=name,
            deleted_at=None,
            defaults={"kind": TableKind(kind), "created_by": actor, "description": description},
        )
        if table.kind != TableKind(kind):
            raise NameTaken(name)
        if not made and description and table.description != description:
            table.description = description
            table.save(update_fields={"description"})
    found: Table = table
    return found


def published(project: Project, name: str) -> TableVersion:
    """Return the published version of a table; raise when the table or its first version is missing."""
    table: Table = Table.objects.named(project, name)
    if table.current is None:
        raise NotPublished(f"“{name}” has no data yet: ingest or compute it first.")
    return table.current


def version_at(table: Table, *, number: str | None = None, as_of: str | None = None) -> TableVersion:
    """Return a table's version by number, or the one published at a moment; without either the present one.

    Raises:
        BadRequest: both are given, or one cannot be read.
        NotFound: there is no such version.
        NotPublished: the table has no version, or had none then.
    """
    if number is not None and as_of is not None:
        raise BadRequest("Ask for a version or for a moment, not for both.", code="bad_filter")
    if number is not None:
        return _numbered(table, number)
    if as_of is None:
        return published(table.project, table.name)
    found: TableVersion | None = table.versions.filter(created_at__lte=_moment(as_of)).order_by("-number").first()
    if found is None:
        raise NotPublished(f"“{table.name}” had no data at {as_of[:40]}.")
    return found


def _numbered(table: Table, text: str) -> TableVersion:
    known = text.isascii() and text.isdigit() and len(text) < 10
    found: TableVersion | None = table.versions.filter(number=int(text)).first() if known else None
    if found is None:
        raise NotFound(f"“{table.name}” has no version {text[:20]}. Look its versions up first.")
    return found


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest("as_of is a time with offset, as 2030-01-31T00:00:00Z.", code="bad_filter")
    return moment


def read_of(version: TableVersion) -> TableRead:
    """Return how a job child reads this version."""
    return TableRead(
        table_id=version.table_id,
        name=version.table.name,
        identifier=version.identifier,
        snapshot_id=version.snapshot_id,
        columns=columns_of(version),
    )


def columns_of(version: TableVersion) -> list[Column]:
    """Return the version's columns."""
    return msgspec.convert(version.columns, list[Column])


def publish(
    *,
    job: Any,
    table: Table,
    snapshot_id: int,
    columns: list[Column] | list[dict[str, Any]],
    rows: int,
    profile: dict[str, Any],
    dirt: dict[str, Any],
    commit_info: dict[str, Any],
) -> TableVersion:
    """Make a staged snapshot the table's published version; call it inside the job's fenced transaction.

    ``commit_info`` has the Iceberg ``identifier``, and may have ``bytes``, ``message`` and ``parents`` (ids of
    the table versions it was computed from).
    """
    locked = Table.objects.select_for_update().get(pk=table.pk)
    newest = locked.versions.order_by("-number").first()
    version = TableVersion.objects.create(
        project_id=locked.project_id,
        table=locked,
        number=1 + (newest.number if newest else 0),
        identifier=commit_info["identifier"],
        snapshot_id=snapshot_id,
        columns=msgspec.to_builtins(columns),
        rows=rows,
        bytes=commit_info.get("bytes", 0),
        profile=profile,
        dirt=dirt,
        parents=commit_info.get("parents", []),
        message=commit_info.get("message", ""),
        job_id=job.id,
        fence=job.fence,
    )
    locked.current = version
    locked.save(update_fields={"current"})
    return version


def publish_result(*, job: Any, table: Table, result: dict[str, Any], message: str = "") -> TableVersion:
    """Publish what an ``ingest`` or ``feature_view`` child staged and returned."""
    return publish(
        job=job,
        table=table,
        snapshot_id=result["snapshot_id"],
        columns=result["columns"],
        rows=result["rows"],
        profile=result["profile"],
        dirt=result.get("dirt", {}),
        commit_info={
            "identifier": result["identifier"],
            "bytes": result["bytes"],
            "parents": result.get("parents", []),
            "message": message,
        },
    )
