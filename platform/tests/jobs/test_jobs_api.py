"""The job endpoints: what each role sees, filters, cancel and logs."""

from typing import Any

import pytest

from bottega_platform.api.testing import client_as, client_of, make_project, make_user
from bottega_platform.artifacts import services as artifacts
from bottega_platform.jobs import leases
from bottega_platform.jobs.api.views import whole_characters
from bottega_platform.jobs.services import enqueue
from bottega_platform.projects.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Any:
    return make_project()


def put(project: Any, **options: Any) -> Any:
    return enqueue(project=project, kind="probe", subject=options.pop("subject", "s1"), spec={}, **options)


def test_a_viewer_sees_the_jobs_of_a_project_newest_first(home: Any) -> None:
    first, second = put(home), put(home, subject="s2")
    answer = client_as(Role.VIEWER, home).get(f"/jobs?project={home.slug}").json()
    assert [job["id"] for job in answer["results"]] == [second.pk, first.pk]
    assert answer["results"][0]["state"] == "queued"
    assert answer["results"][0]["allowed_actions"] == []


def test_jobs_can_be_filtered_by_state_kind_and_subject(home: Any) -> None:
    put(home)
    wanted = put(home, subject="s2")
    client = client_as(Role.VIEWER, home)
    for query in ("subject=s2", "subject=s2&kind=probe&state=queued"):
        found = client.get(f"/jobs?project={home.slug}&{query}").json()["results"]
        assert [job["id"] for job in found] == [wanted.pk]
    assert client.get(f"/jobs?project={home.slug}&state=running").json()["results"] == []
    assert client.get("/jobs?state=nonsense").json()["code"] == "bad_filter"


def test_without_a_project_only_jobs_of_my_projects_are_listed(home: Any) -> None:
    mine = put(home)
    put(make_project(slug="other"))
    found = client_as(Role.VIEWER, home).get("/jobs").json()["results"]
    assert [job["id"] for job in found] == [mine.pk]


def test_a_list_of_many_jobs_takes_few_queries(home: Any, django_assert_max_num_queries: Any) -> None:
    for _ in range(20):
        put(home)
    client = client_as(Role.VIEWER, home)
    with django_assert_max_num_queries(8):
        assert len(client.get(f"/jobs?project={home.slug}").json()["results"]) == 20


def test_to_a_stranger_a_job_does_not_exist(home: Any) -> None:
    job = put(home)
    stranger = client_of(make_user("stranger"))
    for path in (f"/jobs/{job.pk}", f"/jobs/{job.pk}/logs", f"/jobs/{job.pk}/events", "/jobs/job_unknown"):
        assert stranger.get(path).status_code == 404


def test_a_viewer_may_not_cancel_and_is_told_who_can(home: Any) -> None:
    job = put(home)
    answer = client_as(Role.VIEWER, home).send("POST", f"/jobs/{job.pk}/cancel", {})
    assert (answer.status_code, answer.json()["needed_role"]) == (403, "editor")


def test_an_editor_cancels_a_queued_job_at_once_and_a_second_cancel_changes_nothing(home: Any) -> None:
    job = put(home)
    client = client_as(Role.EDITOR, home)
    assert client.get(f"/jobs/{job.pk}").json()["allowed_actions"] == ["cancel"]
    first = client.send("POST", f"/jobs/{job.pk}/cancel", {})
    assert (first.status_code, first.json()["state"]) == (202, "cancelled")
    second = client.send("POST", f"/jobs/{job.pk}/cancel", {}).json()
    assert second["finished_at"] == first.json()["finished_at"]
    assert second["allowed_actions"] == []


def test_a_running_job_shows_its_progress_and_that_a_cancel_is_under_way(home: Any) -> None:
    put(home)
    job = leases.claim(queue="probe", owner="me")
    leases.progress(job, {"done": 2.0, "total": 4.0, "message": "rows", "unit": "rows"})
    client = client_as(Role.EDITOR, home)
    shown = client.get(f"/jobs/{job.pk}").json()
    assert (shown["progress"]["done"], shown["state"]) == (2.0, "running")
    assert shown["elapsed_seconds"] >= 0
    client.send("POST", f"/jobs/{job.pk}/cancel", {})
    assert client.get(f"/jobs/{job.pk}").json()["cancel_requested"] is True


def test_a_log_is_read_piece_by_piece_from_an_offset(home: Any) -> None:
    put(home)
    job = leases.claim(queue="probe", owner="me")
    log = artifacts.logs().open(job.pk, 1)
    log.write("first à line")
    client = client_as(Role.VIEWER, home)
    piece = client.get(f"/jobs/{job.pk}/logs").json()
    assert (piece["text"], piece["complete"]) == ("first à line\n", False)
    log.write("second")
    log.close()
    more = client.get(f"/jobs/{job.pk}/logs?offset={piece['next_offset']}").json()
    assert more["text"] == "second\n"
    assert client.get(f"/jobs/{job.pk}/logs?offset=x").json()["code"] == "bad_offset"
    assert client.get(f"/jobs/{job.pk}/logs?attempt=7").status_code == 404


@pytest.mark.parametrize("text", ["", "abc", "à", "aà", "日本", "🙂"])
def test_a_log_piece_never_ends_within_a_character(text: str) -> None:
    body = text.encode()
    for cut in range(len(body) + 1):
        piece = whole_characters(body[:cut])
        assert text.startswith(piece.decode())
        assert cut - len(piece) <= 3
    assert whole_characters(body) == body
