"""Reading labels strictly, and keeping them: the same value again is nothing, another value is a correction."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
from django.db import connection, transaction
from msgspec import UNSET, UnsetType

from bottega.decoding import escape, fault_of
from bottega.ground_truth import KeyValue, key_reference, request_reference
from bottega.problems import Fault, SpecProblem
from bottega.specs import Column
from bottega_feature_store.types import from_json, from_micros, parse_timestamp, to_micros
from bottega_platform.api import specs
from bottega_platform.api.errors import Invalid
from bottega_platform.deployments.models import Endpoint
from bottega_platform.ground_truth.facts import Truth
from bottega_platform.ground_truth.models import Label

MAX_LABELS = 10_000
BATCH_ROWS = 2_000
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,128}$")


class LabelIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What turned out to be true about one prediction.

    The prediction is named by ``request_id`` (and ``row``, where the request held several records), or by its
    entity ``keys`` and ``event_time``: the record's own time, or the moment of the request where it has none.
    ``value`` is 0 or 1 (or a boolean) for a binary model, a number for a regression.
    """

    value: bool | int | float
    request_id: str | UnsetType = UNSET
    row: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    keys: dict[str, Any] | UnsetType = UNSET
    event_time: str | UnsetType = UNSET


class LabelsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 10,000 labels; one that cannot be used refuses them all."""

    labels: list[LabelIn]


@dataclass(frozen=True)
class NewLabel:
    """A label that was read and found good."""

    reference: bytes
    value: float
    request_id: str = ""
    row: int = 0
    keys: dict[str, KeyValue] | None = None
    event_time: datetime | None = None

    @property
    def day(self) -> date | None:
        """The UTC day of the prediction's moment, where the label tells it."""
        return self.event_time.date() if self.event_time else None


class Kept(msgspec.Struct, frozen=True):
    """What became of labels: ``new`` ones, ``corrected`` ones, and ``unchanged`` ones that were there already."""

    new: int = 0
    corrected: int = 0
    unchanged: int = 0


class _WrongLabel(Exception):
    """One fault of one label; becomes part of the problem of the whole call."""

    def __init__(self, code: str, detail: str, pointer: str, got: Any = None) -> None:
        super().__init__(detail)
        self.fault = Fault(code, detail, pointer=pointer, got=None if got is None else str(got)[:80])


def read(document: Any, truth: Truth) -> list[NewLabel]:
    """Return the labels of a request's body.

    Raises:
        Invalid: with one fault and pointer per label that cannot be used; nothing is kept then.
    """
    items = _items(document)
    faults: list[Fault] = []
    found: dict[bytes, int] = {}
    labels = []
    for place, item in enumerate(items):
        try:
            label = _label(item, truth, f"/labels/{place}")
            _refuse_second(found, label.reference, place)
            labels.append(label)
        except _WrongLabel as wrong:
            faults.append(wrong.fault)
    if faults:
        raise _refused(faults, len(items))
    return labels


def _items(document: Any) -> list[Any]:
    if not isinstance(document, dict) or set(document) != {"labels"} or not isinstance(document["labels"], list):
        specs.decode(LabelsIn, document)
        raise Invalid("Send {“labels”: […]}.", code="spec_invalid")
    items: list[Any] = document["labels"]
    if not items:
        fault = Fault("required", "Send at least one label.", pointer="/labels")
        raise Invalid(fault.detail, code="spec_invalid", errors=[fault])
    if len(items) > MAX_LABELS:
        detail = f"{len(items):,} labels are more than {MAX_LABELS:,}: send several calls, or import a file."
        raise Invalid(detail, code="too_many", errors=[Fault("too_many", detail, pointer="/labels")])
    return items


def _refused(faults: list[Fault], total: int) -> Invalid:
    detail = f"{len(faults):,} of {total:,} labels cannot be used, so none was kept. First: {faults[0].detail}"
    return Invalid(detail, code="labels_invalid", errors=faults)


def _label(item: Any, truth: Truth, pointer: str) -> NewLabel:
    try:
        label = msgspec.convert(item, LabelIn)
    except msgspec.ValidationError as error:
        fault = fault_of(str(error))
        raise _WrongLabel(fault.code, fault.detail, f"{pointer}{fault.pointer}") from error
    value = _value(label.value, truth.task, f"{pointer}/value")
    if label.request_id is not UNSET:
        return _by_request(label, value, pointer)
    if label.keys is UNSET or label.event_time is UNSET:
        detail = "Name the prediction by request_id, or by keys and event_time."
        raise _WrongLabel("label_unnamed", detail, pointer)
    keys = _keys(label.keys, truth.keys, f"{pointer}/keys")
    moment = _moment(label.event_time, truth.now, f"{pointer}/event_time")
    return NewLabel(key_reference(keys, to_micros(moment)), value, keys=keys, event_time=moment)


