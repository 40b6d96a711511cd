"""From exceptions to problem documents: for REST views, for Django's own errors, for constraint violations."""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from psycopg.errors import UniqueViolation
from rest_framework import exceptions

from bottega.problems import Problem, ProblemError
from bottega_platform.api import context
from bottega_platform.api.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"


class MethodNotAllowed(ProblemError):
    """The address exists, this method does not."""

    code = "method_not_allowed"
    title = "This method is not offered here"
    status = 405


def response(error: ProblemError, request: HttpRequest | None = None) -> HttpResponse:
    """Return the problem document of ``error`` as a response."""
    problem = msgspec.structs.replace(
        error.problem,
        instance=request.path if request is not None else None,
        request_id=context.current().request_id or None,
    )
    answer = HttpResponse(msgspec.json.encode(problem.as_dict()), status=problem.status, content_type=CONTENT_TYPE)
    _add_headers(answer, problem)
    return answer


def _add_headers(answer: HttpResponse, problem: Problem) -> None:
    answer["Cache-Control"] = "no-store"
    if problem.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Bearer realm="bottega"'
    if "retry_after" in problem.extra:
        answer["Retry-After"] = str(problem.extra["retry_after"])
    if "allow" in problem.extra:
        answer["Allow"] = ", ".join(problem.extra["allow"])


def translate(error: BaseException) -> ProblemError | None:
    """Return what an expected exception means to the caller; None for one that nobody expected."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, IntegrityError):
        return _of_constraint(error)
    if isinstance(error, ProtectedError | RestrictedError):
        return Conflict("Other things still use this. Remove them first.", code="in_use")
    return _of_django(error) or _of_rest_framework(error)


def _of_django(error: BaseException) -> ProblemError | None:
    if isinstance(error, Http404):
        return NotFound("There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return Forbidden("You may not do this.")
    if isinstance(error, RequestDataTooBig):
        return TooLarge("The body is over the limit of this endpoint. Send less, or upload a file.")
    if isinstance(error, SuspiciousOperation):
        return BadRequest("The request was refused because it is not well formed.")
    return None


def _of_rest_framework(error: BaseException) -> ProblemError | None:
    match error:
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Unauthenticated("Sign in, or send an API token as a bearer token.")
        case exceptions.PermissionDenied():
            detail = str(error.detail)
            csrf = detail.startswith("CSRF")
            return Forbidden(detail, code="csrf_failed" if csrf else "forbidden")
        case exceptions.MethodNotAllowed():
            return MethodNotAllowed(str(error.detail))
        case exceptions.UnsupportedMediaType():
            return UnsupportedMediaType("Send the body as application/json.")
        case exceptions.ParseError():
            return BadRequest("The body cannot be read.", code="malformed_json")
        case exceptions.APIException():
            return ProblemError(str(error.detail), code=error.default_code, status=error.status_code)
    return None


def _of_constraint(error: IntegrityError) -> ProblemError | None:
    cause = error.__cause__
    if not isinstance(cause, UniqueViolation):
        return None
    constraint = cause.diag.constraint_name or ""
    if constraint.endswith("_name_taken"):
        return Conflict("This name is taken. Choose another one.", code="name_taken")
    return Conflict("The same thing was created at the same moment. Read it, then decide.", code="conflict")


def unexpected(error: BaseException, request: HttpRequest | None) -> HttpResponse:
    """Log an error nobody expected and answer 500 with nothing but the request id."""
    request_id = context.current().request_id
    logger.error("request %s failed", request_id, exc_info=error)
    if isinstance(error, DatabaseError) and _is_outage(error):
        return response(
            ProblemError(
                "The database does not answer. Try again in a moment.",
                code="unavailable",
                title="Not available now",
                status=503,
                retry_after=2,
            ),
            request,
        )
    detail = f"This is a fault of the platform. Tell your administrator the request id {request_id}."
    return response(ProblemError(detail, code="internal", title="Something broke", status=500), request)


def _is_outage(error: DatabaseError) -> bool:
    from django.db import InterfaceError, OperationalError

    return isinstance(error, InterfaceError | OperationalError)


def exception_handler(error: Exception, extra: dict[str, Any]) -> HttpResponse | None:
    """Answer for the REST framework."""
    request = extra["request"]
    problem = translate(error)
    if problem is None:
        return unexpected(error, request)
    return response(problem, request)
