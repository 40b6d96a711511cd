"""Sign-in links, sessions with CSRF, tokens: through HTTP."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from bottega_platform.accounts import services
from bottega_platform.accounts.models import ApiToken, SignInLink, User
from bottega_platform.api.testing import ApiClient, client_of, make_user

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def sign_in(browser: Client, secret: str):
    return browser.post("/api/v1/session", {"link_token": secret}, **JSON)


def test_a_fresh_install_has_no_user_and_the_link_makes_the_first_admin(browser):
    assert not User.objects.exists()
    out = StringIO()
    call_command("signin_link", stdout=out)
    found = re.fullmatch(r"http://127\.0\.0\.1:\d+/signin#(btl_\S+)\n", out.getvalue())
    answer = sign_in(browser, found[1])
    assert answer.status_code == 200, answer.content
    assert answer.json()["user"]["username"] == "admin"
    assert User.objects.get().is_platform_admin
    assert not User.objects.get().has_usable_password()


def test_a_link_works_once(browser):
    secret = services.create_link()
    assert sign_in(browser, secret).status_code == 200
    again = sign_in(Client(), secret)
    assert again.status_code == 401
    assert again.json()["code"] == "link_invalid"


def test_a_link_ends_after_a_quarter_of_an_hour(browser):
    secret = services.create_link()
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sign_in(browser, secret).status_code == 401


def test_only_the_hash_of_secrets_is_kept():
    secret = services.create_link()
    token, token_secret = services.create_token(user=make_user("ada"), name="x")
    assert secret not in SignInLink.objects.get().digest
    assert token_secret not in token.digest
    assert len(token.digest) == 64


def test_a_session_writes_only_with_the_csrf_header(browser):
    sign_in(browser, services.create_link())
    refused = browser.post("/api/v1/projects", {"slug": "demand"}, **JSON)
    assert refused.status_code == 403
    assert refused.json()["code"] == "csrf_failed"
    token = browser.cookies["bottega_csrf"].value
    done = browser.post("/api/v1/projects", {"slug": "demand"}, headers={"X-CSRFToken": token}, **JSON)
    assert done.status_code == 201


def test_a_write_from_another_site_is_refused(browser):
    sign_in(browser, services.create_link())
    headers = {"X-CSRFToken": browser.cookies["bottega_csrf"].value, "Origin": "https://evil.example"}
    answer = browser.post("/api/v1/projects", {"slug": "demand"}, headers=headers, **JSON)
    assert answer.status_code == 403


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(browser):
    cookie = sign_in(browser, services.create_link()).cookies["bottega_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_signing_out_ends_the_session(browser):
    sign_in(browser, services.create_link())
    headers = {"X-CSRFToken": browser.cookies["bottega_csrf"].value}
    assert browser.delete("/api/v1/session", headers=headers).status_code == 204
    assert browser.get("/api/v1/me").status_code == 401


def test_guessing_is_slowed_down(browser):
    for _ in range(20):
        assert sign_in(browser, "btl_guess").status_code == 401
    answer = sign_in(browser, services.create_link())
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 601


def test_nobody_signed_in_answers_401_and_says_how():
    answer = ApiClient().get("/me")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"revoked_at": timezone.now()},
    ],
)
def test_an_ended_token_answers_401(change):
    client = client_of(make_user("ada"))
    assert client.get("/me").status_code == 200
    ApiToken.objects.update(**change)
    answer = client.get("/me")
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_invalid"


def test_a_token_of_somebody_who_left_answers_401():
    client = client_of(make_user("ada"))
    User.objects.update(is_active=False)
    assert client.get("/me").status_code == 401


@pytest.mark.parametrize("secret", ["", "btg_", "btg_wrong", "x" * 5000, "btg_\u00e9"])
def test_a_rubbish_token_answers_401(secret):
    assert ApiClient(secret or " ").get("/me").status_code == 401


def test_a_read_token_may_not_write():
    client = client_of(make_user("ada"), scope="read")
    assert client.get("/projects").status_code == 200
    answer = client.post("/projects", {"slug": "demand"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "scope_missing"


def test_a_token_shows_its_secret_once_and_can_be_revoked():
    client = client_of(make_user("ada"))
    made = client.post("/tokens", {"name": "notebook", "scope": "read"}).json()
    assert ApiClient(made["secret"]).get("/me").json()["user"]["username"] == "ada"
    listed = client.get("/tokens").json()["results"]
    assert {row["name"] for row in listed} == {"notebook", "test"}
    assert not any("secret" in row for row in listed)
    assert client.delete(f"/tokens/{made['id']}").status_code == 204
    assert ApiClient(made["secret"]).get("/me").status_code == 401
    assert client.delete(f"/tokens/{made['id']}").status_code == 404


def test_nobody_revokes_the_token_of_another():
    client_of(make_user("ada"))
    token = ApiToken.objects.get()
    assert client_of(make_user("bob")).delete(f"/tokens/{token.id}").status_code == 404


@pytest.mark.parametrize("ends", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00", "soon", 5])
def test_an_impossible_end_of_a_token_is_refused_with_a_pointer(ends):
    answer = client_of(make_user("ada")).post("/tokens", {"name": "x", "expires_at": ends})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/expires_at"


def test_me_names_projects_and_roles():
    client = client_of(make_user("ada"))
    client.post("/projects", {"slug": "demand"})
    body = client.get("/me").json()
    assert [(row["slug"], row["role"]) for row in body["projects"]] == [("demand", "admin")]
    assert body["channel"] == "token"


def test_the_use_of_a_token_is_recorded():
    client = client_of(make_user("ada"))
    assert ApiToken.objects.get().last_used_at is None
    client.get("/me")
    assert ApiToken.objects.get().last_used_at is not None
