"""One predict request on its way, and what all endpoints of a worker share."""

import asyncio
import time
from concurrent.futures import Executor
from typing import Any, Protocol

from bottega.problems import Problem
from bottega_serving.edge.http import JSON, Request
from bottega_serving.edge.ring import Ring
from bottega_serving.edge.store import OnlineStore

# What a fault of ours, or of the environment, raises while a request is answered: it gets a 500 and is logged.
FAILURES = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
BATCHES_AT_ONCE = 2
BATCHES_WAITING = 64
now_ns = time.perf_counter_ns


class Client(Protocol):
    """Whoever asked: a connection of ours, or one request of an ASGI server."""

    def answer(
        self, request: Request, status: int, body: bytes, content_type: bytes = JSON, extra: bytes = b""
    ) -> None:
        """Send the answer of the request; ``extra`` are whole header lines."""
        ...


class Tools:
    """What all endpoints of a worker share."""

    def __init__(self, *, ring: Ring, store: OnlineStore | None, executor: Executor, max_rows: int) -> None:
        self.ring = ring
        self.store = store
        self.executor = executor
        self.max_rows = max_rows
        self.tags: dict[bytes, bytes] = {}
        self.turns = asyncio.Semaphore(BATCHES_AT_ONCE)
        self.batches: set[asyncio.Task[None]] = set()


class Call:
    """One predict request on its way.

    ``packed`` are the values as the online store gave them, view after view and in each row after row; None
    when the caller sent the features.
    """

    __slots__ = (
        "as_of", "base", "client", "decoded", "degraded", "features", "fetched", "given", "packed", "request",
        "request_id", "start",
    )  # fmt: skip

    def __init__(self, client: Client, request: Request, request_id: str) -> None:
        self.client = client
        self.request = request
        self.request_id = request_id
        self.start = now_ns()
        self.decoded: int
        self.fetched: int
        self.base: list[list[Any]] = []
        self.features: list[list[Any] | None] = []
        self.as_of: list[int] = []
        self.packed: list[bytes | None] | None = None
        self.degraded: list[str] = []
        self.given: bool

    def mark(self, said: str) -> None:
        """Say once what had to be left out."""
        if said not in self.degraded:
            self.degraded.append(said)


class Refused(Exception):
    """The request cannot be answered; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem
