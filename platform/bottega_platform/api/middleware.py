"""Around every request: its id, security headers, and problem documents for errors outside REST views."""

import re
from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from bottega.ids import new_id
from bottega.problems import ProblemError
from bottega_platform.api import context, problems
from bottega_platform.api.errors import BadRequest, NotFound

REQUEST_ID = re.compile(r"^[A-Za-z0-9_.:-]{1,64}$")
# Mantine and the charts set styles on elements, so styles may be inline; scripts may not.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
MAX_REASON = 500
Answer = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class RequestMiddleware:
    """Works in both worlds, so that asynchronous streams stay on the event loop."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self._asynchronously = iscoroutinefunction(get_response)
        if self._asynchronously:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Handle one request."""
        if self._asynchronously:
            return self._asynchronous(request)
        refused = self._begin(request)
        return self._finish(refused or cast("HttpResponseBase", self.get_response(request)))

    async def _asynchronous(self, request: HttpRequest) -> HttpResponseBase:
        refused = self._begin(request)
        if refused is not None:
            return self._finish(refused)
        return self._finish(await cast("Awaitable[HttpResponseBase]", self.get_response(request)))

    def _begin(self, request: HttpRequest) -> HttpResponse | None:
        wanted = request.headers.get("X-Request-ID", "")
        present = context.begin(wanted if REQUEST_ID.match(wanted) else new_id("request"))
        present.reason = _printable(request.headers.get("X-Change-Reason", ""))[:MAX_REASON]
        refused = _refused(request)
        return None if refused is None else problems.response(refused, request)

    def _finish(self, answer: HttpResponseBase) -> HttpResponseBase:
        answer["X-Request-ID"] = context.current().request_id
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Answer with a problem document where a plain view raised."""
        problem = problems.translate(error)
        if problem is None:
            return problems.unexpected(error, request)
        return problems.response(problem, request)


def _refused(request: HttpRequest) -> ProblemError | None:
    """Refuse what no view could work with: a host that is not ours, and NUL, which PostgreSQL cannot hold."""
    try:
        request.get_host()
    except DisallowedHost:
        return BadRequest("This host name is not served here.", code="bad_host")
    if "\0" in request.path:
        return NotFound("There is nothing at this address.")
    if any("\0" in text for pair in request.GET.lists() for text in (pair[0], *pair[1])):
        return BadRequest("A query parameter holds a null character. Take it out.")
    return None


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
