"""A table becomes a training set without feature views: its own columns are what a request will hold."""

from typing import Any

import pytest

from bottega_platform.api.testing import client_as, make_project
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Role

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/projects/shop"
VISITS = 3
SERVICE = {
    "request": [
        {"name": "joined", "type": "date"},
        {"name": "plan", "type": "string"},
        {"name": "spend", "type": "float64"},
    ],
    "expressions": [{"name": "joined_month", "sql": "month(joined)", "type": "int32"}],
    "categorical": ["plan"],
}


def csv(customers: int = 400) -> bytes:
    """Every customer comes several times; some spend is unknown, and so is one answer."""
    lines = ["customer,joined,plan,spend,churned"]
    for number in range(customers):
        left = "" if number == 5 else ["yes", "no"][number * 7919 % 13 < 5]
        for visit in range(VISITS):
            spend = "" if number % 9 == 0 else str(number % 50 + visit)
            lines.append(f"C{number},{1 + number % 28:02}/{1 + number % 12:02}/2024,p{number % 3},{spend},{left}")
    return "\n".join(lines).encode()


@pytest.fixture
def editor() -> Any:
    """An editor of a project with a table and a service over its columns."""
    client = client_as(Role.EDITOR, make_project("shop"))
    raw = client.send("POST", f"{BASE}/uploads", raw=csv(), Content_Type="application/octet-stream").json()
    proposed = client.post(f"{BASE}/uploads/{raw['digest']}/inspections", {}).json()
    run_until_idle(("cpu",))
    found = client.get(f"{BASE}/uploads/{raw['digest']}/inspections/{proposed['id']}").json()["found"]
    spec = found["spec"] | {"keys": ["customer"]}
    assert client.post(f"{BASE}/sources", {"name": "visits", "spec": spec}).status_code == 201
    client.post(f"{BASE}/sources/visits/ingest")
    run_until_idle(("cpu",))
    assert client.post(f"{BASE}/feature-services", {"name": "columns", "spec": SERVICE}).status_code == 201
    return client


def build(editor: Any, **spec: Any) -> dict[str, Any]:
    wanted = {"labels": "visits", "label": "churned", "feature_service": "columns", "split": {"by": ["customer"]}}
    answer = editor.post(f"{BASE}/training-sets", {"name": "churn", "spec": wanted | spec})
    assert answer.status_code == 202, answer.content
    run_until_idle(("cpu",))
    found: dict[str, Any] = editor.get(f"{BASE}/training-sets/churn").json()
    return found


def test_the_columns_of_a_table_are_the_features(editor: Any) -> None:
    found = build(editor)
    assert (found["state"], found["problem"], found["fit_for_registration"]) == ("ready", None, True)
    assert [(feature["name"], feature["origin"]) for feature in found["meta_features"]] == [
        ("joined_month", "expression"),
        ("plan", "request"),
        ("spend", "request"),
    ]
    assert (found["counts"]["rows"], found["counts"]["null_labels"]) == (400 * VISITS, VISITS)
    assert found["views"] == {}


def test_rows_of_one_key_stay_in_one_split(editor: Any) -> None:
    counts = build(editor)["counts"]
    assert all(counts[split] % VISITS == 0 and counts[split] for split in ("train", "valid", "test"))


def test_without_key_and_time_every_row_is_split_by_itself(editor: Any) -> None:
    counts = build(editor, split={})["counts"]
    rows = sum(counts[split] for split in ("train", "valid", "test"))
    assert rows == 399 * VISITS
    assert counts["test"] / rows == pytest.approx(0.15, abs=0.04)


@pytest.mark.parametrize(
    "spec",
    [
        {"split": {"kind": "time", "valid_from": "2024-01-01T00:00:00Z", "test_from": "2024-02-01T00:00:00Z"}},
        {"start": "2024-01-01T00:00:00Z"},
        {"end": "2024-01-01T00:00:00Z"},
    ],
)
def test_what_needs_a_time_is_refused_where_rows_have_none(editor: Any, spec: dict[str, Any]) -> None:
    wanted = {"labels": "visits", "label": "churned", "feature_service": "columns", "split": {"by": ["customer"]}}
    answer = editor.post(f"{BASE}/training-sets", {"name": "churn", "spec": wanted | spec})
    assert answer.status_code == 422
    assert [(fault["code"], fault["pointer"]) for fault in answer.json()["errors"]] == [
        ("required", "/spec/event_time")
    ]


def test_a_service_has_views_or_request_fields(editor: Any) -> None:
    answer = editor.post(f"{BASE}/feature-services", {"name": "nothing", "spec": {}})
    assert (answer.status_code, answer.json()["code"]) == (422, "required")
