"""Problem details (RFC 9457): the one shape of every error, in HTTP answers, failed jobs and the CLI."""

from typing import Any

import msgspec

TYPE_BASE = "https://bottega.dev/problems/"
MAX_ERRORS = 50


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: where (JSON pointer, or row and column), which code, and what to do."""

    code: str
    detail: str
    pointer: str | None = None
    row: int | None = None
    column: str | None = None
    got: str | None = None


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem document. ``code`` is stable and documented; ``detail`` says what to do about it."""

    code: str
    title: str
    status: int
    detail: str
    type: str = ""
    instance: str | None = None
    request_id: str | None = None
    errors: list[Fault] = []
    truncated: bool = False
    hint: str | None = None
    extra: dict[str, Any] = {}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of this problem, its type filled in and its faults capped."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        document.update(document.pop("extra", {}))
        document["type"] = self.type or TYPE_BASE + self.code.replace("_", "-")
        if len(self.errors) > MAX_ERRORS:
            document["errors"] = document["errors"][:MAX_ERRORS]
            document["truncated"] = True
        return document


class ProblemError(Exception):
    """Root of all errors that a user can act on; carries the problem document.

    Subclasses set ``code``, ``title`` and ``status``; the message is the detail.
    """

    code = "invalid"
    title = "The request cannot be done"
    status = 422

    def __init__(
        self,
        detail: str,
        *,
        errors: list[Fault] | None = None,
        hint: str | None = None,
        code: str | None = None,
        title: str | None = None,
        status: int | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(
            code=code or self.code,
            title=title or self.title,
            status=status or self.status,
            detail=detail,
            errors=errors or [],
            hint=hint,
            extra=extra,
        )


class DataProblem(ProblemError):
    """The user's data cannot be used as it is; a job that raises it fails with class ``data``."""

    code = "data_invalid"
    title = "The data cannot be used as it is"


class SpecProblem(ProblemError):
    """A specification is wrong: unknown field, bad value, unknown reference."""

    code = "spec_invalid"
    title = "The specification is not valid"
