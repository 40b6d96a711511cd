"""One call deploys, one rolls back, on a real node that is not restarted."""

import httpx
import pytest

from bottega_platform.config import env
from bottega_platform.deployments.testing import wait_for
from bottega_serving.testing import full_record

pytestmark = pytest.mark.django_db(transaction=True)
ENDPOINTS = "/projects/harbour/endpoints"


def predict(record=None):
    url = f"{env.current().serving_url}/v1/endpoints/harbour.risk/predict"
    return httpx.post(url, json={"records": [record or full_record(3)]}, trust_env=False)


def deploy(client, version):
    answer = client.post(f"{ENDPOINTS}/risk/deployments", {"model": "risk", "version": version})
    assert answer.status_code == 202, answer.content
    return answer.json()


def until_final(client, deployment):
    def final():
        body = client.get(f"/projects/harbour/deployments/{deployment['id']}").json()
        return body if body["stage"] in {"active", "failed"} else None

    return wait_for(final)


@pytest.fixture
def endpoint(client, two_versions, real_node):
    assert client.post(ENDPOINTS, {"name": "risk"}).status_code == 201


def test_deploy_swap_and_rollback_on_a_running_node(client, endpoint):
    first = until_final(client, deploy(client, 1))
    assert first["stage"] == "active", first
    answered = predict()
    assert answered.json()["version"] == 1
    assert first["seconds"]["fetched"] <= first["seconds"]["active"]

    assert until_final(client, deploy(client, 2))["stage"] == "active"
    assert predict().json()["version"] == 2

    answer = client.post(f"{ENDPOINTS}/risk/rollback")
    assert answer.status_code == 202, answer.content
    wait_for(lambda: predict().json()["version"] == 1, every=0.02)
    rolled = until_final(client, answer.json())
    assert rolled["kind"] == "rollback"
    current = client.get(f"{ENDPOINTS}/risk").json()
    assert current["current"]["version"] == 1
    assert current["state"] == "serving"
    assert "rollback" in current["allowed_actions"]


def test_traffic_reaches_the_control_plane_and_the_proxy_passes_answers(client, endpoint):
    until_final(client, deploy(client, 1))
    for _ in range(7):
        assert predict().status_code == 200
    assert predict({"user": "u1"}).status_code == 422
    passed = client.post(f"{ENDPOINTS}/risk/predict", {"records": [full_record(1)]})
    assert passed.status_code == 200
    assert passed.json()["version"] == 1
    refused = client.post(f"{ENDPOINTS}/risk/predict", {"records": []})
    assert refused.status_code == 422
    assert refused.json()["code"] == "empty"

    def counted():
        versions = client.get(f"{ENDPOINTS}/risk/traffic?range=1h").json()["versions"]
        return versions if versions and versions[0]["requests"] >= 10 else None

    [version] = wait_for(counted)
    assert (version["version"], version["requests"], version["errors"]) == (1, 10, 2)
    assert 0 < version["p50_ms"] <= version["p95_ms"] <= version["p99_ms"]
    assert sum(minute["requests"] for minute in version["minutes"]) == 10
    assert client.get(f"{ENDPOINTS}/risk/signature").json()["sample"]["records"]
