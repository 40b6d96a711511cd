"""An ASGI layer that refuses bodies which are too large or too slow, before they touch memory or disk."""

import asyncio
import re
from typing import Any

import msgspec
from django.conf import settings

from bottega.ids import new_id
from bottega.problems import ProblemError
from bottega_platform.api.errors import TooLarge

JSON_LIMIT = 1024 * 1024
READ_SECONDS = 20.0
UPLOADS = re.compile(r"^/api/v1/projects/[^/]+/uploads/?$")


class TooSlow(ProblemError):
    """The body stopped coming."""

    code = "too_slow"
    title = "The body took too long"
    status = 408


class BodyGuard:
    """Wraps the application; only HTTP requests are looked at."""

    def __init__(self, application: Any, *, read_seconds: float = READ_SECONDS) -> None:
        self._application = application
        self._read_seconds = read_seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        limit = settings.MAX_UPLOAD_BYTES if UPLOADS.match(scope["path"]) else JSON_LIMIT
        if _declared(scope) > limit:
            await _refuse(send, _too_large(limit))
            return
        await self._guarded(scope, _Body(receive, limit, self._read_seconds), send)

    async def _guarded(self, scope: Any, body: "_Body", send: Any) -> None:
        started = False

        async def sending(message: Any) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._application(scope, body.receive, sending)
        except (TooLarge, TooSlow) as error:
            if not started:
                await _refuse(send, error)


class _Body:
    """Counts and times the messages of one body; leaves everything after it alone."""

    def __init__(self, receive: Any, limit: int, seconds: float) -> None:
        self._receive = receive
        self._limit = limit
        self._seconds = seconds
        self._seen = 0
        self._complete = False

    async def receive(self) -> Any:
        """Return the next message of the connection."""
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._seconds)
        except TimeoutError as error:
            raise TooSlow(f"Nothing came for {self._seconds:g} seconds. Send the whole body.") from error
        self._count(message)
        return message

    def _count(self, message: Any) -> None:
        self._complete = not message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            raise _too_large(self._limit)


def _declared(scope: Any) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"0")
    return int(text) if text.isdigit() and len(text) < 20 else 0


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"This endpoint reads at most {limit} bytes. Send less, or upload a file.")


async def _refuse(send: Any, error: ProblemError) -> None:
    request_id = new_id("request")
    problem = msgspec.structs.replace(error.problem, request_id=request_id)
    body = msgspec.json.encode(problem.as_dict())
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
