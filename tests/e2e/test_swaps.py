"""Rollouts and rollbacks drop nothing: five of each under 200 requests a second for a minute."""

import json
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import pytest

from bottega.client.jobs import poll_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]
SECONDS = 60
RATE = 200
THREADS = 8
ENDPOINT = "/projects/flights/endpoints/delay"


class Load:
    """Open-loop load on one endpoint, half of it with a new connection for each request."""

    def __init__(self, url: str, record: dict[str, Any]) -> None:
        self._address, self._body = urlsplit(url), json.dumps({"records": [record]})
        self.statuses: Counter[int | str] = Counter()
        self.answers: Counter[tuple[tuple[Any, ...], float]] = Counter()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number % 2 == 0,)) for number in range(THREADS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, keep_alive: bool) -> None:
        connection = self._connect()
        due = time.monotonic()
        while not self._stop.is_set():
            due += THREADS / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            if not keep_alive:
                connection.close()
                connection = self._connect()
            self._ask(connection)
        connection.close()

    def _connect(self) -> HTTPConnection:
        return HTTPConnection(self._address.hostname or "", self._address.port, timeout=10)

    def _ask(self, connection: HTTPConnection) -> None:
        try:
            connection.request("POST", self._address.path, self._body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        except (HTTPException, OSError) as error:
            with self._lock:
                self.statuses[type(error).__name__] += 1
            connection.close()
            return
        with self._lock:
            self.statuses[answer.status] += 1
            if answer.status == 200:
                document = json.loads(content)
                said = (
                    document["version"],
                    *sorted(document["degraded"]),
                )  # a late feature is said, and is not a mixture
                self.answers[(said, document["predictions"][0])] += 1


def _until_active(client: Any) -> int:
    def active() -> int | None:
        newest = next(client.pages(f"{ENDPOINT}/deployments", limit=1))
        assert newest["stage"] != "failed", newest
        return newest["version"] if newest["stage"] == "active" else None

    return poll_until(active, seconds=30)


def test_five_swaps_and_five_rollbacks_under_load_give_no_error_and_no_mixed_answer(running_platform) -> None:
    client = running_platform.client
    url = f"{running_platform.serving_url}/v1/endpoints/flights.delay/predict"
    started = time.monotonic()
    with Load(url, running_platform.demo["prediction"]["record"]) as load:
        for _ in range(5):
            client.post(f"{ENDPOINT}/deployments", {"model": "delay", "version": 2})
            assert _until_active(client) == 2
            time.sleep(2)
            client.post(f"{ENDPOINT}/rollback")
            assert _until_active(client) == 1
            time.sleep(2)
        time.sleep(max(0.0, SECONDS - (time.monotonic() - started)))
    assert set(load.statuses) == {200}, load.statuses
    assert load.statuses[200] > RATE * 10, "there was hardly any load"
    predictions_of = {said: {p for other, p in load.answers if other == said} for said, _ in load.answers}
    assert {said[0] for said in predictions_of} == {1, 2}
    assert all(len(predictions) == 1 for predictions in predictions_of.values()), predictions_of
