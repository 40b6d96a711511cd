"""Frames between a worker and its job child: length-prefixed JSON over an inherited descriptor.

The child never opens the platform's database. The worker sends one :class:`Start`; the child sends
:class:`Progress`, :class:`Call` and, last, exactly one of :class:`Done` or :class:`Failed`. A
``Call`` asks the worker to do something under the job's fence and is answered by :class:`Reply`.

Wire format: 4 bytes big-endian length, then that many bytes of JSON. Payload format is number 1.
"""

import datetime as dt
import socket
import struct
from enum import StrEnum
from typing import Any

import msgspec

PAYLOAD_FORMAT = 1
MAX_FRAME_BYTES = 64 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class FailureClass(StrEnum):
    """Why a job failed; only the last three are retried without being asked."""

    USER_CODE = "user_code"
    DATA = "data"
    OOM = "oom"
    TIMEOUT = "timeout"
    LOST_WORKER = "lost_worker"
    PLATFORM = "platform"


RETRIED = frozenset({FailureClass.TIMEOUT, FailureClass.LOST_WORKER, FailureClass.PLATFORM})


class Start(msgspec.Struct, frozen=True, tag="start"):
    """Worker → child: everything the child may know. ``inputs`` are resolved by the platform
    (published snapshots, digests, definitions); ``connections`` are secrets: URLs by name; ``device`` is the GPU that
    the attempt has leased, as ``CUDA_VISIBLE_DEVICES`` takes it, empty for none."""

    job_id: str
    kind: str
    project_id: str
    fence: int
    attempt: int
    spec: dict[str, Any]
    inputs: dict[str, Any]
    connections: dict[str, str]
    scratch: str
    payload_format: int = PAYLOAD_FORMAT
    device: str = ""


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """Child → worker: how far; ``done`` and ``total`` count ``unit`` (rows, trials, steps)."""

    done: float
    total: float | None = None
    message: str = ""
    unit: str = ""


class Call(msgspec.Struct, frozen=True, tag="call"):
    """Child → worker: do ``method`` under my fence (``trial.start``, ``trial.report``, …)."""

    number: int
    method: str
    params: dict[str, Any]


class Reply(msgspec.Struct, frozen=True, tag="reply"):
    """Worker → child: the answer to the call with this number, or the problem that prevented it."""

    number: int
    result: Any = None
    problem: dict[str, Any] | None = None


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Child → worker: finished; ``result`` names what was staged, for the kind's ``publish``."""

    result: dict[str, Any]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Child → worker: failed; ``problem`` is a problem document, ``failure_class`` who is at fault."""

    failure_class: FailureClass
    problem: dict[str, Any]


Frame = Start | Progress | Call | Reply | Done | Failed
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)


class ChannelClosed(ConnectionError):
    """The other side of the channel is gone."""


class Channel:
    """A blocking frame channel over one connected stream socket. Not safe for concurrent senders."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def fileno(self) -> int:
        """Return the descriptor, so that the channel can be given to ``select``."""
        return self._connection.fileno()

    def send(self, frame: Frame) -> None:
        """Send one frame; raise :class:`ChannelClosed` when nobody reads any more."""
        body = _encoder.encode(frame)
        try:
            self._connection.sendall(_LENGTH.pack(len(body)) + body)
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self) -> Frame:
        """Return the next frame; raise :class:`ChannelClosed` at the end, ``ValueError`` on rubbish."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        if length > MAX_FRAME_BYTES:
            raise ValueError(f"a frame of {length} bytes is over the limit of {MAX_FRAME_BYTES}")
        return _decoder.decode(self._exactly(length))

    def close(self) -> None:
        """Close this side."""
        self._connection.close()

    def _exactly(self, length: int) -> bytes:
        chunks = bytearray()
        while len(chunks) < length:
            try:
                chunk = self._connection.recv(length - len(chunks))
            except OSError as error:
                raise ChannelClosed(str(error)) from error
            if not chunk:
                raise ChannelClosed("the channel was closed")
            chunks += chunk
        return bytes(chunks)


class JobContext:
    """What a job kind's function gets besides its spec: inputs, secrets, progress, calls, a staging name.

    A kind is ``def run(context: JobContext) -> dict``; what it returns reaches the kind's ``publish``.
    """

    def __init__(self, channel: Channel, start: Start) -> None:
        self._channel = channel
        self._calls = 0
        self.start = start

    @property
    def spec(self) -> dict[str, Any]:
        """The job's own specification, as stored."""
        return self.start.spec

    @property
    def inputs(self) -> dict[str, Any]:
        """What the platform resolved for this attempt: published snapshots, digests, definitions."""
        return self.start.inputs

    @property
    def staging_name(self) -> str:
        """The name under which effects outside our database are staged: job id and fence."""
        return f"{self.start.job_id}-{self.start.fence}"

    def connection(self, name: str) -> str:
        """Return a secret connection URL (``iceberg``, ``artifacts``, ``optuna``, ``online_store``, ``spark``)."""
        return self.start.connections[name]

    def progress(self, done: float, total: float | None = None, message: str = "", unit: str = "") -> None:
        """Tell how far the job is; cheap, but not meant for every row."""
        self._channel.send(Progress(done, total, message, unit))

    def log(self, text: str) -> None:
        """Write a line to the job's log, with the time in UTC; it is there at once, whatever happens next."""
        print(f"{dt.datetime.now(dt.UTC):%H:%M:%S.%f}"[:12], text, flush=True)  # noqa: T201 - the log is stdout

    def call(self, method: str, **params: Any) -> Any:
        """Ask the worker to do ``method`` under this job's fence and return its result."""
        from bottega.problems import ProblemError

        self._calls += 1
        self._channel.send(Call(self._calls, method, params))
        reply = self._channel.receive()
        if not isinstance(reply, Reply) or reply.number != self._calls:
            raise ChannelClosed(f"expected the reply to call {self._calls}, got {type(reply).__name__}")
        if reply.problem is not None:
            problem = dict(reply.problem)
            raise ProblemError(problem.pop("detail"), code=problem.get("code"), status=problem.get("status"))
        return reply.result
