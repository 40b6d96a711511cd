"""Optimistic concurrency: ``ETag`` on what is read, ``If-Match`` on what is written."""

from typing import Any

from django.http import HttpRequest

from bottega.problems import Fault
from bottega_platform.api.errors import BadRequest, NotFound, StaleVersion


def etag(obj: Any) -> str:
    """Return the weak tag of the row's revision."""
    return f'W/"{obj.revision}"'


def check(request: HttpRequest, obj: Any) -> None:
    """Lock the row, read it again, and refuse the write when ``If-Match`` names another revision than the present one.

    Not every change counts the revision up (a job's id is noted without), and a later ``save()`` writes every field.

    Raises:
        NotFound: the row was deleted since it was read.
        StaleVersion: it was changed since the revision that the caller names.
    """
    wanted = request.headers.get("If-Match")
    if not type(obj).objects.select_for_update().filter(pk=obj.pk).exists():
        raise NotFound("It was deleted meanwhile.")
    obj.refresh_from_db()
    if getattr(obj, "deleted_at", None) is not None:
        raise NotFound("It was deleted meanwhile.")
    if wanted is None or wanted.strip() == "*":
        return
    tags = [tag.strip() for tag in wanted.split(",")]
    if etag(obj) not in [tag if tag.startswith("W/") else f"W/{tag}" for tag in tags]:
        raise _stale(obj, tags[0])


def _stale(obj: Any, tag: str) -> StaleVersion:
    fields = _changed_since(obj, _revision(tag))
    changed = f" Changed since: {', '.join(fields)}." if fields else ""
    return StaleVersion(
        f"You have revision {tag}, the present one is {etag(obj)}.{changed} Read it again and repeat your change.",
        errors=[Fault(code="changed", detail="Changed by someone else.", pointer=f"/{name}") for name in fields],
        current=etag(obj),
    )


def _revision(tag: str) -> int:
    text = tag.removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest("If-Match holds no ETag of ours. Send the ETag you were given.", code="bad_etag")
    return int(text)


def _changed_since(obj: Any, revision: int) -> list[str]:
    from bottega_platform.audit.models import Entry

    fields: set[str] = set()
    for entry in Entry.objects.filter(subject=obj.pk, subject_revision__gt=revision)[:100]:
        before, after = entry.before or {}, entry.after or {}
        fields |= {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return sorted(fields)
