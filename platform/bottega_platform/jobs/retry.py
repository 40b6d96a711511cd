"""Repeat a whole transaction when the database went away in its middle."""

import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

RETRY_SECONDS = 45.0


def database_retry(action: Callable[[], None], *, seconds: float = RETRY_SECONDS) -> None:
    """Run ``action``; after a lost connection run it again until ``seconds`` have passed.

    The action must be harmless when an earlier try was committed and only its answer was lost.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            action()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(0.5)
        else:
            return
