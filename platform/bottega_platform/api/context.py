"""What is known about the present request everywhere below it: id, actor, token, channel."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class RequestContext:
    """Filled in by the middleware and the authenticators, read by audit and logs."""

    request_id: str = ""
    actor: Any = None
    token_id: str = ""
    channel: str = "system"
    reason: str = ""


_current: ContextVar[RequestContext | None] = ContextVar("bottega_request", default=None)


def current() -> RequestContext:
    """Return the present request's context, or an empty one outside any request."""
    return _current.get() or RequestContext()


def begin(request_id: str) -> RequestContext:
    """Start the context of a request."""
    context = RequestContext(request_id=request_id, channel="api")
    _current.set(context)
    return context
