"""A network on the real flights: fitted, registered, deployed like any model, and asked by keys alone."""

import pytest

from bottega.client.jobs import poll_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
PROJECT = "/projects/flights"


def test_a_network_is_fitted_to_the_flights_deployed_and_asked(running_platform) -> None:
    pytest.importorskip("torch", reason="scripts/install_torch installs it")
    client = running_platform.client
    params = {"epochs": 3, "width": 32, "layers": 1, "batch_size": 4096}
    spec = {"training_set": "minutes_2013", "trainer": "neural_network", "task": "regression", "params": params}
    client.wait(client.post(f"{PROJECT}/training-runs", {"name": "network", "spec": spec})["job"])
    run = client.get(f"{PROJECT}/training-runs/network")
    assert run["device"]["asked"] == "auto"
    assert run["device"]["kind"] == "cuda" or run["device"]["note"]
    mean = running_platform.demo["minutes"]["mae"]["minutes_historical_mean"]
    assert run["metrics"]["test"]["mae"]["high"] < mean["low"]
    client.post(f"{PROJECT}/models", {"name": "network", "spec": {"task": "regression"}})
    client.wait(client.post(f"{PROJECT}/models/network/versions", {"training_run": "network"})["job"])
    client.post(f"{PROJECT}/endpoints", {"name": "network", "spec": {}})
    client.post(f"{PROJECT}/endpoints/network/deployments", {"model": "network", "version": 1})
    poll_until(lambda: _active(client), seconds=60)
    record = running_platform.demo["prediction"]["record"]
    answer = client.post(f"{PROJECT}/endpoints/network/predict", {"records": [record]})
    assert (answer["model"], answer["version"]) == ("network", 1)
    assert -60 < answer["predictions"][0] < 240


def _active(client):
    newest = next(client.pages(f"{PROJECT}/endpoints/network/deployments", limit=1))
    assert newest["stage"] != "failed", newest["reason"]
    return newest if newest["stage"] == "active" else None
