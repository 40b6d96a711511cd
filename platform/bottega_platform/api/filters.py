"""Filters that a list declares; nothing else of the query string reaches the database.

``state=running,failed`` is one of several words; a time or a number also takes ``created_at__gte=``,
``__gt``, ``__lte`` and ``__lt``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from bottega_platform.api.errors import BadRequest

RANGES = ("gte", "gt", "lte", "lt")
PAGING = frozenset({"cursor", "limit", "sort", "with_count"})


@dataclass(frozen=True)
class Words:
    """Equality with one of the comma-separated words; ``allowed`` lists what may be asked for."""

    field: str
    allowed: tuple[str, ...] = ()

    def suffixes(self) -> tuple[str, ...]:
        """Return the suffixes that the parameter may have."""
        return ("",)

    def condition(self, name: str, _suffix: str, text: str) -> Q:
        """Return the condition of one parameter."""
        words = text.split(",")
        unknown = [word for word in words if self.allowed and word not in self.allowed]
        if unknown:
            detail = f"{name} cannot be “{unknown[0][:60]}”. Use: {', '.join(self.allowed)}."
            raise BadRequest(detail, code="bad_filter")
        return Q(**{f"{self.field}__in": words})


@dataclass(frozen=True)
class Time:
    """A moment, or a range of them, in RFC 3339 with offset."""

    field: str

    def suffixes(self) -> tuple[str, ...]:
        """Return the suffixes that the parameter may have."""
        return ("", *(f"__{name}" for name in RANGES))

    def condition(self, name: str, suffix: str, text: str) -> Q:
        """Return the condition of one parameter."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = datetime.min  # noqa: DTZ901 - refused just below, like any time without offset
        if moment.tzinfo is None:
            raise BadRequest(f"{name} is a time with offset, as 2013-10-01T00:00:00Z.", code="bad_filter")
        return Q(**{f"{self.field}{suffix}": moment})


Filter = Words | Time


def apply(request: HttpRequest, queryset: QuerySet[Any], declared: Mapping[str, Filter]) -> QuerySet[Any]:
    """Narrow the list by the query string; refuse parameters that the list does not have."""
    known = {f"{name}{suffix}": (one, suffix) for name, one in declared.items() for suffix in one.suffixes()}
    for name, text in request.GET.items():
        if name in PAGING:
            continue
        if name not in known:
            raise BadRequest(
                f"There is no filter “{name[:60]}” here. Use: {', '.join(sorted(declared)) or 'none'}.",
                code="unknown_parameter",
            )
        one, suffix = known[name]
        queryset = queryset.filter(one.condition(name, suffix, str(text)))
    return queryset


def described(declared: Mapping[str, Filter]) -> dict[str, str]:
    """Return names and descriptions for the API description."""
    texts = {Words: "One or several values, comma-separated.", Time: "Time, RFC 3339 with offset."}
    return {f"{name}{suffix}": texts[type(one)] for name, one in declared.items() for suffix in one.suffixes()}
