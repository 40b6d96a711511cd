"""HTTP/1.1 by hand on httptools: limits, order under pipelining, keep-alive, slow clients, strict Host.

One request of a connection is worked on at a time, the following ones wait in order; reading pauses when too
many wait. What is malformed gets one problem answer and the connection is closed.
"""

import asyncio
from collections import deque
from typing import Protocol

import httptools

from bottega.problems import Problem
from bottega_serving.edge.answer import problem_answer
from bottega_serving.settings import Settings

MAX_HEADER_BYTES = 16 * 1024
MAX_HEADERS = 64
MAX_URL = 2048
MAX_WAITING = 32
LINGER_SECONDS = 1.0
STATUS = {
    200: b"HTTP/1.1 200 OK\r\n",
    400: b"HTTP/1.1 400 Bad Request\r\n",
    401: b"HTTP/1.1 401 Unauthorized\r\n",
    404: b"HTTP/1.1 404 Not Found\r\n",
    405: b"HTTP/1.1 405 Method Not Allowed\r\n",
    408: b"HTTP/1.1 408 Request Timeout\r\n",
    413: b"HTTP/1.1 413 Content Too Large\r\n",
    414: b"HTTP/1.1 414 URI Too Long\r\n",
    415: b"HTTP/1.1 415 Unsupported Media Type\r\n",
    422: b"HTTP/1.1 422 Unprocessable Content\r\n",
    431: b"HTTP/1.1 431 Request Header Fields Too Large\r\n",
    500: b"HTTP/1.1 500 Internal Server Error\r\n",
    503: b"HTTP/1.1 503 Service Unavailable\r\n",
}
JSON, PROBLEM, TEXT = b"application/json", b"application/problem+json", b"text/plain; version=0.0.4"


_QUICK = STATUS[200] + b"Content-Type: application/json\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n%b"
_KNOWN = {
    spelling: field
    for name, field in {
        b"Host": "host",
        b"Content-Type": "content_type",
        b"Content-Length": "length",
        b"Authorization": "authorization",
        b"X-Request-ID": "request_id",
        b"Expect": "expect",
    }.items()
    for spelling in (name, name.lower())
}


class Request:
    """One request: what of it the handlers look at."""

    __slots__ = (
        "authorization", "body", "content_type", "expects", "host", "keep_alive", "method", "request_id", "url",
    )  # fmt: skip

    def __init__(self) -> None:
        self.url = b""
        self.method = b""
        self.body = b""
        self.host: bytes | None = None
        self.content_type = b""
        self.authorization = b""
        self.request_id = b""
        self.expects = False
        self.keep_alive = True


class Handler(Protocol):
    """What answers requests; every call ends, now or later, in ``connection.answer``."""

    settings: Settings
    connections: set["HttpConnection"]
    clock: float
    draining: bool

    def handle(self, connection: "HttpConnection", request: Request) -> None:
        """Answer the request by ``connection.answer``."""
        ...


