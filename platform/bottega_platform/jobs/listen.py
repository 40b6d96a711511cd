"""One LISTEN connection outside the pool, kept alive by a thread."""

import logging
import threading
import time
from collections.abc import Callable, Iterable

import psycopg
from django.db import connection
from psycopg import sql

RECONNECT_SECONDS = 2.0
_log = logging.getLogger(__name__)


def conninfo() -> str:
    """Return libpq's description of Django's database, without what only Django's backend knows."""
    parameters = connection.get_connection_params()
    known = ("dbname", "user", "password", "host", "port", "connect_timeout", "options", "sslmode", "sslrootcert")
    return psycopg.conninfo.make_conninfo(
        **{name: value for name, value in parameters.items() if name in known},
        keepalives=1,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )


class Listener(threading.Thread):
    """Calls ``hear(channel, payload)`` for each notification and ``back()`` after each new connection.

    What was said while the connection was away is lost: ``back`` must look for itself.
    """

    def __init__(self, channels: Iterable[str], hear: Callable[[str, str], None], back: Callable[[], None]) -> None:
        super().__init__(name="listener", daemon=True)
        self._channels = tuple(channels)
        self._hear = hear
        self._back = back
        self._conninfo = conninfo()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Stop listening soon."""
        self._stopped.set()

    def run(self) -> None:
        """Listen until stopped, connecting again whenever the connection is lost."""
        while not self._stopped.is_set():
            try:
                with psycopg.connect(self._conninfo, autocommit=True) as listening:
                    self._listen(listening)
            except psycopg.Error as error:
                if not self._stopped.is_set():
                    _log.warning("the database does not answer (%s); listening again soon", error)
                    time.sleep(RECONNECT_SECONDS)

    def _listen(self, listening: "psycopg.Connection[tuple[object, ...]]") -> None:
        for channel in self._channels:
            listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        self._back()
        while not self._stopped.is_set():
            for notice in listening.notifies(timeout=5.0):
                self._hear(notice.channel, notice.payload)
