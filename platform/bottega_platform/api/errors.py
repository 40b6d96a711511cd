"""Errors that any endpoint may raise; each is a problem document with a stable code."""

from typing import Any

from bottega.problems import Fault, ProblemError


class BadRequest(ProblemError):
    """The request itself cannot be read."""

    code = "bad_request"
    title = "The request cannot be read"
    status = 400


class Unauthenticated(ProblemError):
    """Nobody is signed in, or the credential is not valid."""

    code = "unauthenticated"
    title = "Sign in first"
    status = 401


class Forbidden(ProblemError):
    """Signed in, but not allowed."""

    code = "forbidden"
    title = "You may not do this"
    status = 403


class NotFound(ProblemError):
    """There is no such thing, or not for you."""

    code = "not_found"
    title = "There is no such thing"
    status = 404


class Conflict(ProblemError):
    """The request contradicts what is there; pass a ``code`` that says how."""

    code = "conflict"
    title = "This contradicts what is already there"
    status = 409


class NameTaken(Conflict):
    """Another live resource of this kind has the name."""

    code = "name_taken"
    title = "This name is taken"

    def __init__(self, name: str, **extra: Any) -> None:
        super().__init__(
            f"“{name}” exists already. Choose another name, or change the existing one.",
            errors=[Fault(code="name_taken", detail="Choose another name.", pointer="/name", got=name)],
            **extra,
        )


class StaleVersion(ProblemError):
    """``If-Match`` names an older version than the present one."""

    code = "stale_version"
    title = "Someone changed this in the meantime"
    status = 412


class TooLarge(ProblemError):
    """The body is over its limit."""

    code = "too_large"
    title = "The body is too large"
    status = 413


class UnsupportedMediaType(ProblemError):
    """The body has another content type than the endpoint reads."""

    code = "unsupported_media_type"
    title = "This content type is not read here"
    status = 415


class Invalid(ProblemError):
    """A value of the request is not valid; ``errors`` say which."""

    code = "invalid"
    title = "A value is not valid"
    status = 422


class RateLimited(ProblemError):
    """Too many requests; ``retry_after`` seconds tell when to try again."""

    code = "rate_limited"
    title = "Too many requests"
    status = 429


class Unavailable(ProblemError):
    """Something that this request needs is not running now."""

    code = "unavailable"
    title = "Not available now"
    status = 503
