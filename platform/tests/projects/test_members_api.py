"""Members through HTTP: invitations, links, roles, and what a missing right says.

The cast: Olga owns the project, Vera views, Bob has an account and is in no project, Ines is only an address.
"""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from bottega_platform.accounts import people
from bottega_platform.accounts.models import SignInLink, User
from bottega_platform.api.models import StoredAnswer
from bottega_platform.api.testing import ApiClient, client_as, client_of, make_project, make_user
from bottega_platform.audit.models import Entry
from bottega_platform.projects.models import Membership, Project, Role

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}
INES = "Ines@Example.org"


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def olga(project) -> ApiClient:
    return client_of(make_user("owner"))


def invite(client: ApiClient, project: Project, email: str = INES, role: str = "viewer", **headers):
    return client.post(f"/projects/{project.slug}/members", {"email": email, "role": role}, **headers)


def open_link(url: str, browser: Client | None = None):
    secret = url.partition("#")[2]
    return (browser or Client()).post("/api/v1/session", {"link_token": secret}, **JSON)


def actions(project: Project | None = None) -> list[str]:
    return list(Entry.objects.filter(project=project).order_by("sequence").values_list("action", flat=True))


def test_an_invitation_makes_account_membership_and_a_link_that_signs_in_once(olga, project):
    answer = invite(olga, project)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["member"]["user"]["username"] == "ines"
    assert (body["member"]["email"], body["member"]["state"]) == ("ines@example.org", "invited")
    signed_in = open_link(body["link"]["url"])
    assert [(row["slug"], row["role"]) for row in signed_in.json()["projects"]] == [(project.slug, "viewer")]
    again = open_link(body["link"]["url"])
    assert again.status_code == 401
    assert again.json()["code"] == "link_invalid"


def test_the_link_is_shown_once_and_not_kept_in_plain(olga, project):
    url = invite(olga, project, Idempotency_Key="one").json()["link"]["url"]
    secret = url.partition("#")[2].encode()
    assert secret not in bytes(StoredAnswer.objects.get().body)
    assert invite(olga, project, Idempotency_Key="one").json()["link"]["url"] == url, "a retry gets the same answer"
    listed = olga.get(f"/projects/{project.slug}/members")
    assert secret not in listed.content
    assert not any(secret.decode() in str(entry.after) for entry in Entry.objects.all())


def test_a_link_ends_by_itself(olga, project):
    url = invite(olga, project).json()["link"]["url"]
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert open_link(url).status_code == 401


def test_who_has_an_account_becomes_a_member_and_nobody_gets_a_link_into_it(olga, project):
    bob = make_user("bob")
    User.objects.filter(pk=bob.pk).update(email="bob@example.org")
    body = invite(olga, project, "BOB@example.org", "deployer").json()
    assert body["link"] is None
    assert body["member"]["user"]["username"] == "bob"
    assert Membership.objects.get(user=bob).role == "deployer"


def test_a_second_invitation_says_that_they_are_in(olga, project):
    invite(olga, project)
    answer = invite(olga, project)
    assert answer.status_code == 409
    assert answer.json()["code"] == "already_member"
    assert answer.json()["errors"][0]["pointer"] == "/email"


@pytest.mark.parametrize("email", ["ines", "ines@", "@x", "a b@x.org", "ines@example..org", "x" * 250 + "@example.org"])
def test_what_is_no_address_is_refused_with_a_pointer(olga, project, email):
    answer = invite(olga, project, email)
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["pointer"] == "/email"
    assert not User.objects.filter(username__startswith="ines").exists()


def test_two_people_of_one_name_get_two_user_names(olga, project):
    names = [invite(olga, project, f"ines@{host}.org").json()["member"]["user"]["username"] for host in "abc"]
    assert names == ["ines", "ines-2", "ines-3"]


def test_a_disabled_account_is_not_invited(olga, project):
    invite(olga, project)
    ines = User.objects.get(username="ines")
    Membership.objects.filter(user=ines).delete()
    people.disable_user(actor=None, user=ines)
    answer = invite(olga, project)
    assert answer.status_code == 409
    assert answer.json()["code"] == "user_disabled"


