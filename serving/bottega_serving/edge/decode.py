"""From the signature: the decoder of request bodies. Decoding with it is the validation.

The quick path is one msgspec call. Only when that fails does :mod:`bottega_serving.edge.faults` go
through the body again to say everything that is wrong with it.
"""

import datetime as dt
from collections.abc import Callable
from ctypes import c_float
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from bottega.bundle import Signature
from bottega.specs.data import DataType
from bottega_feature_store.expressions import parse
from bottega_feature_store.types import EPOCH, to_micros

MAX_TEXT = 4096
_TYPES: dict[str, Any] = {
    "string": Annotated[str, Meta(max_length=MAX_TEXT)],
    "int32": Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)],
    "int64": Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | Annotated[str, Meta(pattern="^-?[0-9]{1,19}$")],
    "float32": float,
    "float64": float,
    "bool": bool,
    "timestamp": Annotated[dt.datetime, Meta(tz=True)],
    "date": dt.date,
}


def _micros(value: dt.datetime | None) -> int | None:
    return None if value is None else to_micros(value)


def _days(value: dt.date | None) -> int | None:
    return None if value is None else (value - EPOCH.date()).days


def _whole(value: int | str | None) -> int | None:
    if type(value) is not str:
        return value  # type: ignore[return-value]
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError("the integer does not fit 64 bits")
    return number


def _single(value: float | None) -> float | None:
    return None if value is None else c_float(value).value  # beyond the range: infinite, as in a float32 column


# From what msgspec decodes to what is kept in memory; an OverflowError is the caller's fault.
CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "timestamp": _micros,
    "date": _days,
    "int64": _whole,
    "float32": _single,
}


Decode = Callable[[bytes], Any]


class Field(msgspec.Struct, frozen=True):
    """One name that a record may hold. ``required`` ones are keys and request fields."""

    name: str
    type: str
    nullable: bool
    required: bool
    view: str | None = None


def fields_of(signature: Signature) -> list[Field]:
    """Return all names of a record: keys, request fields, then the view features of a full feature set."""
    inputs = {item.name: item for item in signature.inputs}
    found = [Field(key.name, key.type, key.nullable, True) for key in signature.keys]
    for request in signature.request:
        nullable = inputs[request.name].nullable if request.name in inputs else True
        found.append(Field(request.name, request.type, nullable, True))
    taken, needed = {field.name for field in found}, needed_features(signature)
    for view in signature.views:
        found += [
            Field(column.name, column.type, True, False, view.name)
            for column in view.columns
            if column.name not in taken and column.name in needed
        ]
    return found


def needed_features(signature: Signature) -> set[str]:
    """Return the view features that the model or an expression reads."""
    needed = {item.name for item in signature.inputs if item.origin == "view"}
    for item in signature.expressions:
        needed |= set(parse(item.sql, types_of(signature), item.type).columns)
    return needed


def types_of(signature: Signature) -> dict[str, DataType]:
    """Return the type of every name that an expression may read."""
    found = {column.name: column.type for view in signature.views for column in view.columns}
    found |= {field.name: field.type for field in signature.request}
    return found | {key.name: key.type for key in signature.keys}


class Decoder:
    """Decodes predict bodies of one signature; also knows how to read a record's values in order."""

    def __init__(self, signature: Signature) -> None:
        self.fields = fields_of(signature)
        self.required = [field for field in self.fields if field.required]
        self.features = [field for field in self.fields if not field.required]
        self._names = {field.name: f"f{number}" for number, field in enumerate(self.fields)}
        record = msgspec.defstruct(
            "Record",
            [self._one(field) for field in self.fields],
            rename=self._rename(),
            forbid_unknown_fields=True,
            gc=False,
        )
        columns = msgspec.defstruct(
            "Columns",
            [self._many(field) for field in self.fields],
            rename=self._rename(),
            forbid_unknown_fields=True,
        )
        moment = Annotated[dt.datetime, Meta(tz=True)]
        body = msgspec.defstruct(
            "Body",
            [
                ("records", list[record] | UnsetType, UNSET),  # type: ignore[valid-type]
                ("columns", columns | UnsetType, UNSET),
                ("as_of", moment | UnsetType, UNSET),
            ],
            forbid_unknown_fields=True,
        )
        self.decode: Decode = msgspec.json.Decoder(body).decode
        self.decode_records: Decode = msgspec.json.Decoder(list[record]).decode  # type: ignore[valid-type]
        self.decode_moment: Decode = msgspec.json.Decoder(moment).decode
        self.decode_column: dict[str, Decode] = {
            field.name: msgspec.json.Decoder(list[_kind(field)]).decode  # type: ignore[misc]
            for field in self.fields
        }
        self.all = _getter(list(self._names.values()))
        self.base = _getter([self._names[field.name] for field in self.required])
        self.given = _getter([self._names[field.name] for field in self.features])
        self.base_converters = _converters(self.required)
        self.feature_converters = _converters(self.features)

    def _rename(self) -> dict[str, str]:
        return {attribute: name for name, attribute in self._names.items()}

    def _one(self, field: Field) -> tuple[Any, ...]:
        return self._declared(field, _kind(field))

    def _many(self, field: Field) -> tuple[Any, ...]:
        return self._declared(field, list[_kind(field)])  # type: ignore[misc]

    def _declared(self, field: Field, kind: Any) -> tuple[Any, ...]:
        attribute = self._names[field.name]
        return (attribute, kind) if field.required else (attribute, kind | UnsetType, UNSET)


def _kind(field: Field) -> Any:
    kind = _TYPES[field.type]
    return kind | None if field.nullable else kind


def _getter(attributes: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if not attributes:
        return lambda _: ()
    get = attrgetter(*attributes)
    return get if len(attributes) > 1 else lambda record: (get(record),)


def _converters(fields: list[Field]) -> list[tuple[int, Callable[[Any], Any]]]:
    return [(at, CONVERTERS[field.type]) for at, field in enumerate(fields) if field.type in CONVERTERS]
