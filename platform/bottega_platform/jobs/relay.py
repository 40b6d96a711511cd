"""Deliver the outbox: at least once, in any order, by any number of relays at the same time."""

import logging

from django.db import connection

from bottega.faults import fault_point
from bottega_platform.jobs import outbox
from bottega_platform.jobs.models import OutboxMessage

BATCH = 100
HOLD_SECONDS = 60
BACKOFF_LIMIT_SECONDS = 60
_log = logging.getLogger(__name__)

TAKE = """
UPDATE jobs_outboxmessage SET attempts = attempts + 1,
       available_at = bottega_now() + make_interval(secs => %(hold)s)
 WHERE id IN (SELECT id FROM jobs_outboxmessage
               WHERE available_at <= (SELECT bottega_now()) AND topic = ANY(%(topics)s)
               ORDER BY available_at, id FOR UPDATE SKIP LOCKED LIMIT %(batch)s)
RETURNING *
"""
LATER = """
UPDATE jobs_outboxmessage SET last_error = %s, available_at = bottega_now() + make_interval(secs => %s)
 WHERE id = %s
"""


def deliver_due() -> int:
    """Deliver every message that is due and has a handler here; return how many were delivered."""
    delivered = 0
    while messages := _take():
        done = [message.pk for message in messages if _deliver(message)]
        fault_point("after_delivery_before_delete")
        OutboxMessage.objects.filter(pk__in=done).delete()
        delivered += len(done)
    return delivered


def _take() -> list[OutboxMessage]:
    """Hold the next messages for a while: if this process dies they come due again."""
    parameters = {"hold": HOLD_SECONDS, "topics": outbox.topics(), "batch": BATCH}
    return list(OutboxMessage.objects.raw(TAKE, parameters))


def _deliver(message: OutboxMessage) -> bool:
    handle = outbox.handler_of(message.topic)
    if handle is None:
        return False
    try:
        fault_point("before_delivery")
        handle(message.payload)
    except Exception as error:  # noqa: BLE001 - one topic's handler must not stop the others
        _log.warning("outbox message %s (%s) failed: %s", message.pk, message.topic, error)
        _try_later(message, f"{type(error).__name__}: {error}")
        return False
    return True


def _try_later(message: OutboxMessage, error: str) -> None:
    seconds = min(BACKOFF_LIMIT_SECONDS, 2 ** min(message.attempts, 10))
    with connection.cursor() as cursor:
        cursor.execute(LATER, [error[:2000], seconds, message.pk])
