"""Ringing a worker's doorbell. A ring that fails is only logged: the relay rings again and workers poll."""

import logging
import threading
import time
from functools import cache
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from bottega.faults import fault_point
from bottega_platform.config import env
from bottega_platform.jobs import outbox
from bottega_platform.jobs.celery import DOORBELL_TASK, make_app

TOPIC = "doorbell"
_PAUSE_SECONDS = 5.0
_log = logging.getLogger(__name__)
_lock = threading.Lock()
_silent_until = 0.0


@cache
def _app(broker_url: str) -> Celery:
    return make_app(broker_url)


def app() -> Celery:
    """Return this process's Celery app."""
    return _app(env.current().broker_url)


def ring(queue: str, job_id: str) -> bool:
    """Send one job id to a queue; after a failure stay silent for a while instead of blocking callers."""
    global _silent_until
    fault_point("after_commit_before_doorbell")
    if time.monotonic() < _silent_until:
        return False
    try:
        app().send_task(DOORBELL_TASK, args=[job_id], queue=queue, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        with _lock:
            _silent_until = time.monotonic() + _PAUSE_SECONDS
        _log.warning("the broker does not answer (%s); workers find jobs by polling", error)
        return False
    return True


@outbox.handler(TOPIC)
def ring_again(payload: dict[str, Any]) -> None:
    """Ring for a message of the outbox; harmless when the broker is down, because workers poll."""
    ring(payload["queue"], payload["job"])
