"""Documents are applied together: in any order, all of them or none, every fault told with its place."""

from typing import Any

import pytest

from bottega_platform.api.testing import ApiClient, client_as, make_project
from bottega_platform.audit.models import Entry
from bottega_platform.deployments.models import Endpoint
from bottega_platform.features.models import Entity, FeatureView
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project, Role
from bottega_platform.registry.models import Model
from bottega_platform.runs.models import TrainingRun
from bottega_platform.runs.testing import make_training_set
from bottega_platform.sources.models import Source

pytestmark = pytest.mark.django_db
CSV = b"person,at,spent\nann,2024-01-01T00:00:00Z,3.5\n"
KEYS = {"keys": [{"name": "person", "type": "string"}]}
VIEW = {
    "entity": "buyer",
    "sources": ["visits"],
    "event_time": "at",
    "sql": "SELECT person, at, spent FROM visits",
}


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def editor(project: Project) -> ApiClient:
    return client_as(Role.EDITOR, project)


@pytest.fixture
def source(editor: ApiClient, project: Project) -> dict[str, Any]:
    """The document of a source whose file is uploaded."""
    path = f"/projects/{project.slug}/uploads?filename=visits.csv"
    answer = editor.send("POST", path, raw=CSV, Content_Type="application/octet-stream")
    columns = [
        {"name": "person", "type": "string"},
        {"name": "at", "type": "timestamp"},
        {"name": "spent", "type": "float64"},
    ]
    spec = {"upload": answer.json()["digest"], "keys": ["person"], "event_time": "at", "columns": columns}
    return document("Source", "visits", spec)


def document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "bottega/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def apply(client: ApiClient, *documents: Any) -> Any:
    return client.post("/projects/harbour/apply", {"documents": list(documents)})


def acts(answer: Any) -> list[tuple[str, str, str]]:
    assert answer.status_code == 200, answer.content
    return [(one["act"], one["kind"], one["name"]) for one in answer.json()["results"]]


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    problem = answer.json()
    assert problem["code"] == "documents_invalid"
    return [(fault["code"], fault["pointer"]) for fault in problem["errors"]]


def test_documents_come_in_any_order_and_each_after_what_it_refers_to(editor, source) -> None:
    outer = document(
        "FeatureView", "a_week", {**VIEW, "sources": ["z_day"], "sql": "SELECT person, at, spent FROM z_day"}
    )
    inner = document("FeatureView", "z_day", VIEW)
    given = [document("FeatureService", "all", {"views": ["a_week"]}), outer, inner,
             document("Entity", "buyer", KEYS), source]  # fmt: skip
    assert acts(apply(editor, *given)) == [("created", one["kind"], one["metadata"]["name"]) for one in given]
    assert {act for act, _, _ in acts(apply(editor, *given))} == {"unchanged"}


def test_what_is_so_already_stays_and_what_differs_is_changed(editor, source) -> None:
    apply(editor, source, document("Entity", "buyer", KEYS))
    renamed = document("Entity", "buyer", {**KEYS, "description": "Who buys"})
    assert acts(apply(editor, source, renamed)) == [("unchanged", "Source", "visits"), ("changed", "Entity", "buyer")]
    assert Entity.objects.get(name="buyer").spec["description"] == "Who buys"


def test_every_fault_of_every_document_is_told_and_nothing_stays(editor, source) -> None:
    entries = Entry.objects.count()
    answer = apply(
        editor,
        source,
        document("Entity", "buyer", KEYS),
        document("Entity", "Buyer!", KEYS),
        document("Entity", "shop", {"keys": [{"name": "shop", "type": "number"}]}),
        document("FeatureView", "spending", {**VIEW, "sql": "DROP TABLE visits"}),
        document("FeatureView", "more", {**VIEW, "entity": "nobody"}),
        "no document",
    )
    found = faults(answer)
    assert [pointer.split("/")[2] for _, pointer in found] == ["2", "3", "4", "5", "6"]
    assert ("bad_slug", "/documents/2/metadata/name") in found
    assert ("invalid_value", "/documents/3/spec/keys/0/type") in found
    assert all(pointer.startswith("/documents/4/spec/sql") for _, pointer in found if "/4/" in pointer)
    assert ("wrong_type", "/documents/6") in found
    assert not Source.objects.exists()
    assert not Entity.objects.exists()
    assert not FeatureView.objects.exists()
    assert Entry.objects.count() == entries, "what was undone is not in the audit trail"


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"apiVersion": "bottega/v9"}, "unknown_version", "/documents/0/apiVersion"),
        ({"kind": "Thing"}, "unknown_kind", "/documents/0/kind"),
        ({"metadata": {}}, "required", "/documents/0/metadata/name"),
        ({"metadata": {"name": "buyer", "owner": "me"}}, "unknown_field", "/documents/0/metadata/owner"),
        ({"metadata": {"name": 5}}, "wrong_type", "/documents/0/metadata/name"),
        ({"metadata": {"name": "a" * 64}}, "bad_slug", "/documents/0/metadata/name"),
        ({"spec": []}, "wrong_type", "/documents/0/spec"),
        ({"spec": {}}, "required", "/documents/0/spec/keys"),
        ({"spec": {**KEYS, "size": 3}}, "unknown_field", "/documents/0/spec/size"),
        ({"more": 1}, "unknown_field", "/documents/0/more"),
    ],
)
def test_a_document_that_does_not_fit_is_named_by_its_place(editor, change, code, pointer) -> None:
    assert faults(apply(editor, {**document("Entity", "buyer", KEYS), **change})) == [(code, pointer)]


