"""API keys of endpoints: made and revoked over REST, asked for by the nodes, required in the server profile."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bottega.client import connect
from bottega_platform.api.testing import client_as
from bottega_platform.audit.models import Entry
from bottega_platform.config import env
from bottega_platform.deployments import desired, keys
from bottega_platform.deployments.models import Endpoint
from bottega_platform.deployments.testing import wait_for
from bottega_platform.projects.models import Role
from bottega_serving.testing import full_record

ENDPOINTS = "/projects/harbour/endpoints"
KEYS = f"{ENDPOINTS}/risk/keys"


def sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def hashes() -> list[str]:
    return keys.hashes(Endpoint.objects.get(name="risk"))


@pytest.fixture
def first_key(client) -> str:
    made = client.post(ENDPOINTS, {"name": "risk", "spec": {"auth": "key"}})
    assert made.status_code == 201, made.content
    return made.json()["key"]


@pytest.mark.django_db
def test_a_key_is_shown_once_kept_as_a_hash_and_ends_when_revoked(client, first_key):
    made = client.post(KEYS, {"name": "checkout"})
    assert made.status_code == 201
    secret, key_id = made.json()["key"], made.json()["id"]
    listed = client.get(KEYS).json()["results"]
    assert {(row["name"], row["key"]) for row in listed} == {("first", None), ("checkout", None)}
    assert next(row["hint"] for row in listed if row["id"] == key_id) == secret[-4:]
    assert {sha256(first_key), sha256(secret)} < set(hashes())

    assert client.delete(f"{KEYS}/{key_id}").status_code == 204
    assert sha256(secret) not in hashes()
    assert [row["name"] for row in client.get(KEYS).json()["results"]] == ["first"]
    again = client.delete(f"{KEYS}/{key_id}")
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
def test_keys_are_audited_without_their_secret(client, first_key):
    secret = client.post(KEYS, {"name": "checkout"}).json()["key"]
    entries = Entry.objects.filter(action="endpoint.key.create")
    assert [entry.after["name"] for entry in entries] == ["first", "checkout"]
    assert not [entry for entry in entries if secret in str(entry.after) or sha256(secret) in str(entry.after)]


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 121}, {"name": 1}, {"name": "x", "key": "mine"}])
def test_a_key_without_a_proper_name_is_refused(client, first_key, body):
    refused = client.post(KEYS, body)
    assert (refused.status_code, refused.json()["code"]) == (422, "spec_invalid")


@pytest.mark.django_db
def test_switching_keys_off_ends_them_and_on_again_makes_a_new_one(client, first_key):
    assert client.patch(f"{ENDPOINTS}/risk", {"auth": "none"}).json()["key"] is None
    assert hashes() == []
    second = client.patch(f"{ENDPOINTS}/risk", {"auth": "key"}).json()["key"]
    assert sha256(second) in hashes()
    assert sha256(first_key) not in hashes()


@pytest.mark.django_db
def test_in_the_server_profile_every_endpoint_asks_for_a_key(client, two_versions, settings):
    assert client.post(ENDPOINTS, {"name": "risk", "spec": {}}).json()["key"] is None
    client.post(f"{ENDPOINTS}/risk/deployments", {"model": "risk", "version": 1})
    settings.SERVER_PROFILE = True
    (route,) = desired.routes()  # an endpoint from before, which was open
    assert route.auth == "key"
    assert client.get(f"{ENDPOINTS}/risk").json()["auth"] == "key"
    assert client.post(ENDPOINTS, {"name": "other"}).json()["key"].startswith("bek_")
    for answer, pointer in (
        (client.post(ENDPOINTS, {"name": "open", "spec": {"auth": "none"}}), "/spec/auth"),
        (client.patch(f"{ENDPOINTS}/other", {"auth": "none"}), "/auth"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "key_required")
        assert answer.json()["errors"][0]["pointer"] == pointer


def predict(key: str | None = None) -> httpx.Response:
    url = f"{env.current().serving_url}/v1/endpoints/harbour.risk/predict"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.post(url, json={"records": [full_record(3)]}, headers=headers, trust_env=False)


@pytest.mark.django_db(transaction=True)
def test_a_node_answers_who_has_a_key_and_the_console_whoever_has_the_role(client, two_versions, real_node, project):
    key = client.post(ENDPOINTS, {"name": "risk", "spec": {"auth": "key"}}).json()["key"]
    client.post(f"{ENDPOINTS}/risk/deployments", {"model": "risk", "version": 1})
    wait_for(lambda: client.get(f"{ENDPOINTS}/risk").json()["state"] == "serving")

    refused = predict()
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    assert predict(f"{key}x").status_code == 401
    assert predict(key).status_code == 200
    viewer = client_as(Role.VIEWER, project)
    assert viewer.post(f"{ENDPOINTS}/risk/predict", {"records": [full_record(3)]}).status_code == 200

    second = client.post(KEYS, {"name": "second"}).json()["key"]
    wait_for(lambda: predict(second).status_code == 200)
    (first,) = [row["id"] for row in client.get(KEYS).json()["results"] if row["name"] == "first"]
    assert client.delete(f"{KEYS}/{first}").status_code == 204
    wait_for(lambda: predict(key).status_code == 401)
    assert predict(second).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_command_line_and_the_client_make_show_and_revoke_keys(client, first_key, web):
    signed_in = {"BOTTEGA_URL": env.current().url, "BOTTEGA_TOKEN": client.token, "BOTTEGA_PROJECT": "harbour"}

    def bottega(*arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("bottega")), "key", *arguments]
        return subprocess.run(
            command, env={**os.environ, **signed_in}, capture_output=True, text=True, check=True
        ).stdout

    secret = bottega("create", "risk", "--name", "checkout").strip()
    assert sha256(secret) in hashes()
    rows = json.loads(bottega("list", "risk", "-o", "json"))
    assert [row["name"] for row in rows].count("checkout") == 1
    (key_id,) = [row["id"] for row in rows if row["name"] == "checkout"]
    assert bottega("revoke", "risk", key_id).strip() == "revoked"
    assert sha256(secret) not in hashes()

    endpoint = connect(signed_in["BOTTEGA_URL"], client.token).project("harbour").endpoints["risk"]
    made = endpoint.create_key("batch")
    assert sha256(made) in hashes()
    listed = endpoint.keys()
    endpoint.revoke_key(next(row["id"] for row in listed if row["name"] == "batch"))
    assert sha256(made) not in hashes()
