"""What applying documents would change: each compared with what is there."""

import difflib
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from bottega.cli.documents import Document, DocumentsInvalid
from bottega.cli.kinds import KINDS, Kind
from bottega.client import Client
from bottega.problems import Fault
from bottega.specs import API_VERSION

Act = Literal["create", "change", "unchanged"]


class Step(NamedTuple):
    """One document beside what is there."""

    document: Document
    project: str
    act: Act
    before: dict[str, Any] | None
    after: dict[str, Any]


def make(client: Client, documents: Iterable[Document], project: str) -> list[Step]:
    """Return the steps in the order in which they can be done.

    Raises:
        DocumentsInvalid: a document would change what never changes, or names a file that is not there.
    """
    steps, faults = [], []
    for document in _ordered(list(documents)):
        try:
            steps.append(_step(client, document, document.project or project))
        except DocumentsInvalid as error:
            faults += error.problem.errors
    if faults:
        raise DocumentsInvalid("Nothing was applied.", errors=faults)
    return steps


def difference(step: Step) -> str:
    """Return the change as a unified diff of two documents; empty where nothing changes."""
    if step.act == "unchanged":
        return ""
    kind, name = step.document.kind, step.document.name
    before = "" if step.before is None else rendered(kind, name, step.before)
    lines = difflib.unified_diff(
        before.splitlines(),
        rendered(kind, name, step.after).splitlines(),
        "/dev/null" if step.before is None else f"{step.project}/{kind.folder}/{name}",
        str(step.document.file),
        lineterm="",
    )
    return "\n".join(lines)


def rendered(kind: Kind, name: str, spec: dict[str, Any]) -> str:
    """Return a document as YAML."""
    document = {"apiVersion": API_VERSION, "kind": kind.name, "metadata": {"name": name}, "spec": spec}
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, so that SQL reads as SQL."""


def _text(dumper: yaml.SafeDumper, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _step(client: Client, document: Document, project: str) -> Step:
    kind = document.kind
    spec, _ = with_digest(document)
    after = kind.normal(spec)
    before = _present(client, kind, f"/projects/{project}/{kind.folder}/{document.name}")
    if before is None:
        return Step(document, project, "create", None, after)
    if before == after:
        return Step(document, project, "unchanged", before, after)
    fixed = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    if kind.changing is not None:
        fixed = [name for name in fixed if name not in kind.changing]
    if kind.change is None or (kind.changing is not None and fixed):
        text = f"{kind.name} “{document.name}” is there already and never changes. Give the new one another name."
        raise DocumentsInvalid("", errors=[document.fault(Fault("immutable", text, pointer=f"/spec/{fixed[0]}"))])
    return Step(document, project, "change", before, after)


def _present(client: Client, kind: Kind, address: str) -> dict[str, Any] | None:
    found = client.find(address)
    return None if found is None else kind.normal(kind.present(found))


def with_digest(document: Document) -> tuple[dict[str, Any], Path | None]:
    """Return the spec with a source's ``upload: ./file.csv`` turned into that file's digest, and the file.

    Raises:
        DocumentsInvalid: there is no such file.
    """
    named = document.spec.get("upload")
    if document.kind.name != "Source" or not isinstance(named, str) or not named.startswith(("./", "../", "/")):
        return document.spec, None
    file = (document.file.parent / named).resolve()
    if not file.is_file():
        fault = Fault("no_such_file", f"There is no file {file}.", pointer="/spec/upload")
        raise DocumentsInvalid("", errors=[document.fault(fault)])
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {**document.spec, "upload": digest}, file


def _ordered(documents: list[Document]) -> Iterator[Document]:
    """Yield each after those it refers to: by kind, and views after the views they read."""
    rank = {name: place for place, name in enumerate(KINDS)}
    waiting = sorted(documents, key=lambda document: rank[document.kind.name])
    while waiting:
        names = {document.name for document in waiting if document.kind.name == "FeatureView"}
        ready = next((one for one in waiting if not _reads(one) & (names - {one.name})), waiting[0])
        waiting.remove(ready)
        yield ready


def _reads(document: Document) -> set[str]:
    return set(document.spec.get("sources", [])) if document.kind.name == "FeatureView" else set()
