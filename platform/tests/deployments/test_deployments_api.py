"""Endpoints and deployments over REST, with nodes spoken for by their reports."""

from datetime import timedelta

import msgspec
import pytest
from django.conf import settings
from django.utils import timezone

from bottega.serving_contract import DesiredState
from bottega_platform.api.testing import ApiClient, client_as
from bottega_platform.deployments import desired, services
from bottega_platform.deployments.models import Deployment
from bottega_platform.jobs.verify import verify
from bottega_platform.projects.models import Role

pytestmark = pytest.mark.django_db
ENDPOINTS = "/projects/harbour/endpoints"
STAGES = ["fetched", "loaded", "verified", "warm", "ready", "shifting", "active"]


@pytest.fixture
def endpoint(client, two_versions):
    assert client.post(ENDPOINTS, {"name": "risk", "spec": {"description": "How risky"}}).status_code == 201


@pytest.fixture
def machine():
    return ApiClient(settings.NODE_SECRET_FILE.read_text().strip())


@pytest.fixture
def node(machine):
    return machine.post("/serving/nodes", {"name": "node-1"}).json()["id"]


def deploy(client, version=1):
    answer = client.post(f"{ENDPOINTS}/risk/deployments", {"model": "risk", "version": version})
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == f"/api/v1/projects/harbour/deployments/{answer.json()['id']}"
    return answer.json()


def report(machine, node, deployment, *stages, **more):
    rows = [{"deployment_id": deployment["id"], "stage": stage, **more} for stage in stages]
    answer = machine.post("/serving/observed", {"node_id": node, "generation": 1, "deployments": rows})
    assert answer.status_code == 204, answer.content


def get(client, deployment):
    return client.get(f"/projects/harbour/deployments/{deployment['id']}").json()


def problems():
    return [broken for broken in verify() if broken.check.startswith("deployments.")]


def test_a_deployment_passes_its_stages_and_becomes_the_current_one(client, endpoint, machine, node):
    made = deploy(client)
    assert client.get(f"{ENDPOINTS}/risk").json()["state"] == "deploying"
    for stage in STAGES:
        report(machine, node, made, stage)
        assert get(client, made)["stage"] == stage
    report(machine, node, made, "loaded", "active")  # late and repeated reports change nothing
    found = client.get(f"{ENDPOINTS}/risk").json()
    assert (found["state"], found["current"]["id"], found["current"]["live"]) == ("serving", made["id"], True)
    assert [event["stage"] for event in get(client, made)["events"]] == ["requested", *STAGES]
    assert problems() == []


def test_a_refused_bundle_leaves_what_was_served(client, endpoint, machine, node):
    first = deploy(client)
    report(machine, node, first, "active")
    second = deploy(client, 2)
    report(machine, node, second, "failed", code="golden_mismatch", reason="golden row 3 differs")
    found = get(client, second)
    assert (found["stage"], found["code"], found["reason"]) == ("failed", "golden_mismatch", "golden row 3 differs")
    assert client.get(f"{ENDPOINTS}/risk").json()["current"]["id"] == first["id"]
    assert [route.deployment_id for route in desired.routes()] == [first["id"]]
    assert problems() == []


def test_a_newer_deployment_supersedes_one_on_its_way(client, endpoint, machine, node):
    first, second = deploy(client), deploy(client, 2)
    assert get(client, first)["code"] == "superseded"
    report(machine, node, first, "active")
    assert get(client, first)["stage"] == "failed"
    report(machine, node, second, "active")
    assert client.get(f"{ENDPOINTS}/risk").json()["current"]["version"] == 2


def test_a_deployment_that_no_node_finishes_ends_at_its_deadline(client, endpoint):
    made = deploy(client)
    assert services.reconcile() == 0
    Deployment.objects.filter(pk=made["id"]).update(deadline=timezone.now() - timedelta(minutes=2))
    assert [broken.subject for broken in problems()] == [made["id"]]
    assert services.reconcile() == 1
    assert get(client, made)["code"] == "deadline"
    assert services.reconcile() == 0
    assert problems() == []


def test_rollback_serves_the_version_before_and_can_be_rolled_back_again(client, endpoint, machine, node):
    assert client.post(f"{ENDPOINTS}/risk/rollback").json()["code"] == "nothing_to_roll_back_to"
    for version in (1, 2):
        report(machine, node, deploy(client, version), "active")
    back = client.post(f"{ENDPOINTS}/risk/rollback").json()
    assert (back["kind"], back["version"], back["number"]) == ("rollback", 1, 3)
    report(machine, node, back, "active")
    again = client.post(f"{ENDPOINTS}/risk/rollback", {}).json()
    assert again["version"] == 2
    report(machine, node, again, "active")
    history = client.get(f"{ENDPOINTS}/risk/deployments").json()["results"]
    assert [row["number"] for row in history] == [4, 3, 2, 1]
    wanted = client.post(f"{ENDPOINTS}/risk/rollback", {"to": history[-1]["id"]}).json()
    assert wanted["version"] == 1


def test_the_desired_state_is_signed_numbered_and_changes_its_number_only_with_its_content(client, endpoint, machine):
    first = desired.current()
    deploy(client)
    second = desired.current()
    assert second.generation == first.generation + 1
    assert desired.current() == second
    answer = machine.get(f"/serving/desired?after={first.generation}")
    assert answer["X-Bottega-Signature"] == desired.signature(answer.content)
    state = msgspec.json.decode(answer.content, type=DesiredState)
    assert state == second
    assert state.routes[0].endpoint == "harbour.risk"
    assert machine.get(f"/serving/desired?after={second.generation}").status_code == 204


