"""The web process over a socket: body limits, slow clients, hosts, and fuzzing by its own description."""

import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from bottega_platform.api.testing import client_of, make_project, make_user
from bottega_platform.config.guard import JSON_LIMIT


def test_a_body_over_the_limit_is_refused_before_it_is_read(web):
    answer = httpx.post(f"{web}/api/v1/projects", content=b"x" * (JSON_LIMIT + 1))
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert answer.headers["X-Request-ID"].startswith("req_")


def test_a_body_that_grows_over_the_limit_in_chunks_is_cut_off(web):
    def endless():
        for _ in range(1000):
            yield b"x" * 65536

    with contextlib.suppress(httpx.WriteError):  # the server may close while we are still sending
        assert httpx.post(f"{web}/api/v1/projects", content=endless()).status_code == 413
    assert httpx.get(f"{web}/api/v1/health").status_code == 200


def test_a_hundred_thousand_tiny_chunks_are_one_small_body(web):
    def tiny():
        yield b"["
        for _ in range(100_000):
            yield b" "
        yield b"]"

    answer = httpx.post(
        f"{web}/api/v1/projects", content=tiny(), headers={"Content-Type": "application/json"}, timeout=60
    )
    assert answer.status_code == 401


def test_another_host_name_is_refused(web):
    answer = httpx.get(f"{web}/api/v1/health", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_host"


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/v1/projects?cursor=\xff\xfe HTTP/1.1",
        b"GET /%00 HTTP/1.1",
        b"GET /api/v1/../../etc/passwd HTTP/1.1",
        b"PROPFIND / HTTP/1.1",
    ],
)
def test_odd_request_lines_are_answered_without_a_500(web, request_line):
    parts = urlsplit(web)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(request_line + f"\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        status = int(connection.recv(65536).split(b" ")[1])
    assert status < 500 or status == 503  # 503: the console is not built here


@pytest.mark.parametrize("path", ["/projects/harbour/events", "/jobs/job_x/events", "/me"])
def test_nobody_signed_in_gets_a_problem_from_streams_too(web, path):
    answer = httpx.get(f"{web}/api/v1{path}", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db(transaction=True)
def test_a_hundred_and_fifty_requests_at_once_all_get_their_answer(web):
    project = make_project()
    token = client_of(make_user("owner")).token
    address = f"{web}/api/v1/projects/{project.slug}"
    headers = {"Authorization": f"Bearer {token}"}
    with ThreadPoolExecutor(150) as pool:
        statuses = list(pool.map(lambda _: httpx.get(address, headers=headers, timeout=60).status_code, range(300)))
    assert set(statuses) == {200}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_request_that_the_description_allows_or_forbids_gives_a_500(web):
    make_project()
    token = client_of(make_user("owner", is_platform_admin=True)).token
    schema = schemathesis.openapi.from_url(f"{web}/api/v1/openapi.json")
    failures: list[str] = []
    with httpx.Client() as client:
        for operation in schema.get_all_operations():
            fuzz(client, operation.ok(), token, web, failures)
    assert failures == []


def fuzz(client: httpx.Client, operation, token: str, web: str, failures: list[str]) -> None:
    @settings(
        max_examples=20,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case) -> None:
        case.path_parameters = {
            **(case.path_parameters or {}),
            **({"project": "harbour"} if "project" in (case.path_parameters or {}) else {}),
        }
        answer = case.call(base_url=web, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        if answer.status_code >= 500 and answer.status_code != 503:
            failures.append(f"{case.method} {case.formatted_path} {case.body!r:.200} {answer.text[:300]}")

    if (operation.method.upper(), operation.path) not in {
        ("DELETE", "/api/v1/projects/{project}"),
        ("DELETE", "/api/v1/session"),
    }:
        run()
