"""The node's last-known-good state on disk: what it serves, signed, replaced in one rename."""

import hashlib
import hmac
import os
from pathlib import Path

import msgspec

from bottega.serving_contract import DESIRED_FORMAT, DesiredState


class StateError(Exception):
    """A desired state cannot be trusted or read."""


class _Envelope(msgspec.Struct):
    body: str
    signature: str


def sign(secret: bytes, body: bytes) -> str:
    """Return the signature header's value for a body."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def verify(secret: bytes, body: bytes, signature: str) -> DesiredState:
    """Check the signature and return the state; raise :class:`StateError` otherwise."""
    if not hmac.compare_digest(sign(secret, body), signature):
        raise StateError("the desired state's signature does not match this node's secret")
    try:
        state = msgspec.json.decode(body, type=DesiredState)
    except msgspec.MsgspecError as error:
        raise StateError(f"the desired state cannot be read: {error}") from error
    if state.format > DESIRED_FORMAT:
        raise StateError(f"desired state format {state.format} is newer than this node")
    return state


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one step; after a crash there is the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def save(path: Path, state: DesiredState, secret: bytes) -> None:
    """Keep what is served now as the last known good."""
    body = msgspec.json.encode(state)
    envelope = _Envelope(body.decode(), sign(secret, body))
    write_atomically(path, msgspec.json.encode(envelope))


def load(path: Path, secret: bytes) -> DesiredState:
    """Return the last known good state, or an empty one when there is none yet."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return DesiredState(generation=0, routes=[])
    try:
        envelope = msgspec.json.decode(raw, type=_Envelope)
    except msgspec.MsgspecError as error:
        raise StateError(f"{path.name} cannot be read: {error}") from error
    return verify(secret, envelope.body.encode(), envelope.signature)
