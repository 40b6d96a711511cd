"""Spec files: YAML read strictly, each document with the lines where its parts stand.

What YAML offers beyond plain data is refused: tags, anchors and aliases (a few lines of them fill any memory),
keys that stand twice. A bare time stays text, and only ``true`` and ``false`` are truth values.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from bottega.cli.kinds import KINDS, Kind
from bottega.decoding import escape, fault_of
from bottega.problems import Fault, ProblemError
from bottega.specs import API_VERSION

MAX_BYTES = 4 * 2**20
MAX_DEPTH = 60
SUFFIXES = {".yaml", ".yml"}
TEXT = "tag:yaml.org,2002:str"


class DocumentsInvalid(ProblemError):
    """Documents cannot be used; nothing was applied."""

    code = "documents_invalid"
    title = "These documents cannot be applied"


class Metadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a document is called, and in which project; without one it goes where the command says."""

    name: str
    project: str | None = None


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every document looks like."""

    apiVersion: str  # noqa: N815 - the name that such documents have everywhere
    kind: str
    metadata: Metadata
    spec: dict[str, Any]


class Document(NamedTuple):
    """One resource as a file says it should be; ``lines`` leads from JSON pointers to lines."""

    kind: Kind
    name: str
    project: str | None
    spec: dict[str, Any]
    file: Path
    lines: dict[str, int]

    def fault(self, found: Fault) -> Fault:
        """Return a fault with the file and the line where it stands, as near as they are known."""
        return _placed(found, self.file, self.lines)


class _Loader(yaml.SafeLoader):
    """YAML without what makes it more than data."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool", ":merge"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.composer.ComposerError(None, None, "anchors and aliases are not used here", event.start_mark)
        if getattr(event, "tag", None):
            raise yaml.composer.ComposerError(None, None, "tags are not used here", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != TEXT:
                raise yaml.constructor.ConstructorError(None, None, "a key is text: quote it", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"“{key.value}” stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def read(paths: list[Path]) -> list[Document]:
    """Return the documents of files and folders, in the order of their names.

    Raises:
        DocumentsInvalid: with every fault of every file: what cannot be read, no kind of ours, a field too many.
    """
    faults: list[Fault] = []
    found = [document for file in _files(paths, faults) for document in _of_file(file, faults)]
    faults += _doubles(found)
    if faults:
        raise DocumentsInvalid("Nothing was applied.", errors=faults)
    return found


def _files(paths: list[Path], faults: list[Fault]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES)
            if not inside:
                faults.append(Fault("no_documents", f"{path} holds no .yaml file."))
            yield from inside
        elif path.is_file():
            yield path
        else:
            faults.append(Fault("no_such_file", f"There is no file {path}."))


def _of_file(file: Path, faults: list[Fault]) -> Iterator[Document]:
    try:
        for value, lines in _values(file):
            document = _of_value(value, lines, file, faults)
            if document is not None:
                yield document
    except (yaml.YAMLError, UnicodeDecodeError, OSError, ValueError, RecursionError) as error:
        faults.append(_unreadable(file, error))


def _values(file: Path) -> Iterator[tuple[Any, dict[str, int]]]:
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(f"it is over {MAX_BYTES // 2**20} MB")
    loader = _Loader(file.read_text(encoding="utf-8"))
    try:
        while loader.check_node():
            node = loader.get_node()
            lines = dict(_lines(node, ""))
            value = loader.construct_document(node)
            if value is not None:
                yield value, lines
    finally:
        loader.dispose()


def _unreadable(file: Path, error: Exception) -> Fault:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or ("it nests too deep" if isinstance(error, RecursionError) else str(error))
    place = f"{file}:{mark.line + 1}" if mark else str(file)
    return Fault("unreadable_yaml", f"{place}: {text}", row=mark.line + 1 if mark else None)


def _of_value(value: Any, lines: dict[str, int], file: Path, faults: list[Fault]) -> Document | None:
    envelope = _converted(value, Envelope, "")
    found = _fault_of_envelope(envelope) if isinstance(envelope, Envelope) else envelope
    if found is None:
        kind = KINDS[envelope.kind]
        spec = _converted(envelope.spec, kind.struct, "/spec") if kind.struct else None
        if not isinstance(spec, Fault):
            return Document(kind, envelope.metadata.name, envelope.metadata.project, envelope.spec, file, lines)
        found = spec
    faults.append(_placed(found, file, lines))
    return None


def _converted(value: Any, struct: Any, inside: str) -> Any:
    """Return the value as the struct, or the fault that stands in the way."""
    try:
        return msgspec.convert(value, struct)
    except msgspec.ValidationError as error:
        found = fault_of(str(error))
        return msgspec.structs.replace(found, pointer=inside + (found.pointer or ""))


def _fault_of_envelope(envelope: Envelope) -> Fault | None:
    if envelope.apiVersion != API_VERSION:
        return Fault("unknown_version", f"apiVersion is {API_VERSION} here.", pointer="/apiVersion")
    if envelope.kind not in KINDS:
        text = f"There is no kind “{envelope.kind}”; there are {', '.join(KINDS)}."
        return Fault("unknown_kind", text, pointer="/kind")
    return None


def _lines(node: Any, pointer: str, depth: int = 0) -> Iterator[tuple[str, int]]:
    if depth > MAX_DEPTH:
        raise ValueError("it nests too deep")
    yield pointer, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, f"{pointer}/{escape(str(key.value))}", depth + 1)
            yield f"{pointer}/{escape(str(key.value))}", key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, f"{pointer}/{index}", depth + 1)


def _placed(found: Fault, file: Path, lines: dict[str, int]) -> Fault:
    pointer = found.pointer or ""
    near = pointer
    while near and near not in lines:
        near = near.rpartition("/")[0]
    row = lines.get(near)
    return msgspec.structs.replace(found, detail=f"{file}:{row}: {found.detail}", row=row)


def _doubles(documents: list[Document]) -> list[Fault]:
    seen: dict[tuple[str | None, str, str], Document] = {}
    faults = []
    for document in documents:
        first = seen.setdefault((document.project, document.kind.name, document.name), document)
        if first is not document:
            text = f"{document.kind.name} “{document.name}” stands in {first.file} too."
            faults.append(document.fault(Fault("duplicate_document", text, pointer="/metadata/name")))
    return faults
