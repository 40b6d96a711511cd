"""The references of :mod:`bottega.ground_truth` as DuckDB SQL over a row of the prediction log."""

from bottega.ground_truth import REFERENCE_BYTES
from bottega_feature_store.quoting import literal


def request_sql() -> str:
    """Return SQL for the reference of a row's request."""
    return _digest("concat('r', request_id, '/', row)")


def keys_sql(keys: list[str]) -> str:
    """Return SQL for the reference of a row's entity keys and moment; null where a key is null."""
    parts = [f"{literal(_sized(name) + '=')} || {_sized_value(name)} || ';'" for name in sorted(keys)]
    text = " || ".join([literal("k"), *parts, "'@'", "CAST(epoch_us(as_of) AS VARCHAR)"])
    return _digest(text)


def _sized(name: str) -> str:
    return f"{len(name.encode())}:{name}"


def _sized_value(name: str) -> str:
    pointer = literal("/" + name.replace("~", "~0").replace("/", "~1"))
    value = f"json_extract_string(inputs, {pointer})"
    return f"strlen({value}) || ':' || {value}"


def _digest(text: str) -> str:
    return f"unhex(left(sha256({text}), {2 * REFERENCE_BYTES}))"
