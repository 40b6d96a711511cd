"""A reader's own connection to the online store.

A call through ``redis.Redis`` costs a third more than the command itself: the pool, retries and reply callbacks,
none of which a read needs. This keeps one connection of redis-py, which still does addresses, TLS and sign-in.
"""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import redis
from redis.exceptions import ConnectionError as Away


class ReadClient:
    """``get`` and ``mget`` over one connection, which two threads may share: one waits for the other."""

    def __init__(self, url: str) -> None:
        self._pool = redis.ConnectionPool.from_url(url)
        self._connection: Any = self._pool.make_connection()
        self._one_at_a_time = threading.Lock()

    def get(self, name: bytes) -> bytes | None:
        """Return one value; None where there is none.

        Raises:
            redis.exceptions.ConnectionError: The online store cannot be reached.
        """
        found: bytes | None = self._ask("GET", name)
        return found

    def mget(self, names: Sequence[bytes]) -> list[bytes | None]:
        """Return the values in the order of their names.

        Raises:
            redis.exceptions.ConnectionError: The online store cannot be reached.
        """
        found: list[bytes | None] = self._ask("MGET", *names)
        return found

    def close(self) -> None:
        """Drop the connection; the next read makes a new one."""
        self._connection.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, *command: str | bytes) -> Any:
        with self._one_at_a_time:
            try:
                return self._exchange(command)
            except Away:  # an idle connection may have been dropped by the other side: reads may be repeated
                return self._exchange(command)

    def _exchange(self, command: Sequence[str | bytes]) -> Any:
        try:
            self._connection.connect()
            self._connection.send_command(*command, check_health=False)
            return self._connection.read_response(disable_decoding=True)
        except redis.ResponseError:
            raise  # a whole reply was read: the connection is sound
        except BaseException:  # anything else leaves half a reply behind, which must not answer the next read
            self._connection.disconnect()
            raise
