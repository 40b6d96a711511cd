"""From msgspec's validation messages to faults with a JSON pointer, a code and what to do."""

import re

from bottega.problems import Fault

_AT = re.compile(r" - at `(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"unknown field `(?P<name>.*)`")
_MISSING = re.compile(r"missing required field `(?P<name>.*)`")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")


def escape(step: str) -> str:
    """Return one step of a JSON pointer (RFC 6901)."""
    return step.replace("~", "~0").replace("/", "~1")


def fault_of(message: str) -> Fault:
    """Translate one validation message into code, pointer and what to do."""
    found = _AT.search(message)
    pointer = _pointer(found["path"] if found else "$")
    text = message[: found.start()] if found else message
    for pattern, code, advice in (
        (_UNKNOWN, "unknown_field", "There is no field “{}” here. Remove it or correct its name."),
        (_MISSING, "required", "The field “{}” is missing."),
    ):
        named = pattern.search(text)
        if named:
            name = named["name"]
            return Fault(code=code, detail=advice.format(name), pointer=f"{pointer}/{escape(name)}")
    code = "wrong_type" if "got `" in text else "invalid_value"
    return Fault(code=code, detail=f"{text.replace('`', '')}.", pointer=pointer)


def _pointer(path: str) -> str:
    found = _STEP.finditer(path.removeprefix("$"))
    steps = [escape(step["name"] or step["index"] or "*") for step in found]
    return "".join(f"/{step}" for step in steps)
