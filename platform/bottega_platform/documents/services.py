"""Applying documents: each is tried in a savepoint, so that all faults are found; with one fault nothing stays."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec
from django.db import IntegrityError, transaction

from bottega.decoding import fault_of
from bottega.problems import Fault, ProblemError
from bottega.specs import API_VERSION
from bottega_platform.api import problems
from bottega_platform.documents.errors import DocumentsInvalid, Immutable
from bottega_platform.documents.kinds import KINDS, Kind, Outcome
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Project, Role

Act = Literal["created", "changed", "unchanged"]


class Metadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the resource is called."""

    name: str


class DocumentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One resource as it should be; ``spec`` is what the resource's own address takes."""

    apiVersion: str  # noqa: N815 - the name that such documents have everywhere
    kind: str
    metadata: Metadata
    spec: dict[str, Any]


class Document(NamedTuple):
    """A document that was understood; ``place`` is its index in the body."""

    place: int
    kind: Kind
    name: str
    spec: Any


class Applied(NamedTuple):
    """What became of a document."""

    document: Document
    act: Act
    outcome: Outcome = Outcome()


@transaction.atomic
def apply(*, actor: Any, project: Project, documents: list[Any]) -> list[Applied]:
    """Make the project as the documents say, whatever order they come in; what is so already stays.

    Raises:
        DocumentsInvalid: with every fault of every document; then nothing was created or changed.
    """
    faults: list[Fault] = []
    applied = []
    for document in _ordered(list(_understood(documents, faults))):
        try:
            with transaction.atomic():
                applied.append(_apply(actor, project, document))
        except (ProblemError, IntegrityError) as error:
            faults += _faults(document, error)
    if faults:
        raise DocumentsInvalid("Nothing was applied.", errors=sorted(faults, key=_place))
    return sorted(applied, key=lambda one: one.document.place)


def _understood(documents: list[Any], faults: list[Fault]) -> Iterator[Document]:
    seen: set[tuple[str, str]] = set()
    for place, value in enumerate(documents):
        try:
            document = _document(place, value)
        except _Fault as error:
            faults.append(_at(place, error.fault))
            continue
        if (document.kind.name, document.name) in seen:
            text = f"{document.kind.name} “{document.name}” stands in an earlier document too."
            faults.append(_at(place, Fault("duplicate_document", text, "/metadata/name")))
            continue
        seen.add((document.kind.name, document.name))
        yield document


class _Fault(Exception):
    """Carries the one fault that keeps a document from being read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.detail)
        self.fault = fault


def _document(place: int, value: Any) -> Document:
    envelope = _converted(value, DocumentIn, "")
    if envelope.apiVersion != API_VERSION:
        raise _Fault(Fault("unknown_version", f"apiVersion is {API_VERSION} here.", "/apiVersion"))
    kind = KINDS.get(envelope.kind)
    if kind is None:
        text = f"There is no kind “{envelope.kind[:60]}”; there are {', '.join(KINDS)}."
        raise _Fault(Fault("unknown_kind", text, "/kind"))
    return Document(place, kind, envelope.metadata.name, _converted(envelope.spec, kind.struct, "/spec"))


def _converted(value: Any, struct: Any, inside: str) -> Any:
    try:
        return msgspec.convert(value, struct)
    except msgspec.ValidationError as error:
        fault = fault_of(str(error))
        raise _Fault(msgspec.structs.replace(fault, pointer=inside + (fault.pointer or ""))) from error


def _ordered(documents: list[Document]) -> Iterator[Document]:
    """Yield each after those it refers to, and otherwise by name: two calls at once lock in the same order."""
    rank = {name: number for number, name in enumerate(KINDS)}
    waiting = sorted(documents, key=lambda one: (rank[one.kind.name], one.name))
    while waiting:
        names = {(one.kind.name, one.name) for one in waiting}
        ready = next((one for one in waiting if not _refers(one) & names), waiting[0])
        waiting.remove(ready)
        yield ready


def _refers(document: Document) -> set[tuple[str, str]]:
    return {(document.kind.name, name) for name in document.kind.reads(document.spec) - {document.name}}


def _apply(actor: Any, project: Project, document: Document) -> Applied:
    kind = document.kind
    row = kind.rows.objects.in_project(project).filter(name=document.name).select_for_update().first()
    if row is None:
        _allow(actor, project, kind)
        outcome = kind.create(actor=actor, project=project, name=document.name, spec=document.spec)
        return Applied(document, "created", outcome)
    present = kind.spec_of(row)
    wanted = kind.completed(present, document.spec)
    if present == wanted:
        return Applied(document, "unchanged")
    if kind.change is None or any(getattr(present, name) != getattr(wanted, name) for name in kind.fixed):
        raise _immutable(document, present, wanted)
    _allow(actor, project, kind)
    return Applied(document, "changed", kind.change(actor=actor, row=row, spec=wanted))


def _allow(actor: Any, project: Project, kind: Kind) -> None:
    """Refuse a kind that needs more than the role by which documents may be applied at all."""
    if kind.role is not Role.EDITOR:
        role = permissions.role_of(actor, project) or Role.VIEWER
        permissions.require(role, kind.role, project=project)


def _immutable(document: Document, present: Any, wanted: Any) -> Immutable:
    fields = document.kind.fixed or frozenset(field.name for field in msgspec.structs.fields(wanted))
    name = min(name for name in fields if getattr(present, name) != getattr(wanted, name))
    text = (
        f"{document.kind.name} “{document.name}” is there, and its {name} never changes: give the new one another name."
    )
    return Immutable(text, errors=[Fault("immutable", text, f"/spec/{name}")])


def _faults(document: Document, error: ProblemError | IntegrityError) -> list[Fault]:
    """Return what a refusal means, its pointers led into the body."""
    known = problems.translate(error)
    if known is None:
        raise error
    problem = known.problem
    found = problem.errors or [Fault(problem.code, problem.detail)]
    return [_at(document.place, _in_document(fault)) for fault in found]


def _in_document(fault: Fault) -> Fault:
    return msgspec.structs.replace(fault, pointer="/metadata/name") if fault.pointer == "/name" else fault


def _at(place: int, fault: Fault) -> Fault:
    return msgspec.structs.replace(fault, pointer=f"/documents/{place}{fault.pointer or ''}")


def _place(fault: Fault) -> int:
    return int((fault.pointer or "").split("/")[2])
