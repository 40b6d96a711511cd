"""Cursor pages: stable under inserts, no offsets, at most a thousand rows."""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest, HttpResponse

from bottega_platform.api import responses
from bottega_platform.api.errors import BadRequest

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


def page(
    request: HttpRequest,
    queryset: QuerySet[Any],
    render: Callable[[Any], Any],
    ordering: str = "-created_at",
    sortable: tuple[str, ...] = (),
) -> HttpResponse:
    """Answer one page ``{results, next, previous}``; ``?sort=`` may choose among ``sortable`` fields."""
    return page_with(request, queryset, lambda _: render, ordering, sortable)


def page_with(
    request: HttpRequest,
    queryset: QuerySet[Any],
    renderer: Callable[[list[Any]], Callable[[Any], Any]],
    ordering: str = "-created_at",
    sortable: tuple[str, ...] = (),
) -> HttpResponse:
    """Do :func:`page` where rows need others: ``renderer`` reads those of the whole page at once."""
    ordering = _ordering(request, ordering, sortable)
    limit = _limit(request)
    cursor = _Cursor.read(request, ordering)
    rows = list(cursor.apply(queryset)[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    if cursor.backwards:
        rows.reverse()
    render = renderer(rows)
    body: dict[str, Any] = {
        "results": [render(row) for row in rows],
        "next": _link(request, cursor.after(rows, more)),
        "previous": _link(request, cursor.before(rows, more)),
    }
    if request.GET.get("with_count") == "true":
        body["count"] = queryset.count()
    return responses.ok(body)


def _ordering(request: HttpRequest, default: str, sortable: tuple[str, ...]) -> str:
    wanted = request.GET.get("sort", default)
    allowed = {default.removeprefix("-"), *sortable}
    if wanted.removeprefix("-") not in allowed:
        raise BadRequest(f"Sort by one of: {', '.join(sorted(allowed))}.", code="bad_sort")
    return wanted


def _limit(request: HttpRequest) -> int:
    text = request.GET.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT):
        raise BadRequest(f"limit is a number from 1 to {MAX_LIMIT}.", code="bad_limit")
    return int(text)


def _link(request: HttpRequest, token: str | None) -> str | None:
    if token is None:
        return None
    query = [(key, value) for key, values in request.GET.lists() for value in values if key != "cursor"]
    return f"{request.path}?{urlencode([*query, ('cursor', token)])}"


class _Cursor:
    """A place between two rows, by the ordering field and the primary key. Rows without a value come last."""

    def __init__(self, ordering: str, place: tuple[Any, Any] | None = None, *, backwards: bool = False) -> None:
        self.ordering = ordering
        self.place = place
        self.backwards = backwards
        self.field = ordering.removeprefix("-")
        self.descending = ordering.startswith("-") != backwards

    @classmethod
    def read(cls, request: HttpRequest, ordering: str) -> "_Cursor":
        text = request.GET.get("cursor")
        if text is None:
            return cls(ordering)
        try:
            raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            known, way, value, key = json.loads(raw)
            place = (_value(value), _value(key))
        except (ValueError, TypeError, RecursionError) as error:
            detail = "This cursor is not one of ours, or of another order. Begin with the first page."
            raise BadRequest(detail, code="bad_cursor") from error
        if known != ordering:
            raise BadRequest("This cursor is of another order. Begin with the first page.", code="bad_cursor")
        return cls(ordering, place, backwards=way == "p")

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        nullable = bool(getattr(queryset.model._meta.get_field(self.field), "null", False))  # noqa: SLF001
        ordered = queryset.order_by(self._order(nullable=nullable), f"{'-' if self.descending else ''}pk")
        if self.place is None:
            return ordered
        try:
            return ordered.filter(self._beyond_null() if nullable else self._beyond(*self.place))
        except (ValueError, TypeError, ValidationError) as error:
            raise BadRequest("This cursor is of another list.", code="bad_cursor") from error

    def _order(self, *, nullable: bool) -> OrderBy:
        """Order by the field; only where it may be null is that said, or no index would serve."""
        place = F(self.field).desc if self.descending else F(self.field).asc
        if not nullable:
            return place()
        return place(nulls_first=True) if self.backwards else place(nulls_last=True)

    def _beyond(self, value: Any, key: Any) -> Q:
        """Return the condition of the rows behind the place, in the direction of reading."""
        step = "lt" if self.descending else "gt"
        beyond = Q(**{f"{self.field}__{step}": value}) | Q(**{self.field: value, f"pk__{step}": key})
        return Q(**{f"{self.field}__{step}e": value}) & beyond

    def _beyond_null(self) -> Q:
        """Do the same for a field that may be null: rows without a value come after all others."""
        value, key = self.place or (None, None)  # only called with a place
        empty = Q(**{f"{self.field}__isnull": True})
        if value is not None:
            return self._beyond(value, key) if self.backwards else self._beyond(value, key) | empty
        behind = empty & Q(**{f"pk__{'lt' if self.descending else 'gt'}": key})
        return behind | ~empty if self.backwards else behind

    def after(self, rows: list[Model], more: bool) -> str | None:
        return self._token("n", rows[-1]) if rows and (more or self.backwards) else None

    def before(self, rows: list[Model], more: bool) -> str | None:
        behind = more if self.backwards else self.place is not None
        return self._token("p", rows[0]) if rows and behind else None

    def _token(self, way: str, row: Model) -> str:
        value = getattr(row, self.field)
        text = {"t": value.isoformat()} if isinstance(value, datetime) else value
        raw = json.dumps([self.ordering, way, text, row.pk], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        moment = datetime.fromisoformat(str(value.get("t")))
        if moment.tzinfo is None:
            raise ValueError("a time without offset")
        return moment
    if not isinstance(value, str | int | float | None) or "\x00" in str(value):
        raise ValueError("nothing that PostgreSQL can compare")
    str(value).encode()  # half a surrogate pair is a ValueError, too
    return value
