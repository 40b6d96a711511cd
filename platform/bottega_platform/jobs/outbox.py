"""The transactional outbox: side effects promised in a transaction and delivered after it, at least once."""

from collections.abc import Callable
from typing import Any

from bottega_platform.events.notify import after_commit
from bottega_platform.jobs.models import OutboxMessage

CHANNEL = "bottega_outbox"
Handler = Callable[[dict[str, Any]], None]
_HANDLERS: dict[str, Handler] = {}


def put(*, topic: str, payload: dict[str, Any], project: Any = None) -> OutboxMessage:
    """Promise a side effect; call it inside the transaction whose effect it follows."""
    message = OutboxMessage.objects.create(topic=topic, payload=payload, project=project)
    after_commit(CHANNEL, "")
    return message


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register the function that delivers a topic's messages. It may be called twice for one message."""

    def register(function: Handler) -> Handler:
        _HANDLERS[topic] = function
        return function

    return register


def handler_of(topic: str) -> Handler | None:
    """Return the function that delivers this topic, if this process has one."""
    return _HANDLERS.get(topic)


def topics() -> list[str]:
    """Return the topics this process can deliver."""
    return sorted(_HANDLERS)
