"""Finding things of a project by a part of their name."""

from typing import Any
from urllib.parse import urlencode

import pytest

from bottega_platform.api.testing import client_as, make_project
from bottega_platform.deployments.models import Endpoint
from bottega_platform.projects.models import Project, Role
from bottega_platform.registry.models import Model

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def search(project: Project, text: str) -> Any:
    return client_as(Role.VIEWER, project).get(f"/projects/{project.slug}/search?{urlencode({'q': text})}")


def find(project: Project, text: str) -> list[tuple[str, str]]:
    answer = search(project, text)
    assert answer.status_code == 200, answer.content
    return [(hit["kind"], hit["name"]) for hit in answer.json()["results"]]


def test_names_that_begin_with_the_text_come_first_and_case_does_not_matter(project):
    for name in ("past-churn", "churn-risk", "other"):
        Model.objects.create(project=project, name=name)
    Endpoint.objects.create(project=project, name="churn")
    assert find(project, " Churn ") == [("endpoint", "churn"), ("model", "churn-risk"), ("model", "past-churn")]


def test_a_hit_tells_where_its_page_is(project):
    Model.objects.create(project=project, name="churn", description="Who leaves")
    body = search(project, "chu").json()
    assert body["results"] == [{"kind": "model", "name": "churn", "detail": "Who leaves", "path": "models/churn"}]


def test_another_project_and_what_was_deleted_are_not_found(project):
    Model.objects.create(project=make_project("elsewhere"), name="churn")
    Model.objects.create(project=project, name="churn").soft_delete()
    assert find(project, "churn") == []


def test_a_kind_with_many_things_does_not_crowd_out_the_others(project):
    for number in range(30):
        Model.objects.create(project=project, name=f"churn-{number}")
    Endpoint.objects.create(project=project, name="churn")
    found = find(project, "churn")
    assert len(found) == 7
    assert ("endpoint", "churn") in found


@pytest.mark.parametrize("wild", ["%", "_", "\\"])
def test_signs_that_sql_knows_are_ordinary_letters(project, wild):
    Model.objects.create(project=project, name="churn")
    assert find(project, wild) == []


@pytest.mark.parametrize("text", ["", "  ", "x" * 101, "a\x1bb", "a\nb"])
def test_a_text_that_cannot_be_searched_for_is_refused(project, text):
    answer = search(project, text)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_search")