def test_the_same_thing_twice_is_refused(editor) -> None:
    one = document("Entity", "buyer", KEYS)
    assert faults(apply(editor, one, one)) == [("duplicate_document", "/documents/1/metadata/name")]


@pytest.mark.parametrize("body", [{}, {"documents": []}, {"documents": {}}, {"documents": [{}], "force": True}, []])
def test_a_body_without_documents_is_refused(editor, body) -> None:
    answer = editor.post("/projects/harbour/apply", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "spec_invalid")


def test_views_that_read_each_other_are_refused(editor, source) -> None:
    views = [
        document("FeatureView", name, {**VIEW, "sources": [other], "sql": f"SELECT person, at, spent FROM {other}"})
        for name, other in (("one", "two"), ("two", "one"))
    ]
    found = faults(apply(editor, source, document("Entity", "buyer", KEYS), *views))
    assert {pointer.split("/")[2] for _, pointer in found} <= {"2", "3"}
    assert not FeatureView.objects.exists()


def test_what_never_changes_is_refused_by_the_field_that_differs(editor) -> None:
    assert acts(apply(editor, document("Model", "spend", {"task": "binary"})))[0][0] == "created"
    described = document("Model", "spend", {"task": "binary", "description": "Who spends"})
    assert acts(apply(editor, described)) == [("changed", "Model", "spend")]
    other = document("Model", "spend", {"task": "regression"})
    assert faults(apply(editor, other)) == [("immutable", "/documents/0/spec/task")]
    assert Model.objects.get().description == "Who spends"


def test_a_run_is_started_once_with_its_job_and_never_changes(editor, project) -> None:
    training_set = make_training_set(project)
    spec = {"training_set": training_set.name, "trainer": "lightgbm", "tune": {"trials": 3}}
    first = apply(editor, document("TrainingRun", "trees", spec))
    assert acts(first) == [("created", "TrainingRun", "trees")]
    assert Job.objects.filter(pk=first.json()["results"][0]["job"], state="queued").exists()
    assert acts(apply(editor, document("TrainingRun", "trees", spec))) == [("unchanged", "TrainingRun", "trees")]
    changed = document("TrainingRun", "trees", {**spec, "seed": 8})
    assert faults(apply(editor, changed)) == [("immutable", "/documents/0/spec/seed")]


def test_no_job_is_left_of_documents_that_were_not_applied(editor, project) -> None:
    training_set = make_training_set(project)
    jobs = Job.objects.count()
    run = document("TrainingRun", "trees", {"training_set": training_set.name, "trainer": "lightgbm"})
    assert faults(apply(editor, run, document("Entity", "Bad", KEYS)))
    assert Job.objects.count() == jobs
    assert not TrainingRun.objects.filter(name="trees").exists()


def test_the_key_of_an_endpoint_is_shown_once(editor) -> None:
    closed = document("Endpoint", "spend", {"auth": "key"})
    made = apply(editor, closed).json()["results"][0]
    assert made["key"]
    assert Endpoint.objects.get().keys.count() == 1
    assert apply(editor, closed).json()["results"][0]["key"] is None


def test_a_viewer_may_not_apply(project) -> None:
    answer = apply(client_as(Role.VIEWER, project), document("Entity", "buyer", KEYS))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    assert not Entity.objects.exists()


def test_a_schedule_needs_the_role_that_its_own_address_needs(editor, project) -> None:
    nightly = document("Schedule", "nightly", {"cron": "0 3 * * *", "training_run": "trees", "model": "risk"})
    assert faults(apply(editor, nightly)) == [("role_missing", "/documents/0")]
    deployer = client_as(Role.DEPLOYER, project)
    assert faults(apply(deployer, nightly)) == [("not_found", "/documents/0")]
    bad = document("Schedule", "nightly", {"cron": "0 25 * * *", "training_run": "trees", "model": "risk"})
    assert faults(apply(deployer, bad)) == [("cron_invalid", "/documents/0/spec/cron")]