class HttpConnection(asyncio.Protocol):
    """One client connection."""

    __slots__ = (
        "_body", "_busy", "_closing", "_fail", "_handler", "_head_bytes", "_head_chunks", "_headers",
        "_idle_timeout", "_loop", "_max_body", "_parser", "_paused", "_pumping", "_read_timeout", "_reading_paused",
        "_request", "_transport", "_waiting", "current", "deadline",
    )  # fmt: skip

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop) -> None:
        self._handler = handler
        self._loop = loop
        settings = handler.settings
        self._max_body = settings.max_body
        self._read_timeout, self._idle_timeout = settings.read_timeout, settings.idle_timeout
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._request: Request | None = None
        self._waiting: deque[Request] = deque()
        self._busy = self._pumping = self._paused = self._closing = self._reading_paused = False
        self._fail: Problem | None = None
        self._body: list[bytes] = []
        self._headers = self._head_bytes = self._head_chunks = 0
        self.current: Request | None = None
        self.deadline = 0.0

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._handler.connections.add(self)
        self.deadline = self._loop.time() + self._handler.settings.idle_timeout

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._closing = True
        self._transport = self._parser = None  # the parser points back here: no cycle is left for the collector
        self._waiting.clear()
        self._handler.connections.discard(self)

    def pause_writing(self) -> None:
        self._paused = True
        self.deadline = self._loop.time() + self._handler.settings.read_timeout

    def resume_writing(self) -> None:
        self._paused = False
        self._pump()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        if self._request is not None and self._headers >= 0:
            self._head_chunks += len(data)
        try:
            self._parser.feed_data(data)  # type: ignore[union-attr]  # there is one until the connection is lost
        except httptools.HttpParserUpgrade as offer:
            self._feed(data[offer.args[0] :])
        except httptools.HttpParserError as error:
            self._malformed(error)
        if self._head_chunks > MAX_HEADER_BYTES:
            self._refuse(431, "headers_too_large", f"The headers are larger than {MAX_HEADER_BYTES} bytes.")
        self._pump()

    def _feed(self, data: bytes) -> None:
        """Parse what follows an offer to upgrade the protocol: the offer is ignored, this is HTTP/1.1 again."""
        while data:
            self._parser = httptools.HttpRequestParser(self)
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
            except httptools.HttpParserError as error:
                self._malformed(error)
                return
            else:
                return

    def _malformed(self, error: Exception) -> None:
        if self._fail is None:
            self._refuse(400, "malformed_http", f"The request is not valid HTTP/1.1: {error}.")

    def eof_received(self) -> bool:
        return bool(self._busy or self._waiting)

    # httptools

    def on_message_begin(self) -> None:
        self._request = Request()
        self._body = []
        self._headers = 0
        self._head_bytes = self._head_chunks = 0
        self.deadline = self._handler.clock + self._read_timeout

    def on_url(self, url: bytes) -> None:
        request = self._request
        if request is not None:
            request.url = request.url + url if request.url else url
            if len(request.url) > MAX_URL:
                self._refuse(414, "url_too_long", f"The path is longer than {MAX_URL} bytes.")

    def on_header(self, name: bytes, value: bytes) -> None:
        request = self._request
        if request is None:
            return
        self._headers += 1
        self._head_bytes += len(name) + len(value)
        if (known := _KNOWN.get(name) or _KNOWN.get(name.lower())) is not None and (
            known != "length" or len(value) > 5
        ):
            self._note(request, known, value)
        if self._headers > MAX_HEADERS:
            self._refuse(431, "too_many_headers", f"There are more than {MAX_HEADERS} headers.")
        elif self._head_bytes > MAX_HEADER_BYTES:
            self._refuse(431, "headers_too_large", f"The headers are larger than {MAX_HEADER_BYTES} bytes.")

    def _note(self, request: Request, name: str, value: bytes) -> None:
        if name == "length":
            if value.isdigit() and int(value[:20]) > self._max_body:
                self._too_large()
        elif name == "host":
            request.host = value if request.host is None else b"\0"
        elif name == "expect":
            request.expects = value.lower() == b"100-continue"
        else:
            setattr(request, name, value)

    def on_headers_complete(self) -> None:
        request = self._request
        self._headers = -1
        if request is None or self._fail is not None:
            return
        if request.expects and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        if self._fail is not None:
            return
        self._body.append(body)
        if len(self._body) > 1 and sum(map(len, self._body)) > self._max_body:
            self._too_large()
        elif len(self._body) > 64:
            self._body = [b"".join(self._body)]

    def on_message_complete(self) -> None:
        request, self._request = self._request, None
        parser = self._parser
        if request is None or parser is None or self._fail is not None:
            return
        body = self._body
        request.body = body[0] if len(body) == 1 else b"".join(body)
        if len(request.body) > self._max_body:
            self._too_large()
            return
        request.method = parser.get_method()
        request.keep_alive = parser.should_keep_alive()
        self._waiting.append(request)
        self.deadline = self._handler.clock + self._idle_timeout
        if len(self._waiting) >= MAX_WAITING and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()

    # ours

    def _pump(self) -> None:
        """Work on waiting requests, one at a time and in order."""
        if self._pumping:
            return
        self._pumping = True
        while self._waiting and not (self._busy or self._paused or self._closing):
            self._busy = True
            self.current = self._waiting.popleft()
            self._handler.handle(self, self.current)
        self._pumping = False
        if self._fail is not None and not self._busy and not self._waiting:
            self._give_up()
        elif self._reading_paused and not self._waiting and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()

    def answer(
        self, request: Request, status: int, body: bytes, content_type: bytes = JSON, extra: bytes = b""
    ) -> None:
        """Write the answer of the request being worked on, then go on with the next."""
        transport = self._transport
        if transport is None or request is not self.current:
            return
        self.current = None
        self._busy = False
        closing = self._handler.draining or not request.keep_alive
        if status == 200 and content_type is JSON and not closing and request.method == b"POST":
            transport.write(_QUICK % (len(body), body))
            if not self._pumping:
                self._pump()
            return
        tail = b"Connection: close\r\n\r\n" if closing else b"Connection: keep-alive\r\n\r\n"
        head = b"%bContent-Type: %b\r\nContent-Length: %d\r\n%b" % (STATUS[status], content_type, len(body), extra)
        payload = b"" if request.method == b"HEAD" else body
        transport.write(head + tail + payload)
        if closing:
            self._closing = True
            transport.close()
        elif not self._pumping:
            self._pump()

    def close_if_idle(self) -> None:
        """Close the connection when nothing is being worked on (the worker is going away)."""
        if self._transport is not None and not self._busy and not self._waiting and self._request is None:
            self._closing = True
            self._transport.close()

    def check_deadline(self, now: float) -> None:
        """Close a connection that is idle, or too slow in sending or taking bytes."""
        if self._transport is None or now < self.deadline or (self._busy and not self._paused):
            return
        if self._request is not None and not self._closing:
            self._refuse(408, "request_timeout", "The request did not arrive in time.")
            self._pump()
        if self._transport is not None:
            self._closing = True
            self._transport.abort() if self._paused else self._transport.close()

    def _too_large(self) -> None:
        limit = self._handler.settings.max_body
        self._refuse(413, "body_too_large", f"The body is larger than {limit} bytes; send fewer records.")

    def _refuse(self, status: int, code: str, detail: str) -> None:
        if self._fail is None:
            self._fail = Problem(code=code, title="The request is refused", status=status, detail=detail)
            self._request = None

    def _give_up(self) -> None:
        problem, transport = self._fail, self._transport
        if problem is None or transport is None or self._closing:
            return
        self._closing = True
        body = problem_answer(problem, "")
        head = b"%bContent-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        transport.write(head % (STATUS[problem.status], PROBLEM, len(body)) + body)
        transport.write_eof()  # what the client still sends is read and dropped, or it might never see the answer
        self.deadline = self._loop.time() + LINGER_SECONDS