def test_a_new_link_ends_the_old_one_until_the_first_sign_in(olga, project):
    first = invite(olga, project).json()["link"]["url"]
    path = f"/projects/{project.slug}/members/ines/link"
    second = olga.post(path).json()["url"]
    assert open_link(first).status_code == 401
    assert open_link(second).status_code == 200
    refused = olga.post(path)
    assert refused.status_code == 409
    assert refused.json()["code"] == "link_refused"
    assert client_of(make_user("root", is_platform_admin=True)).post(path).status_code == 201


def test_an_admin_of_one_project_gets_no_link_into_rights_in_another(olga, project):
    invite(olga, project)
    other = make_project("elsewhere")
    Membership.objects.filter(project=other, user__username="owner").delete()
    Membership.objects.create(project=other, user=User.objects.get(username="ines"), role=Role.ADMIN)
    assert olga.post(f"/projects/{project.slug}/members/ines/link").json()["code"] == "link_refused"


@pytest.mark.parametrize("name", ["nobody", "stranger"])
def test_a_link_for_who_is_no_member_is_not_found(olga, project, name):
    make_user("stranger")
    answer = olga.post(f"/projects/{project.slug}/members/{name}/link")
    assert answer.status_code == 404
    assert answer.json()["code"] == "member_not_found"


def test_a_missing_role_is_named_with_who_can_grant_it(project):
    answer = invite(client_as(Role.EDITOR, project), project)
    assert answer.status_code == 403
    problem = answer.json()
    assert (problem["needed_role"], problem["your_role"]) == ("admin", "editor")
    assert problem["granted_by"] == ["owner"]
    assert "owner can grant it" in problem["detail"]


def test_the_project_says_which_role_each_action_needs_and_who_grants_it(project):
    vera = client_as(Role.VIEWER, project)
    for body in (vera.get(f"/projects/{project.slug}").json(), vera.get("/projects").json()["results"][0]):
        assert body["role"] == "viewer"
        assert body["needed_roles"]["deploy"] == "deployer"
        assert body["granted_by"] == ["owner"]


def test_who_cannot_sign_in_neither_grants_nor_counts_as_an_admin(olga, project):
    url = invite(olga, project, role="admin").json()["link"]["url"]
    open_link(url)
    people.disable_user(actor=None, user=User.objects.get(username="ines"))
    assert olga.get(f"/projects/{project.slug}").json()["granted_by"] == ["owner"]
    answer = olga.delete(f"/projects/{project.slug}/members/owner")
    assert answer.status_code == 409
    assert answer.json()["code"] == "last_admin"
    assert olga.delete(f"/projects/{project.slug}/members/ines").status_code == 204


def test_a_disabled_account_is_out_at_once(olga, project):
    browser = Client()
    open_link(invite(olga, project).json()["link"]["url"], browser)
    ines = User.objects.get(username="ines")
    token = client_of(ines)
    assert browser.get("/api/v1/me").status_code == 200
    people.disable_user(actor=None, user=ines)
    assert browser.get("/api/v1/me").status_code == 401
    assert token.get("/me").status_code == 401
    people.enable_user(actor=None, user=ines)
    assert token.get("/me").status_code == 200
    assert Session.objects.exists()


def test_a_removed_member_no_longer_sees_the_project(olga, project):
    browser = Client()
    open_link(invite(olga, project).json()["link"]["url"], browser)
    assert browser.get(f"/api/v1/projects/{project.slug}").status_code == 200
    olga.delete(f"/projects/{project.slug}/members/ines")
    assert browser.get(f"/api/v1/projects/{project.slug}").status_code == 404


def test_every_step_stands_in_the_audit_trail(olga, project):
    invite(olga, project)
    olga.post(f"/projects/{project.slug}/members/ines/link")
    olga.put(f"/projects/{project.slug}/members/ines", {"role": "editor"})
    olga.delete(f"/projects/{project.slug}/members/ines")
    ines = User.objects.get(username="ines")
    people.disable_user(actor=make_user("owner"), user=ines, reason="left")
    assert actions(project)[-3:] == ["member.set", "member.set", "member.remove"]
    about = Entry.objects.filter(subject=ines.pk, project=None).order_by("sequence")
    assert [entry.action for entry in about] == ["user.create", "link.create", "link.create", "user.disable"]
    assert {entry.actor.username for entry in about} == {"owner"}
    assert about.last().reason == "left"
