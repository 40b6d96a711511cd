"""Nothing that could not be known at prediction time enters a model."""

import uuid
from typing import Any

import pytest

from bottega.client import JobFailed
from bottega.problems import ProblemError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
PROJECT = "/projects/flights"


def _spec(service: str, **changes: Any) -> dict[str, Any]:
    """A training set of four months: enough to see a leak, quick enough for a test."""
    spec = {
        "labels": "trips",
        "label": "late",
        "event_time": "scheduled_departure",
        "feature_service": service,
        "start": "2013-02-01T05:00:00Z",
        "end": "2013-06-01T04:00:00Z",
        "split": {
            "kind": "time",
            "valid_from": "2013-04-01T04:00:00Z",
            "test_from": "2013-05-01T04:00:00Z",
            "end": "2013-06-01T04:00:00Z",
        },
    }
    return {**spec, **changes}


def _training_set(client: Any, service: str, **changes: Any) -> str:
    name = f"leak_{uuid.uuid4().hex[:8]}"
    accepted = client.post(f"{PROJECT}/training-sets", {"name": name, "spec": _spec(service, **changes)})
    client.wait(accepted["job"])
    return name


def _holdout_auc(client: Any, training_set: str) -> float:
    name = f"run_{training_set}"
    spec = {"training_set": training_set, "task": "binary", "trainer": "lightgbm", "params": {"iterations": 60}}
    accepted = client.post(f"{PROJECT}/training-runs", {"name": name, "spec": spec})
    client.wait(accepted["job"])
    return float(client.get(f"{PROJECT}/training-runs/{name}")["metrics"]["test"]["auc"]["value"])


def test_switching_the_known_at_filter_off_visibly_raises_the_holdout_auc(running_platform) -> None:
    client = running_platform.client
    honest = _holdout_auc(client, _training_set(client, "delay_features"))
    leaking = _training_set(client, "delay_features", known_at=False)
    assert _holdout_auc(client, leaking) > honest + 0.05
    assert client.get(f"{PROJECT}/training-sets/{leaking}")["fit_for_registration"] is False


def test_a_model_trained_without_the_known_at_filter_cannot_be_registered(running_platform) -> None:
    client = running_platform.client
    leaking = _training_set(client, "delay_features", known_at=False)
    _holdout_auc(client, leaking)
    with pytest.raises(ProblemError) as caught:
        accepted = client.post(f"{PROJECT}/models/delay/versions", {"training_run": f"run_{leaking}"})
        client.wait(accepted["job"])
    assert "not_registrable" in str(caught.value.problem.as_dict())


def test_a_planted_leaking_column_is_refused_by_name(running_platform) -> None:
    client = running_platform.client
    # The view claims that the outcome is known at scheduled departure.
    view = {
        "entity": "aircraft",
        "sources": ["trips"],
        "event_time": "scheduled_departure",
        "sql": "SELECT tailnum, scheduled_departure, CAST(minutes AS DOUBLE) AS planted_delay FROM trips",
    }
    client.post(f"{PROJECT}/feature-views", {"name": "planted", "spec": view})
    client.wait(client.post(f"{PROJECT}/feature-views/planted/compute")["job"])
    service = {
        "event_time": "scheduled_departure",
        "request": [{"name": "scheduled_departure", "type": "timestamp"}],
        "views": ["planted", "carrier_delays"],
    }
    client.post(f"{PROJECT}/feature-services", {"name": "planted_features", "spec": service})
    with pytest.raises(JobFailed, match="planted_delay") as caught:
        _training_set(client, "planted_features")
    assert "leakage_risk" in str(caught.value.problem.as_dict())
