"""Django's own error pages as problem documents."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from bottega.problems import ProblemError
from bottega_platform.api import problems
from bottega_platform.api.errors import BadRequest, Forbidden, NotFound


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer 400."""
    return problems.response(BadRequest("The request was refused because it is not well formed."), request)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Answer 403."""
    return problems.response(Forbidden("You may not do this."), request)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404, with the problem of a view where there is one."""
    known = exception if isinstance(exception, ProblemError) else NotFound("There is nothing at this address.")
    return problems.response(known, request)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without telling anything but the request id."""
    return problems.unexpected(RuntimeError("unhandled error"), request)


def csrf_failure(request: HttpRequest, reason: str = "", **_: Any) -> HttpResponse:
    """Answer 403 to a request that another site may have sent."""
    return problems.response(Forbidden(f"CSRF check failed: {reason}", code="csrf_failed"), request)