def _by_request(label: LabelIn, value: float, pointer: str) -> NewLabel:
    if label.keys is not UNSET or label.event_time is not UNSET:
        detail = "Name the prediction once: by request_id, or by keys and event_time."
        raise _WrongLabel("label_named_twice", detail, pointer)
    name = str(label.request_id)
    if not _REQUEST_ID.match(name):
        detail = "A request id has 1 to 128 letters, digits, '.', '-' and '_'."
        raise _WrongLabel("bad_request_id", detail, f"{pointer}/request_id", name)
    return NewLabel(request_reference(name, label.row), value, request_id=name, row=label.row)


def _value(value: float, task: str, pointer: str) -> float:
    if task == "binary":
        if value not in (0, 1):
            raise _WrongLabel("label_not_binary", "A label of a binary model is 0 or 1.", pointer, value)
    elif isinstance(value, bool):
        raise _WrongLabel("wrong_type", "A label of a regression is a number.", pointer, value)
    return float(value)


def _keys(given: Mapping[str, Any], wanted: list[Column], pointer: str) -> dict[str, KeyValue]:
    types = {column.name: column.type for column in wanted}
    for name in given:
        if name not in types:
            detail = f"There is no key “{name[:60]}”; the keys are {', '.join(types)}."
            raise _WrongLabel("unknown_key", detail, f"{pointer}/{escape(name)}")
    return {name: _key(given.get(name), types[name], name, pointer) for name in types}


def _key(value: Any, kind: str, name: str, pointer: str) -> KeyValue:
    if value is None:
        raise _WrongLabel("required", f"The key “{name}” is missing.", f"{pointer}/{escape(name)}")
    try:
        found = from_json(kind, value)
    except ValueError as error:
        raise _WrongLabel("wrong_type", f"{name}: {error}.", f"{pointer}/{escape(name)}", value) from error
    assert isinstance(found, str | int)  # noqa: S101 - an entity key has no other type
    return found


def _moment(text: str, now: datetime, pointer: str) -> datetime:
    try:
        moment = from_micros(parse_timestamp(text))
    except SpecProblem as problem:
        raise _WrongLabel(problem.problem.code, f"{problem}.", pointer, text) from problem
    except OverflowError as error:
        raise _WrongLabel("timestamp_invalid", "This moment does not exist in UTC.", pointer, text) from error
    if moment > now:
        detail = f"{text} is after the present time, {now.isoformat()}: nobody can know the truth yet."
        raise _WrongLabel("future_time", detail, pointer, text)
    if moment < EARLIEST:
        raise _WrongLabel("timestamp_invalid", "A label's time is not before 1970.", pointer, text)
    return moment


def _refuse_second(found: dict[bytes, int], reference: bytes, place: int) -> None:
    first = found.setdefault(reference, place)
    if first != place:
        detail = f"This is the prediction of /labels/{first} again: send one value for it."
        raise _WrongLabel("duplicate_label", detail, f"/labels/{place}")


def keep(*, endpoint: Endpoint, labels: Iterable[NewLabel], actor: Any) -> Kept:
    """Keep labels, at most one per reference; sending them again changes nothing.

    Writers of one endpoint follow each other, so that a greater id is a later commit: the job that computes
    quality remembers one id as "seen up to here".
    """
    with transaction.atomic():
        _lock(endpoint)
        wanted = {label.reference: label for label in labels}
        known = _newest(endpoint, list(wanted))
        rows = [
            _row(endpoint, label, known.get(reference), actor)
            for reference, label in wanted.items()
            if reference not in known or known[reference].value != label.value
        ]
        Label.objects.bulk_create(rows, batch_size=BATCH_ROWS)
    corrected = sum(row.number > 1 for row in rows)
    return Kept(new=len(rows) - corrected, corrected=corrected, unchanged=len(wanted) - len(rows))


def _lock(endpoint: Endpoint) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"labels {endpoint.pk}"])


def _newest(endpoint: Endpoint, references: list[bytes]) -> dict[bytes, Label]:
    rows = Label.objects.filter(endpoint=endpoint, reference__in=references).order_by("reference", "-number")
    return {bytes(row.reference): row for row in rows.distinct("reference")}


def _row(endpoint: Endpoint, label: NewLabel, before: Label | None, actor: Any) -> Label:
    return Label(
        project_id=endpoint.project_id,
        endpoint=endpoint,
        reference=label.reference,
        number=before.number + 1 if before else 1,
        value=label.value,
        request_id=label.request_id,
        row=label.row,
        keys=label.keys,
        event_time=label.event_time,
        day=before.day if before else label.day,
        created_by=actor,
    )
