"""Shapes of applying documents."""

from typing import Annotated, Any

import msgspec

from bottega_platform.documents.services import Act, Applied, DocumentIn

MAX_DOCUMENTS = 1_000


class ApplyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Documents in any order, at most a thousand."""

    documents: Annotated[list[DocumentIn], msgspec.Meta(min_length=1, max_length=MAX_DOCUMENTS)]


class ApplyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same before its documents are looked at, which happens one by one: each may have faults."""

    documents: Annotated[list[Any], msgspec.Meta(min_length=1, max_length=MAX_DOCUMENTS)]


class AppliedOut(msgspec.Struct, frozen=True):
    """What became of a document. ``job`` works for what was created; ``key`` is an endpoint's, shown this once."""

    kind: str
    name: str
    act: Act
    job: str | None
    key: str | None


class ApplyOut(msgspec.Struct, frozen=True):
    """One result per document, in their order."""

    results: list[AppliedOut]


def applied_out(one: Applied) -> AppliedOut:
    """Render a result."""
    return AppliedOut(one.document.kind.name, one.document.name, one.act, one.outcome.job, one.outcome.key)
