"""``manage.py user``, which ``bottega user`` calls: add, list, link, disable, enable."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from bottega_platform.accounts.models import User
from bottega_platform.api.testing import make_project, make_user
from bottega_platform.audit.models import Entry
from bottega_platform.projects.models import Membership, Role

pytestmark = pytest.mark.django_db


def user(*arguments: str):
    out = StringIO()
    call_command("user", *arguments, stdout=out)
    return json.loads(out.getvalue())


def refused(*arguments: str) -> dict:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("user", *arguments, stdout=out)
    assert ended.value.code == 1
    return json.loads(out.getvalue())["problem"]


def sign_in(link: str) -> int:
    body = {"link_token": link.partition("#")[2]}
    return Client().post("/api/v1/session", body, content_type="application/json").status_code


def test_an_added_user_signs_in_by_the_printed_link_once():
    document = user("add", "Ada@example.org")
    assert document["user"]["username"] == "ada"
    assert not document["user"]["platform_admin"]
    assert sign_in(document["link"]) == 200
    assert sign_in(document["link"]) == 401


def test_an_added_admin_may_do_everything():
    user("add", "root@example.org", "--admin")
    assert User.objects.get(username="root").is_platform_admin


def test_the_list_names_state_and_roles():
    user("add", "ada@example.org")
    Membership.objects.create(project=make_project(), user=User.objects.get(username="ada"), role=Role.EDITOR)
    rows = {row["username"]: row for row in user("list")}
    assert rows["ada"]["roles"] == {"harbour": "editor"}
    assert rows["ada"]["state"] == "invited"
    assert rows["owner"]["roles"] == {"harbour": "admin"}


def test_a_new_link_ends_the_earlier_one():
    first = user("add", "ada@example.org")["link"]
    second = user("link", "ada@example.org")["link"]
    assert sign_in(first) == 401
    assert sign_in(second) == 200


def test_disabling_ends_links_and_enabling_brings_the_account_back():
    link = user("add", "ada@example.org")["link"]
    assert user("disable", "ada")["user"]["state"] == "disabled"
    assert sign_in(link) == 401
    assert refused("link", "ada")["code"] == "user_disabled"
    assert user("enable", "ada")["user"]["state"] == "invited"


def test_the_last_platform_admin_is_not_disabled():
    make_user("root", is_platform_admin=True)
    assert refused("disable", "root")["code"] == "last_platform_admin"
    make_user("second", is_platform_admin=True)
    assert user("disable", "root")["user"]["state"] == "disabled"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "nonsense"), "bad_email"),
        (("disable", "nobody"), "user_not_found"),
        (("link", ""), "user_not_found"),
    ],
)
def test_what_cannot_be_done_is_a_coded_problem(arguments, code):
    make_user("root", is_platform_admin=True)
    assert refused(*arguments)["code"] == code


def test_an_address_has_one_account():
    user("add", "ada@example.org")
    assert refused("add", "ADA@example.org")["code"] == "email_taken"


def test_what_the_command_did_stands_in_the_audit_trail():
    user("add", "ada@example.org")
    user("disable", "ada")
    entries = Entry.objects.filter(subject=User.objects.get(username="ada").pk).order_by("sequence")
    assert [entry.action for entry in entries] == ["user.create", "link.create", "user.disable"]
    assert {entry.channel for entry in entries} == {"cli"}
    assert all(entry.reason.startswith("by ") for entry in entries)
