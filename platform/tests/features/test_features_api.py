"""Defining, loading and reading features through HTTP."""

import dataclasses
from typing import Any

import psycopg2
import pytest

from bottega.problems import ProblemError
from bottega_platform.api.testing import ApiClient
from bottega_platform.config import env
from bottega_platform.features import pointers, verify
from bottega_platform.features.models import FeatureView, LoadState, OnlineLoad
from bottega_platform.features.services import resolve_service
from bottega_platform.jobs.connections import resolve
from bottega_platform.jobs.models import Job, OutboxMessage
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Project

pytestmark = pytest.mark.django_db
AS_OF = "2024-05-10T00:00:00Z"
SERVICE = {
    "views": ["spending"],
    "event_time": "now",
    "request": [{"name": "now", "type": "timestamp"}, {"name": "basket", "type": "float64"}],
    "categorical": ["person"],
    "expressions": [{"name": "share", "type": "float64", "sql": "basket / spent"}],
}


def deliver() -> None:
    """Do what the relay does with the pointer's messages."""
    for message in OutboxMessage.objects.filter(topic=pointers.TOPIC).order_by("pk"):
        pointers.deliver(message.payload)
        message.delete()


def load(editor: ApiClient, base: str, as_of: str = AS_OF) -> Any:
    answer = editor.post(f"{base}/feature-views/spending/load", {"as_of": as_of})
    assert answer.status_code == 202, answer.content
    jobs = run_until_idle(("cpu",))
    assert {job.state for job in jobs} == {"succeeded"}, [job.problem for job in jobs]
    deliver()
    return answer.json()


def read(editor: ApiClient, base: str, *keys: tuple[str, int], as_of: str = AS_OF) -> Any:
    body = {"keys": [{"person": person, "shop": shop} for person, shop in keys], "as_of": as_of}
    return editor.post(f"{base}/feature-views/spending/read", body)


def test_a_view_shows_its_keys_state_and_what_may_be_done(editor, base, view):
    shown = editor.get(f"{base}/feature-views/{view}").json()
    assert [key["name"] for key in shown["keys"]] == ["person", "shop"]
    assert (shown["state"], shown["online_load"], shown["ttl_seconds"]) == ("new", None, 604_800)
    assert "compute" in shown["allowed_actions"]
    assert "load" not in shown["allowed_actions"]


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"sql": "SELECT person, shop, at, known, spnt FROM visits"}, "unknown_column", "/spec/sql"),
        ({"sql": "SELECT 1; SELECT 2"}, "sql_not_allowed", "/spec/sql"),
        ({"sql": "SELECT reflect('a', 'b') AS x FROM visits"}, "sql_not_allowed", "/spec/sql"),
        ({"sql": "SELECT person, FROM WHERE"}, "sql_syntax", "/spec/sql"),
        ({"sql": "SELECT person, shop, at, now() AS known, spent FROM visits"}, "nondeterministic", "/spec/sql"),
        ({"sources": ["visits", "nothing"]}, "unknown_source", "/spec/sources/1"),
        ({"entity": "nobody"}, "unknown_entity_type", "/spec/entity"),
        ({"event_time": "when"}, "unknown_column", "/spec/event_time"),
        ({"event_time": None}, "required", "/spec/event_time"),
        ({"ttl": "soon"}, "duration_invalid", "/spec/ttl"),
        ({"ttl": "7d", "typo": 1}, "spec_invalid", "/spec/typo"),
        ({"sql": "SELECT person, shop, at, known, spent AS event_time FROM visits"}, "duplicate_name", "/spec/sql"),
    ],
)
def test_a_wrong_view_is_refused_with_code_and_pointer(editor, base, view, change, code, pointer):
    spec = {
        "entity": "buyer", "sources": ["visits"], "event_time": "at", "created_time": "known",
        "sql": "SELECT person, shop, at, known, spent FROM visits", **change,
    }  # fmt: skip
    answer = editor.post(f"{base}/feature-views", {"name": "other", "spec": spec})
    assert answer.status_code == 422, answer.content
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_taken_name_is_refused(editor, base, view):
    spec = editor.get(f"{base}/feature-views/{view}").json()["spec"]
    for name in (view, "visits"):
        answer = editor.post(f"{base}/feature-views", {"name": name, "spec": spec})
        assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


def test_words_make_no_new_version_and_meaning_does(editor, base, view):
    path = f"{base}/feature-views/{view}"
    before = editor.get(path).json()
    spec = {**before["spec"], "description": "What people spent", "owner": "ann", "ttl": "168h"}
    assert editor.patch(path, {"spec": spec}).json()["version"] == before["version"]
    changed = editor.patch(path, {"spec": {**spec, "ttl": "8d"}}).json()
    assert changed["version"] != before["version"]


