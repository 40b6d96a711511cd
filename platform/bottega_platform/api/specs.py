"""Request bodies as msgspec structs: decoding with pointers, and their schemas for OpenAPI."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from bottega.decoding import fault_of
from bottega.problems import Fault
from bottega_platform.api.errors import Invalid

Struct = TypeVar("Struct", bound=msgspec.Struct)
registered: dict[str, type[msgspec.Struct]] = {}


def decode(struct: type[Struct], data: Any) -> Struct:
    """Turn parsed JSON into ``struct``; raise 422 with a pointer for what does not fit."""
    try:
        decoded: Struct = msgspec.convert(data, struct)
    except msgspec.ValidationError as error:
        fault = fault_of(str(error))
        where = f" ({fault.pointer})" if fault.pointer else ""
        raise Invalid(f"{fault.detail}{where}", code="spec_invalid", errors=[fault]) from error
    _refuse_unknown(struct, data)
    _check_times(decoded)
    return decoded


def _check_times(decoded: msgspec.Struct) -> None:
    """Refuse a time without its offset, and one that has no year of four digits in UTC: no row could hold it."""
    for field in msgspec.structs.fields(decoded):
        value = getattr(decoded, field.name)
        if isinstance(value, datetime) and not _storable(value):
            detail = "A time has its offset and lies in the years 1 to 9999, as 2013-10-01T00:00:00Z."
            fault = Fault("bad_time", detail, pointer=f"/{field.encode_name}", got=value.isoformat())
            raise Invalid(detail, code="spec_invalid", errors=[fault])


def _storable(moment: datetime) -> bool:
    try:
        return moment.tzinfo is not None and bool(moment.astimezone(UTC))
    except OverflowError:
        return False


def _refuse_unknown(struct: type[msgspec.Struct], data: Any) -> None:
    """Refuse unknown top fields where the struct itself was not told to."""
    if struct.__struct_config__.forbid_unknown_fields or not isinstance(data, dict):
        return
    known = {field.encode_name for field in msgspec.structs.fields(struct)}
    unknown = [key for key in data if key not in known]
    if unknown:
        fault = fault_of(f"Object contains unknown field `{unknown[0]}`")
        raise Invalid(fault.detail, code="spec_invalid", errors=[fault])


def schema(struct: Any) -> dict[str, Any]:
    """Return the OpenAPI schema of a struct: a reference, its body added to the components."""
    registered.setdefault(struct.__name__, struct)
    return {"$ref": f"#/components/schemas/{struct.__name__}"}


def page_of(struct: Any) -> dict[str, Any]:
    """Return the schema of a page of structs."""
    link = {"type": ["string", "null"], "description": "Address of that page, or null."}
    return {
        "type": "object",
        "required": ["results", "next", "previous"],
        "properties": {
            "results": {"type": "array", "items": schema(struct)},
            "next": link,
            "previous": link,
            "count": {"type": "integer", "description": "Only with `with_count=true`."},
        },
    }
