"""Notifications after the commit, never inside the transaction.

PostgreSQL commits transactions that notify one after the other, each with its own wait for the disk; a
transaction that only notifies waits for nothing. What a crash in between loses is found by polling.
"""

from functools import partial

from django.db import connection, transaction


def after_commit(channel: str, payload: str) -> None:
    """Notify once the surrounding transaction is committed; at once where there is none."""
    transaction.on_commit(partial(_notify, channel, payload), robust=True)


def _notify(channel: str, payload: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])
