"""Addresses nobody should write: whatever stands in a path or a query string, the answer is no fault of ours."""

import base64
import importlib.util
import json
import re
from pathlib import Path

import pytest

from bottega_platform.api.testing import client_as, client_of, make_project, make_user
from bottega_platform.projects.models import Role

_spec = importlib.util.spec_from_file_location("route_roles", Path(__file__).with_name("route_roles.py"))
table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(table)

METHODS = [(method, path) for path, methods in table.ROUTES.items() for method in methods]
NAMED = [(method, path) for method, path in METHODS if "{" in path.replace("{project}", "")]
SEGMENTS = ["%00", "a%00b", "%ff", "%ed%a0%80", "..%2f..%2fetc", "a" * 5000, "%27%22%3B--", "%F0%9F%90%8E"]
LISTS = ["/projects", "/jobs", "/tokens", "/projects/harbour/sources", "/projects/harbour/audit"]

pytestmark = pytest.mark.django_db


def cursor(*document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@pytest.mark.parametrize(("method", "path"), NAMED, ids=[f"{method} {path}" for method, path in NAMED])
def test_a_name_that_cannot_be_one_is_not_found(method, path):
    client = client_as(Role.ADMIN, make_project())
    for segment in SEGMENTS:
        address = re.sub(r"\{\w+\}", segment, path.replace("{project}", "harbour"))
        answer = client.send(method, address, {} if method in {"POST", "PUT", "PATCH"} else None)
        assert answer.status_code < 500, (address[:200], answer.content)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/jobs", "kind"),
        ("/jobs", "subject"),
        ("/jobs", "state"),
        ("/jobs", "project"),
        ("/projects", "cursor"),
        ("/projects", "sort"),
        ("/projects/harbour/tables", "kind"),
        ("/projects/harbour/training-runs", "training_set"),
        ("/projects/harbour/audit", "action"),
        ("/projects/harbour/audit", "a%00"),
    ],
)
def test_a_null_character_in_the_query_is_a_bad_request(path, name):
    make_project()
    answer = client_of(make_user("owner")).get(f"{path}?{name}=a%00b")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


def test_an_upload_with_a_null_character_in_its_name_is_a_bad_request():
    client = client_as(Role.EDITOR, make_project())
    answer = client.send("POST", "/projects/harbour/uploads?filename=a%00b", raw=b"a,b\n1,2\n")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "place",
    [
        ("abc", "x"),
        (10**30, "x"),
        (True, True),
        (None, None),
        (1.5, 1.5),
        ("\ud800", "x"),
        ({"t": "2020-01-01T00:00:00Z"}, "\ud800"),
        ({"t": "2020-01-01T00:00:00Z"}, [1]),
        ({"t": "0001-01-01T00:00:00+14:00"}, "x"),
        ({"t": "9999-12-31T23:59:59-14:00"}, "x"),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", LISTS)
def test_a_forged_cursor_is_refused_or_finds_nothing(path, place):
    make_project()
    ordering = "-sequence" if path.endswith("audit") else "-created_at"
    answer = client_of(make_user("owner")).get(f"{path}?cursor={cursor(ordering, 'n', *place)}")
    assert answer.status_code == 200 or answer.json()["code"] == "bad_cursor", answer.content
