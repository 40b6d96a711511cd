"""Orders to the edge workers over their control sockets."""

import socket
import time
from typing import Any

import msgspec

from bottega.serving_contract import DesiredRoute, DesiredState
from bottega_serving.models import BundleError
from bottega_serving.settings import Settings

ANSWER_SECONDS = 120.0
PATIENCE_SECONDS = 15.0


class Workers:
    """All edge workers of the node. An order counts only when every one of them acknowledged it."""

    def __init__(self, settings: Settings) -> None:
        self._paths = [settings.control_socket(slot) for slot in range(settings.workers)]

    def prepare(self, route: DesiredRoute) -> None:
        """Have every worker load the route's bundle; raise :class:`BundleError` when one cannot."""
        self._all({"op": "prepare", "route": msgspec.to_builtins(route)})

    def commit(self, state: DesiredState) -> None:
        """Have every worker flip to the state."""
        self._all({"op": "commit", "state": msgspec.to_builtins(state)})

    def _all(self, order: dict[str, Any]) -> None:
        line = msgspec.json.encode(order) + b"\n"
        for path in self._paths:
            answer = self._ask(path, line)
            if not answer["ok"]:
                raise BundleError(answer["code"], answer["reason"])

    def _ask(self, path: str, line: bytes) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._ask_once(path, line)
            except OSError as error:
                if time.monotonic() > until:
                    raise BundleError("node_unready", f"an edge worker does not answer: {error}") from error
                time.sleep(0.05)

    @staticmethod
    def _ask_once(path: str, line: bytes) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(path)
            connection.sendall(line)
            received = b""
            while not received.endswith(b"\n"):
                chunk = connection.recv(65536)
                if not chunk:
                    raise ConnectionResetError("the worker closed its control socket")
                received += chunk
        answer: dict[str, Any] = msgspec.json.decode(received)
        return answer