def test_a_stale_etag_is_refused(editor, base, view):
    path = f"{base}/feature-views/{view}"
    tag = editor.get(path)["ETag"]
    spec = editor.get(path).json()["spec"]
    assert editor.patch(path, {"spec": {**spec, "description": "one"}}, If_Match=tag).status_code == 200
    assert editor.patch(path, {"spec": {**spec, "description": "two"}}, If_Match=tag).status_code == 412


def test_what_is_used_is_not_deleted_and_says_by_whom(editor, base, computed):
    assert editor.post(f"{base}/feature-services", {"name": "buying", "spec": SERVICE}).status_code == 201
    refused = editor.delete(f"{base}/feature-views/spending")
    assert (refused.status_code, refused.json()["users"]) == (409, ["buying"])
    assert editor.delete(f"{base}/entities/buyer").json()["code"] == "in_use"
    assert editor.delete(f"{base}/feature-services/buying").status_code == 204
    assert editor.delete(f"{base}/feature-views/spending").status_code == 204
    assert editor.get(f"{base}/feature-views/spending").status_code == 404


def test_a_view_keeps_its_entity_while_a_service_uses_it(editor, base, computed):
    assert editor.post(f"{base}/feature-services", {"name": "buying", "spec": SERVICE}).status_code == 201
    path = f"{base}/feature-views/spending"
    spec = editor.get(path).json()["spec"]
    refused = editor.patch(path, {"spec": {name: value for name, value in spec.items() if name != "entity"}})
    assert (refused.status_code, refused.json()["users"]) == (409, ["buying"])
    listed = editor.get(f"{base}/feature-services").json()["results"]
    assert [feature["name"] for feature in listed[0]["features"]] == ["spent", "note", "share", "basket", "person"]


def test_a_service_whose_view_is_gone_is_still_shown(project: Project, editor, base, computed):
    editor.post(f"{base}/feature-services", {"name": "buying", "spec": SERVICE | {"views": ["spending:spent"]}})
    FeatureView.objects.in_project(project).update(entity=None)
    shown = editor.get(f"{base}/feature-services/buying").json()["features"]
    assert [(feature["name"], feature["type"]) for feature in shown][:1] == [("spent", None)]


def test_a_view_listed_whole_and_by_a_feature_is_taken_whole(editor, base, computed):
    both = {"views": ["spending:spent", "spending"]}
    made = editor.post(f"{base}/feature-services", {"name": "buying", "spec": SERVICE | both}).json()
    assert [feature["name"] for feature in made["features"] if feature["origin"] == "view"] == ["spent", "note"]


def test_an_online_store_that_does_not_answer_is_503(editor, base, computed, monkeypatch):
    load(editor, base)
    elsewhere = dataclasses.replace(env.current(), online_store_url="redis://127.0.0.1:1/0")
    monkeypatch.setattr(env, "current", lambda: elsewhere)
    answer = read(editor, base, ("ann", 1))
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "2")


def test_a_cycle_of_views_is_refused(editor, base, computed):
    second = {"sources": ["spending"], "sql": "SELECT person, spent FROM spending"}
    assert editor.post(f"{base}/feature-views", {"name": "second", "spec": second}).status_code == 201
    spec = editor.get(f"{base}/feature-views/spending").json()["spec"]
    spec |= {"sources": ["second"], "sql": "SELECT * FROM second"}
    answer = editor.patch(f"{base}/feature-views/spending", {"spec": spec})
    assert (answer.status_code, answer.json()["code"]) == (422, "cycle")


def test_a_load_returns_what_a_point_in_time_read_at_that_moment_returns(editor, base, computed):
    load(editor, base)
    rows = read(editor, base, ("ann", 1), ("bob", 1), ("bob", 12), ("cid", 2), ("nobody", 9)).json()["rows"]
    assert [row["status"] for row in rows] == ["present", "not_found", "null", "present", "not_found"]
    assert rows[0]["values"] == {"spent": 2.0, "note": "current"}
    assert rows[0]["event_time"] == "2024-05-09T00:00:00Z"
    assert rows[3]["values"]["note"] == "corrected"


def test_a_row_beyond_its_ttl_is_stale_and_one_from_the_future_is_not_there(editor, base, computed):
    load(editor, base)
    later = read(editor, base, ("ann", 1), ("cid", 2), as_of="2024-06-10T00:00:00Z").json()["rows"]
    assert [(row["status"], row["values"]["spent"]) for row in later] == [("stale", None)] * 2
    earlier = read(editor, base, ("ann", 1), ("cid", 2), as_of="2024-05-01T00:00:00Z").json()["rows"]
    assert [row["status"] for row in earlier] == ["not_found"] * 2


def test_one_unknown_entity_is_404_and_a_wrong_key_422(editor, base, computed):
    load(editor, base)
    unknown = read(editor, base, ("nobody", 9))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_entity")
    for key in ({"person": "ann"}, {"person": "ann", "shop": "one"}, {"person": "ann", "shop": 1, "x": 1}):
        assert editor.post(f"{base}/feature-views/spending/read", {"keys": [key]}).status_code == 422


