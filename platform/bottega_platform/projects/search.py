"""Finding things of a project by a part of their name: apps register what they have, this module puts it in order."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django.db.models import F, Value
from django.db.models.functions import Lower, StrIndex

from bottega_platform.api.errors import BadRequest
from bottega_platform.projects.models import Project

MAX_TEXT = 100
PER_KIND = 6


class Hit(msgspec.Struct, frozen=True):
    """One thing that was found; ``path`` is the console's path below the project."""

    kind: str
    name: str
    detail: str
    path: str


class Hits(msgspec.Struct, frozen=True):
    """What was found: names that begin with the text before names that hold it elsewhere."""

    results: list[Hit]


Finder = Callable[[Project, str, int], Iterable[Hit]]
_finders: dict[str, Finder] = {}


def finder(kind: str) -> Callable[[Finder], Finder]:
    """Register a function that finds things of one kind: project, text in lower case, how many at most."""

    def register(function: Finder) -> Finder:
        _finders[kind] = function
        return function

    return register


def by_name(kind: str, model: Any, folder: str, *, detail: str = "") -> None:
    """Register a named resource that has a page at ``folder``/name; ``detail`` names the field to show beside it."""

    @finder(kind)
    def find(project: Project, text: str, limit: int) -> Iterable[Hit]:
        rows = named(model.objects.in_project(project), text)[:limit]
        return [
            Hit(kind, row.name, str(getattr(row, detail)) if detail else "", f"{folder}/{row.name}") for row in rows
        ]


def named(rows: Any, text: str) -> Any:
    """Return the rows whose name holds ``text``, the earlier in the name the sooner."""
    place = StrIndex(Lower(F("name")), Value(text))
    return rows.annotate(place=place).filter(place__gt=0).order_by("place", "name")


def find(project: Project, text: str) -> Hits:
    """Return what a project has under a name with ``text`` in it, at most six of a kind.

    Raises:
        BadRequest: the text is empty, too long or not printable.
    """
    wanted = text.strip().lower()
    if not wanted or len(wanted) > MAX_TEXT or not wanted.isprintable():
        raise BadRequest(f"q is a part of a name, 1 to {MAX_TEXT} printable characters.", code="bad_search")
    hits = [hit for search in _finders.values() for hit in search(project, wanted, PER_KIND)]
    hits.sort(key=lambda hit: (hit.name.lower() != wanted, not hit.name.lower().startswith(wanted)))
    return Hits(hits)
