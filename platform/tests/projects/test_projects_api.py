"""Projects, members and the overview through HTTP."""

from datetime import datetime

import pytest

from bottega_platform.api.testing import client_as, client_of, make_project, make_user
from bottega_platform.projects.models import Project, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def test_who_creates_a_project_becomes_its_admin():
    client = client_of(make_user("ada"))
    created = client.post("/projects", {"slug": "demand", "name": "Demand"})
    assert created.status_code == 201
    assert created["Location"] == "/api/v1/projects/demand"
    body = created.json()
    assert body["id"].startswith("prj_")
    assert body["role"] == "admin"
    assert "manage_members" in body["allowed_actions"]
    assert client.get("/projects/demand").json() == body


def test_a_taken_slug_is_refused_with_a_pointer(project):
    answer = client_of(make_user("ada")).post("/projects", {"slug": project.slug})
    assert answer.status_code == 409
    assert answer.json()["code"] == "name_taken"


@pytest.mark.parametrize("slug", ["", "Upper", "9lives", "a b", "a/b", "../etc", "ä", "a\n", "x" * 64, "api"])
def test_a_slug_that_cannot_stand_in_an_address_is_refused(slug):
    answer = client_of(make_user("ada")).post("/projects", {"slug": slug})
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["pointer"] == "/slug"


def test_to_a_stranger_the_project_does_not_exist(project):
    stranger = client_of(make_user("stranger"))
    for path in (f"/projects/{project.slug}", f"/projects/{project.slug}/members", "/projects/nothing"):
        assert stranger.get(path).status_code == 404
    assert stranger.get("/projects").json()["results"] == []


def test_a_member_without_the_role_is_told_which_and_who_can_grant_it(project):
    answer = client_as(Role.EDITOR, project).patch(f"/projects/{project.slug}", {"name": "New"})
    assert answer.status_code == 403
    problem = answer.json()
    assert problem["code"] == "role_missing"
    assert problem["needed_role"] == "admin"
    assert "owner" in problem["detail"]


def test_a_change_with_an_old_etag_is_refused_and_names_what_changed(project):
    admin = client_as(Role.ADMIN, project)
    path = f"/projects/{project.slug}"
    tag = admin.get(path)["ETag"]
    first = admin.patch(path, {"description": "one"}, If_Match=tag)
    assert first.status_code == 200
    assert first["ETag"] != tag
    stale = admin.patch(path, {"description": "two"}, If_Match=tag)
    assert stale.status_code == 412
    assert stale.json()["code"] == "stale_version"
    assert [fault["pointer"] for fault in stale.json()["errors"]] == ["/description"]


def test_a_rubbish_etag_is_a_coded_problem(project):
    answer = client_as(Role.ADMIN, project).patch(f"/projects/{project.slug}", {"name": "x"}, If_Match="rubbish")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_etag"


@pytest.mark.parametrize(
    "clock", ["2013-10-01T12:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2013-02-30T00:00:00Z"]
)
def test_a_clock_that_no_row_could_hold_is_refused_and_the_project_stays_readable(project, clock):
    admin = client_as(Role.ADMIN, project)
    answer = admin.patch(f"/projects/{project.slug}", {"clock": clock})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/clock"
    for path in ("/projects", f"/projects/{project.slug}", "/me"):
        assert admin.get(path).status_code == 200


@pytest.mark.parametrize("clock", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2013-10-01T08:00:00-04:00"])
def test_any_other_clock_is_kept_to_the_microsecond(project, clock):
    admin = client_as(Role.ADMIN, project)
    assert admin.patch(f"/projects/{project.slug}", {"clock": clock}).status_code == 200
    kept = datetime.fromisoformat(admin.get(f"/projects/{project.slug}").json()["clock"])
    assert kept == datetime.fromisoformat(clock)


def test_a_deleted_project_is_gone_and_frees_its_slug(project):
    admin = client_as(Role.ADMIN, project)
    assert admin.delete(f"/projects/{project.slug}").status_code == 204
    assert admin.get(f"/projects/{project.slug}").status_code == 404
    assert admin.post("/projects", {"slug": project.slug}).status_code == 201
    assert Project.objects.filter(slug=project.slug).count() == 2


def test_members_come_and_go_and_the_last_admin_stays(project):
    owner = client_of(make_user("owner"))
    make_user("bob")
    path = f"/projects/{project.slug}/members"
    assert owner.put(f"{path}/bob", {"role": "editor"}).json()["role"] == "editor"
    assert [row["user"]["username"] for row in owner.get(path).json()["results"]] == ["owner", "bob"]
    assert owner.delete(f"{path}/bob").status_code == 204
    assert owner.delete(f"{path}/bob").status_code == 404
    for answer in (owner.delete(f"{path}/owner"), owner.put(f"{path}/owner", {"role": "viewer"})):
        assert answer.status_code == 409
        assert answer.json()["code"] == "last_admin"


def test_an_unknown_role_is_refused_with_a_pointer(project):
    make_user("bob")
    answer = client_of(make_user("owner")).put(f"/projects/{project.slug}/members/bob", {"role": "king"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/role"


def test_an_empty_project_says_what_to_do_first(project):
    body = client_as(Role.VIEWER, project).get(f"/projects/{project.slug}/overview").json()
    assert [part["phase"] for part in body["phases"]] == ["data", "features", "train", "deploy", "monitor"]
    assert body["next_step"]["code"] == "add_source"


def test_every_change_stands_in_the_audit_trail(project):
    admin = client_as(Role.ADMIN, project)
    admin.patch(f"/projects/{project.slug}", {"tier": 1, "reason": "goes live"}, X_Request_ID="req-7")
    rows = admin.get(f"/projects/{project.slug}/audit?action=project.update").json()["results"]
    assert rows[0]["before"]["tier"] == 3
    assert rows[0]["after"]["tier"] == 1
    assert rows[0]["request_id"] == "req-7"
    assert rows[0]["reason"] == "goes live"
    assert rows[0]["channel"] == "token"


def test_lists_take_the_same_number_of_queries_for_one_and_many(django_assert_num_queries, project):
    owner = make_user("owner")
    client = client_of(owner)
    client.get("/projects")
    with django_assert_num_queries(3):  # token, projects, memberships
        client.get("/projects")
    for number in range(5):
        make_project(f"more-{number}")
    with django_assert_num_queries(3):
        assert len(client.get("/projects").json()["results"]) == 6
