"""What the console sends: JSON with the session's cookie, the CSRF header and an idempotency key."""

import json

import pytest
from django.test import Client

from bottega_platform.accounts import services

pytestmark = pytest.mark.django_db


def _signed_in() -> Client:
    console = Client(enforce_csrf_checks=True)
    link = json.dumps({"link_token": services.create_link(user=None)})
    signed = console.post("/api/v1/session", link, content_type="application/json")
    assert signed.status_code == 200, signed.content
    return console


def test_a_keyed_post_of_a_cookie_session_is_read_and_replayed() -> None:
    console = _signed_in()
    headers = {"X-CSRFToken": console.cookies["bottega_csrf"].value, "Idempotency-Key": "once"}
    body = json.dumps({"slug": "console", "name": "Console"})
    answers = [
        console.post("/api/v1/projects", body, content_type="application/json", headers=headers) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_a_post_without_the_csrf_header_is_refused() -> None:
    answer = _signed_in().post("/api/v1/projects", json.dumps({"slug": "x"}), content_type="application/json")
    assert answer.status_code == 403