def test_nodes_get_only_files_of_bundles_that_a_deployment_names(client, endpoint, machine):
    digest = deploy(client)["bundle"]
    manifest = machine.get(f"/serving/bundles/{digest}/manifest.json")
    names = [entry["path"] for entry in msgspec.json.decode(manifest.content)["files"]]
    assert "model.txt" in names
    model = machine.get(f"/serving/bundles/{digest}/model.txt")
    assert model.content.startswith(b"tree")
    assert machine.get(f"/serving/bundles/{digest}/other").status_code == 404
    assert machine.get(f"/serving/bundles/{'0' * 64}/manifest.json").status_code == 404
    assert machine.get(f"/serving/bundles/{digest}/../../secrets/node").status_code == 404
    assert client.get(f"/serving/bundles/{digest}/model.txt").status_code == 401


def test_wrong_requests_are_refused_with_their_codes(client, endpoint, project):
    assert client.post(ENDPOINTS, {"name": "risk"}).json()["code"] == "name_taken"
    assert client.post(ENDPOINTS, {"name": "Bad Name"}).status_code == 422
    assert client.post(ENDPOINTS, {"name": "x", "spec": {"colour": 1}}).status_code == 422
    path = f"{ENDPOINTS}/risk/deployments"
    assert client.post(path, {"model": "risk", "version": 9}).status_code == 404
    assert client.post(path, {"model": "other", "version": 1}).status_code == 404
    assert client.post(path, {"model": "risk", "version": 0}).status_code == 422
    assert client.post(path, {"model": "risk"}).status_code == 422
    assert client.post(f"{ENDPOINTS}/risk/predict", {"records": []}).json()["code"] == "not_deployed"
    assert client.get(f"{ENDPOINTS}/risk/traffic?range=1y").json()["code"] == "bad_range"
    refused = client_as(Role.EDITOR, project).post(path, {"model": "risk", "version": 1})
    assert (refused.status_code, refused.json()["needed_role"]) == (403, "deployer")


def test_a_change_with_an_old_etag_is_refused_and_a_key_is_shown_once(client, endpoint):
    tag = client.get(f"{ENDPOINTS}/risk")["ETag"]
    changed = client.patch(f"{ENDPOINTS}/risk", {"auth": "key"}, If_Match=tag)
    assert changed.json()["key"].startswith("bek_")
    stale = client.patch(f"{ENDPOINTS}/risk", {"description": "New"}, If_Match=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert client.get(f"{ENDPOINTS}/risk").json()["key"] is None


def test_a_deleted_endpoint_is_served_no_more_and_its_name_is_free(client, endpoint, machine, node):
    report(machine, node, deploy(client), "active")
    assert client.delete(f"{ENDPOINTS}/risk").status_code == 204
    assert desired.routes() == []
    assert client.post(ENDPOINTS, {"name": "risk"}).status_code == 201


def test_traffic_reported_twice_is_counted_once(client, endpoint, machine, node):
    made = deploy(client)
    endpoint_id = client.get(f"{ENDPOINTS}/risk").json()["id"]
    minute = timezone.now().strftime("%Y-%m-%dT%H:%M:00Z")
    buckets = [0] * 96
    buckets[30] = 10

    def tell(requests, boot="a"):
        cell = {
            "endpoint_id": endpoint_id, "version": 1, "minute": minute, "requests": requests, "errors": 1,
            "degraded": 2, "buckets": buckets,
        }  # fmt: skip
        body = {"node_id": node, "generation": 1, "deployments": [], "traffic": [cell], "boot": boot}
        assert machine.post("/serving/observed", body).status_code == 204

    for requests in (4, 10, 10, 4):
        tell(requests)
    tell(5, boot="b")
    [version] = client.get(f"{ENDPOINTS}/risk/traffic?range=1h").json()["versions"]
    assert (version["version"], version["requests"], version["errors"]) == (1, 15, 2)
    assert 0.18 <= version["p50_ms"] <= 0.216
    assert made["stage"] == "requested"


@pytest.mark.parametrize(
    ("field", "value"),
    [("minute", "yesterday"), ("minute", "2026-02-30T00:00:00Z"), ("version", 2**40), ("errors", -1)],
)
def test_a_report_that_no_row_could_hold_is_refused(client, endpoint, machine, node, field, value):
    cell = {
        "endpoint_id": client.get(f"{ENDPOINTS}/risk").json()["id"], "version": 1, "minute": "2026-01-01T00:00:00Z",
        "requests": 1, "errors": 0, "degraded": 0, "buckets": [], field: value,
    }  # fmt: skip
    body = {"node_id": node, "generation": 1, "deployments": [], "traffic": [cell], "boot": "a"}
    assert machine.post("/serving/observed", body).status_code == 422


MODEL = "/projects/harbour/models/risk"


def test_what_serves_will_serve_or_can_be_rolled_back_to_is_not_deleted(client, endpoint, machine, node):
    report(machine, node, deploy(client, 1), "active")
    coming = deploy(client, 2)
    refused = client.delete(f"{MODEL}/versions/2").json()
    assert (refused["code"], refused["users"]) == ("version_in_use", ["endpoint risk is about to serve version 2"])
    report(machine, node, coming, "active")
    for version, verb in ((1, "can roll back to"), (2, "serves")):
        answer = client.delete(f"{MODEL}/versions/{version}")
        assert answer.status_code == 409
        assert answer.json()["users"] == [f"endpoint risk {verb} version {version}"]
    answer = client.delete(MODEL)
    assert (answer.status_code, answer.json()["code"]) == (409, "model_in_use")
    assert answer.json()["users"] == ["endpoint risk can roll back to version 1", "endpoint risk serves version 2"]
    assert client.delete(f"{ENDPOINTS}/risk").status_code == 204
    assert client.delete(f"{MODEL}/versions/1").status_code == 204
    assert client.delete(MODEL).status_code == 204
