"""JSON as REST bodies may hold it: bounded, without duplicates, without numbers or characters that break later."""

import json
import math
import re
from typing import Any, NoReturn

from bottega.decoding import escape
from bottega.problems import Fault
from bottega_platform.api.errors import BadRequest, Invalid

MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def loads(body: bytes) -> Any:
    """Parse a body; raise a coded problem for anything that JSON, or we, do not allow."""
    _check_depth(body)
    try:
        document = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8 (byte {error.start}).", code="malformed_json") from error
    except json.JSONDecodeError as error:
        detail = f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise BadRequest(detail, code="malformed_json") from error
    _check_strings(document, "")
    return document


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in _TOKENS.finditer(body):
        character = token.group()
        if character in b"[{":
            depth += 1
        elif character in b"]}":
            depth -= 1
        if depth > MAX_DEPTH:
            raise BadRequest(f"The body is nested deeper than {MAX_DEPTH} levels.", code="too_deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadRequest(f"The key {twice!r} occurs twice in one object. Keep one.", code="duplicate_key")
    return document


def _constant(text: str) -> NoReturn:
    raise BadRequest(f"{text} is not JSON. Send null for a missing number.", code="malformed_json")


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > MAX_INTEGER:
        raise Invalid(
            f"The number {text[:24]} is larger than 64 bits hold. Send it as a string.",
            code="number_out_of_range",
        )
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise Invalid(f"The number {text[:24]} is larger than a double holds.", code="number_out_of_range")
    return number


def _check_strings(value: Any, pointer: str) -> None:
    if isinstance(value, str):
        _check_string(value, pointer)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_string(key, pointer)
            _check_strings(item, f"{pointer}/{escape(key)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_strings(item, f"{pointer}/{index}")


def _check_string(text: str, pointer: str) -> None:
    found = _UNWANTED.search(text)
    if found:
        detail = f"Remove the character U+{ord(found.group()):04X}: it cannot be stored or shown."
        raise Invalid(
            "A text holds a control character.",
            code="control_character",
            errors=[Fault(code="control_character", detail=detail, pointer=pointer)],
        )
