"""Sending documents to be applied, and leading what the platform finds wrong back to file and line."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bottega.cli.documents import Document, DocumentsInvalid
from bottega.cli.plan import with_digest
from bottega.client import Client
from bottega.problems import Fault, ProblemError
from bottega.specs import API_VERSION

_PLACE = re.compile(r"/documents/(?P<index>\d+)(?P<rest>.*)")


def by_project(documents: list[Document], project: str) -> dict[str, list[Document]]:
    """Return the documents of each project; those that name none go to ``project``."""
    found: dict[str, list[Document]] = {}
    for document in documents:
        found.setdefault(document.project or project, []).append(document)
    return found


def apply(client: Client, project: str, documents: list[Document]) -> list[dict[str, Any]]:
    """Upload the files that sources name and apply the documents, all or none; return one result for each.

    Raises:
        DocumentsInvalid: with every fault, at its file and line.
    """
    specs = list(_uploaded(client, project, documents))
    sent = [_body(document, spec) for document, spec in zip(documents, specs, strict=True)]
    try:
        answer = client.post(f"/projects/{project}/apply", {"documents": sent})
    except ProblemError as error:
        if error.problem.code != DocumentsInvalid.code:
            raise
        faults = [_located(fault, documents) for fault in error.problem.errors]
        raise DocumentsInvalid(error.problem.detail, errors=faults) from error
    results: list[dict[str, Any]] = answer["results"]
    return results


def _body(document: Document, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": document.name}
    return {"apiVersion": API_VERSION, "kind": document.kind.name, "metadata": metadata, "spec": spec}


def _uploaded(client: Client, project: str, documents: list[Document]) -> Iterator[dict[str, Any]]:
    """Yield the specs; files go first, since an upload alone changes nothing."""
    for document in documents:
        spec, file = with_digest(document)
        if file is not None:
            _upload(client, f"/projects/{project}/uploads", file, spec["upload"])
        yield spec


def _upload(client: Client, path: str, file: Path, digest: str) -> None:
    if client.find(f"{path}/{digest}") is None:
        client.upload(path, file.read_bytes(), filename=file.name)


def _located(fault: Fault, documents: list[Document]) -> Fault:
    found = _PLACE.fullmatch(fault.pointer or "")
    if found is None:
        return fault
    return documents[int(found["index"])].fault(msgspec.structs.replace(fault, pointer=found["rest"]))