def test_a_second_load_replaces_the_first_and_old_keys_are_swept_later(editor, base, computed):
    load(editor, base)
    first = OnlineLoad.objects.get()
    load(editor, base, "2024-05-12T00:00:00Z")
    first.refresh_from_db()
    live = OnlineLoad.objects.get(state=LoadState.LIVE)
    assert (first.state, first.swept_at) == (LoadState.REPLACED, None)
    later = read(editor, base, ("ann", 1), ("cid", 2), as_of="2024-05-12T00:00:00Z").json()["rows"]
    assert later[0]["values"]["spent"] == 4.0
    OnlineLoad.objects.filter(pk=first.pk).update(replaced_at="2024-01-01T00:00:00Z")
    load(editor, base)
    first.refresh_from_db()
    assert first.swept_at is not None
    with pointers.store() as store:
        tags = {key.split(b":")[3] for key in store.scan_iter(match=b"b1:" + first.project_id.encode() + b":*{*")}
    newest = OnlineLoad.objects.get(state=LoadState.LIVE)
    assert tags == {live.tag.encode(), newest.tag.encode()}
    assert list(verify.online_pointers(True)) == []


def test_verify_sees_a_pointer_that_names_another_version(editor, base, computed):
    load(editor, base)
    with pointers.store() as store:
        store.set(f"b1:{computed.project_id}:{computed.online_id()}:current", "other")
    assert [subject for subject, _ in verify.online_pointers(True)] == [OnlineLoad.objects.get().pk]


def test_a_view_that_is_not_computed_or_offline_only_is_not_loaded(editor, base, view):
    answer = editor.post(f"{base}/feature-views/spending/load", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_computed")


def test_a_service_resolves_to_published_versions(project: Project, editor, base, computed: FeatureView):
    assert editor.post(f"{base}/feature-services", {"name": "buying", "spec": SERVICE}).status_code == 201
    resolved = resolve_service(project, "buying")
    (found,) = resolved.views
    assert [(key.column, key.request, key.type) for key in found.keys] == [
        ("person", "person", "string"),
        ("shop", "shop", "int64"),
    ]
    assert found.features == ["spent", "note"]
    assert found.view_id == f"{computed.pk}.{computed.computed_version}"
    assert found.read.snapshot_id == computed.table_version.snapshot_id
    assert [feature.name for feature in resolved.features()] == ["spent", "note", "share", "basket", "person"]
    shown = editor.get(f"{base}/feature-services/buying").json()
    assert [feature["name"] for feature in shown["features"]] == ["spent", "note", "share", "basket", "person"]


def test_a_service_over_a_changed_view_asks_to_compute_it(project: Project, editor, base, computed):
    editor.post(f"{base}/feature-services", {"name": "buying", "spec": SERVICE})
    spec = editor.get(f"{base}/feature-views/spending").json()["spec"]
    editor.patch(f"{base}/feature-views/spending", {"spec": {**spec, "ttl": "9d"}})
    with pytest.raises(ProblemError) as caught:
        resolve_service(project, "buying")
    assert caught.value.problem.code == "not_computed"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"views": ["spendng"]}, "unknown_view"),
        ({"views": ["spending:spnt"]}, "unknown_feature"),
        ({"views": [], "request": [], "expressions": []}, "required"),
        ({"expressions": [{"name": "x", "type": "float64", "sql": "spnt + 1"}]}, "unknown_column"),
        ({"expressions": [{"name": "x", "type": "float64", "sql": "rand()"}]}, "nondeterministic"),
        ({"expressions": [{"name": "spent", "type": "float64", "sql": "1"}]}, "duplicate_name"),
        ({"event_time": "basket"}, "unknown_field"),
        ({"categorical": ["nothing"]}, "unknown_feature"),
    ],
)
def test_a_wrong_service_is_refused_with_its_code(editor, base, computed, change, code):
    answer = editor.post(f"{base}/feature-services", {"name": "buying", "spec": SERVICE | change})
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.content


def test_the_project_home_counts_features(editor, base, computed):
    phases = {phase["phase"]: phase for phase in editor.get(f"{base}/overview").json()["phases"]}
    assert phases["features"]["counts"]["features"] == 2


def test_a_load_exports_views_and_services_to_feasts_registry(project: Project, editor, base, computed):
    editor.post(f"{base}/feature-services", {"name": "buying", "spec": SERVICE})
    load(editor, base)
    (job,) = Job.objects.filter(kind="feast_export")
    assert (job.state, job.result) == ("succeeded", {"entities": 2, "feature_views": 1, "feature_services": 1})
    with psycopg2.connect(resolve(["feast"])["feast"].replace("+psycopg2", "")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT feature_view_name FROM feature_views WHERE project_id = %s", (project.pk,))
        assert cursor.fetchall() == [("spending",)]
