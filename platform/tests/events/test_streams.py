"""Event streams of a real web process: live, resumed, authorised, and without a database connection each."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from processes import eventually

from bottega_platform.api.testing import client_of, make_user
from bottega_platform.jobs import leases, services

Event = tuple[int, str, dict[str, Any]]


class Stream(threading.Thread):
    """Reads a stream in the background."""

    def __init__(self, url: str, token: str, last: int | None = None) -> None:
        super().__init__(daemon=True)
        self.events: list[Event] = []
        self.ended = threading.Event()
        self.open = threading.Event()
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        if last is not None:
            self._headers["Last-Event-ID"] = str(last)
        self._client = httpx.Client(timeout=30)

    def run(self) -> None:
        try:
            with self._client.stream("GET", self._url, headers=self._headers) as answer:
                self.status = answer.status_code
                self._collect(answer.iter_lines())
        except (httpx.TransportError, RuntimeError, OSError):
            pass
        self.ended.set()

    def _collect(self, lines: Iterator[str]) -> None:
        fields: dict[str, str] = {}
        for line in lines:
            self.open.set()
            name, _, value = line.partition(": ")
            fields[name] = value
            if not line:
                if "id" in fields:
                    self.events.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
                fields = {}

    def states(self) -> list[str]:
        return [data["state"] for _, kind, data in self.events if kind == "job.state"]


@contextmanager
def following(url: str, token: str, last: int | None = None) -> Iterator[Stream]:
    stream = Stream(url, token, last)
    stream.start()
    assert stream.open.wait(20)
    yield stream
    stream._client.close()


def connections_where(condition: str) -> int:
    """Number of open connections to PostgreSQL for which the SQL condition holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {condition}")
        found: tuple[int] = cursor.fetchone()
    return found[0]


def run_to_the_end(job: Any) -> None:
    claimed = leases.claim(queue="probe", owner="test")
    assert claimed is not None
    assert claimed.pk == job.pk
    leases.progress(claimed, {"done": 1.0, "total": 2.0, "message": "half", "unit": ""})
    leases.succeed(claimed, {})


def test_a_job_is_followed_live_and_its_stream_ends_with_it(web: str, token: str, submit: Any) -> None:
    job = submit()
    with following(f"{web}/jobs/{job.pk}/events", token) as stream:
        eventually(lambda: stream.states() == ["queued"])
        run_to_the_end(job)
        assert stream.ended.wait(10)
        assert stream.states() == ["queued", "running", "succeeded"]
        assert [data["progress"]["done"] for _, kind, data in stream.events if kind == "job.progress"] == [1.0]
        ids = [number for number, _, _ in stream.events]
        assert ids == sorted(set(ids))


def test_a_client_that_comes_back_gets_exactly_what_it_missed(web: str, token: str, submit: Any) -> None:
    job = submit()
    url = f"{web}/jobs/{job.pk}/events"
    with following(url, token) as stream:
        first = eventually(lambda: stream.events)[0]
    run_to_the_end(job)
    with following(url, token, last=first[0]) as stream:
        assert stream.ended.wait(10)
        assert stream.states() == ["running", "succeeded"]
        last = stream.events[-1][0]
    headers = {"Authorization": f"Bearer {token}", "Last-Event-ID": str(last)}
    assert httpx.get(url, headers=headers).status_code == 204


def test_a_project_is_followed_and_nothing_is_missed_after_a_break(
    web: str, token: str, submit: Any, shared_project: Any
) -> None:
    url = f"{web}/projects/{shared_project.slug}/events"
    with following(url, token) as stream:
        first = submit()
        eventually(lambda: [data["id"] for _, _, data in stream.events] == [first.pk])
        last = stream.events[-1][0]
    missed = submit()
    with following(url, token, last=last) as stream:
        eventually(lambda: missed.pk in [data["id"] for _, _, data in stream.events])
        live = submit()
        eventually(lambda: live.pk in [data["id"] for _, _, data in stream.events])


def test_many_streams_hold_one_listening_connection(web: str, token: str, submit: Any) -> None:
    job = submit()
    before = connections_where("datname = current_database()")
    streams = [Stream(f"{web}/jobs/{job.pk}/events", token) for _ in range(30)]
    for stream in streams:
        stream.start()
    eventually(lambda: all(stream.states() == ["queued"] for stream in streams))
    assert connections_where("query LIKE 'LISTEN%bottega_events%'") == 1
    # The pool of the web process may have grown to its limit while all came in at once, no further.
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]
    assert connections_where("datname = current_database()") - before <= pool + 1
    services.cancel(job=job)
    assert all(stream.ended.wait(10) for stream in streams)
    assert all(stream.states()[-1] == "cancelled" for stream in streams)


def test_a_lost_listening_connection_costs_no_event(web: str, token: str, submit: Any) -> None:
    job = submit()
    with following(f"{web}/jobs/{job.pk}/events", token) as stream:
        eventually(lambda: stream.states() == ["queued"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        run_to_the_end(job)
        assert stream.ended.wait(20)
        assert stream.states()[-1] == "succeeded"


def test_a_stranger_and_a_nobody_get_no_stream(web: str, shared_project: Any, submit: Any) -> None:
    job = submit()
    stranger = {"Authorization": f"Bearer {client_of(make_user('stranger')).token}"}
    for path in (f"/jobs/{job.pk}/events", f"/projects/{shared_project.slug}/events"):
        assert httpx.get(web + path).status_code == 401
        assert httpx.get(web + path, headers=stranger).status_code == 404
        assert httpx.post(web + path, headers=stranger).status_code in {403, 405}


@pytest.mark.parametrize("last", ["x", "-1", "9" * 30])
def test_a_strange_event_id_is_refused(web: str, token: str, submit: Any, last: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Last-Event-ID": last}
    answer = httpx.get(f"{web}/jobs/{submit().pk}/events", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_event_id")
