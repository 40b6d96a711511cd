"""Cursor pages: complete, without repetition, stable while rows come in."""

import pytest

from bottega_platform.api.testing import ApiClient, client_of, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> ApiClient:
    for number in range(7):
        make_project(f"p{number}")
    return client_of(make_user("owner"))


def walk(client: ApiClient, path: str, way: str = "next") -> list[list[str]]:
    pages = []
    while path:
        body = client.get(path).json()
        pages.append([row["slug"] for row in body["results"]])
        path = body[way]
    return pages


def test_pages_hold_every_row_once_newest_first(client):
    assert walk(client, "/projects?limit=3") == [["p6", "p5", "p4"], ["p3", "p2", "p1"], ["p0"]]


@pytest.mark.parametrize("sort", ["slug", "-slug", "created_at", "name"])
def test_a_sort_goes_through_all_pages(client, sort):
    seen = [slug for page in walk(client, f"/projects?limit=2&sort={sort}") for slug in page]
    assert seen == sorted(seen, reverse=sort.startswith("-"))
    assert len(seen) == 7


def test_one_can_walk_back(client):
    first = client.get("/projects?limit=3").json()
    assert first["previous"] is None
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()
    assert third["next"] is None
    assert walk(client, third["previous"], "previous") == [["p3", "p2", "p1"], ["p6", "p5", "p4"]]


def test_a_row_that_comes_in_meanwhile_shifts_nothing(client):
    first = client.get("/projects?limit=3").json()
    make_project("later")
    assert [row["slug"] for row in client.get(first["next"]).json()["results"]] == ["p3", "p2", "p1"]


def test_the_count_comes_only_when_asked_for(client):
    assert client.get("/projects?limit=1&with_count=true").json()["count"] == 7
    assert "count" not in client.get("/projects?limit=1").json()


def test_a_cursor_of_another_order_is_refused(client):
    following = client.get("/projects?limit=3").json()["next"]
    answer = client.get(f"{following}&sort=slug")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_cursor"
