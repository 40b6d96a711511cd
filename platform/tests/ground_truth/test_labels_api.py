"""Labels that cannot be used are refused one by one, with code and pointer, and none of the call is kept."""

import msgspec
import pytest

from bottega_platform.ground_truth.models import Label
from bottega_platform.projects.models import Role

GOOD = {"request_id": "req_01k00000000000000000000000", "value": 1}
KEYS = {"person": "ann", "shop": 3}


def by_keys(**changes):
    return {"keys": KEYS, "event_time": "2024-05-10T08:00:00Z", "value": 1} | changes


def faults(answer):
    assert answer.status_code == 422, answer.content
    body = answer.json()
    return body["code"], [(fault["code"], fault["pointer"]) for fault in body["errors"]]


@pytest.mark.parametrize(
    ("label", "code", "pointer"),
    [
        ({**GOOD, "value": 2}, "label_not_binary", "/labels/1/value"),
        ({**GOOD, "value": 0.5}, "label_not_binary", "/labels/1/value"),
        ({**GOOD, "value": "1"}, "wrong_type", "/labels/1/value"),
        ({**GOOD, "value": None}, "wrong_type", "/labels/1/value"),
        ({"request_id": "req_x"}, "required", "/labels/1/value"),
        ({**GOOD, "extra": 1}, "unknown_field", "/labels/1/extra"),
        ({**GOOD, "row": -1}, "invalid_value", "/labels/1/row"),
        ({**GOOD, "request_id": "../etc"}, "bad_request_id", "/labels/1/request_id"),
        ({**GOOD, "request_id": "x" * 129}, "bad_request_id", "/labels/1/request_id"),
        ({**GOOD, "keys": KEYS}, "label_named_twice", "/labels/1"),
        ({"value": 1}, "label_unnamed", "/labels/1"),
        ({"value": 1, "keys": KEYS}, "label_unnamed", "/labels/1"),
        (by_keys(keys={"person": "ann"}), "required", "/labels/1/keys/shop"),
        (by_keys(keys=KEYS | {"town": "x"}), "unknown_key", "/labels/1/keys/town"),
        (by_keys(keys={"person": "ann", "shop": "3x"}), "wrong_type", "/labels/1/keys/shop"),
        (by_keys(keys={"person": 5, "shop": 3}), "wrong_type", "/labels/1/keys/person"),
        (by_keys(keys={"person": None, "shop": 3}), "required", "/labels/1/keys/person"),
        (by_keys(event_time="2024-05-10T08:00:00"), "timestamp_naive", "/labels/1/event_time"),
        (by_keys(event_time="yesterday"), "timestamp_invalid", "/labels/1/event_time"),
        (by_keys(event_time=5), "wrong_type", "/labels/1/event_time"),
        (by_keys(event_time="2024-06-30T00:00:00Z"), "future_time", "/labels/1/event_time"),
        (by_keys(event_time="0001-01-01T00:00:00+14:00"), "timestamp_invalid", "/labels/1/event_time"),
        (by_keys(event_time="9999-12-31T23:59:59-14:00"), "timestamp_invalid", "/labels/1/event_time"),
        ("no object", "wrong_type", "/labels/1"),
    ],
)
def test_a_label_that_cannot_be_used_is_named_and_none_is_kept(shop, label, code, pointer):
    assert faults(shop.send([by_keys(), label])) == ("labels_invalid", [(code, pointer)])
    assert not Label.objects.exists()


def test_every_fault_of_a_call_is_told_at_once(shop):
    code, found = faults(shop.send([{**GOOD, "value": 7}, by_keys(), by_keys(value=0), {"value": 1}]))
    assert code == "labels_invalid"
    assert found == [
        ("label_not_binary", "/labels/0/value"), ("duplicate_label", "/labels/2"), ("label_unnamed", "/labels/3")
    ]  # fmt: skip


def test_one_prediction_twice_in_a_call_is_refused_even_with_one_value(shop):
    assert faults(shop.send([GOOD, GOOD]))[1] == [("duplicate_label", "/labels/1")]
    assert faults(shop.send([by_keys(), by_keys(event_time="2024-05-10T10:00:00+02:00")]))[1] == [
        ("duplicate_label", "/labels/1")
    ]
    assert shop.send([GOOD, {**GOOD, "row": 1}]).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"labels": [{"request_id": "a", "value": NaN}]}', 400, "malformed_json"),
        (b'{"labels": [{"request_id": "a", "value": Infinity}]}', 400, "malformed_json"),
        (b'{"labels": [{"request_id": "a", "value": 1e999}]}', 422, "number_out_of_range"),
        (b'{"labels": [{"request_id": "a", "value": 1, "value": 0}]}', 400, "duplicate_key"),
        (b'{"labels": [{"request_id": "a\\u0000", "value": 1}]}', 422, "control_character"),
        (b'{"labels": []}', 422, "spec_invalid"),
        (b'{"labels": {}}', 422, "spec_invalid"),
        (b"{}", 422, "spec_invalid"),
        (b"[]", 422, "spec_invalid"),
        (b'{"labels": [], "more": 1}', 422, "spec_invalid"),
        (b"", 422, "spec_invalid"),
        (b'{"labels": [' + b"1," * (8 << 19) + b"1]}", 413, "too_large"),
    ],
)
def test_a_body_that_is_no_list_of_labels_is_refused(shop, body, status, code):
    answer = shop.client.send("POST", f"{shop.path}/labels", raw=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content


def test_ten_thousand_labels_are_one_call_and_one_more_is_refused(shop):
    labels = [by_keys(keys={"person": f"somebody with a long name {n}", "shop": n}) for n in range(10_001)]
    body = msgspec.json.encode({"labels": labels[:10_000]})
    assert len(body) > 1 << 20
    answer = shop.client.send("POST", f"{shop.path}/labels", raw=body, Idempotency_Key="once")
    assert answer.json() | {"job": ""} == {
        "received": 10_000, "new": 10_000, "corrected": 0, "unchanged": 0, "job": ""
    }  # fmt: skip
    assert shop.send(labels).json()["code"] == "too_many"


def test_booleans_are_labels_of_a_binary_model_and_not_of_a_regression(empty_shop):
    empty_shop.serve(task="regression")
    assert faults(empty_shop.send([{**GOOD, "value": True}]))[1] == [("wrong_type", "/labels/0/value")]
    assert empty_shop.send([{**GOOD, "value": -2.5}]).status_code == 200
    empty_shop.endpoint.active.refresh_from_db()


def test_true_and_one_are_the_same_label(shop):
    shop.send([{**GOOD, "value": True}])
    assert shop.send([GOOD]).json()["unchanged"] == 1


def test_an_endpoint_that_serves_nothing_cannot_say_what_a_label_is(empty_shop):
    answer = empty_shop.send([GOOD])
    assert (answer.status_code, answer.json()["code"]) == (409, "not_deployed")


def test_the_present_time_is_the_projects_clock(shop):
    late = by_keys(event_time="2024-05-30T00:00:01Z")
    assert faults(shop.send([late]))[1] == [("future_time", "/labels/0/event_time")]
    shop.project.clock = None
    shop.project.save()
    assert shop.send([late]).status_code == 200


def test_quality_of_an_endpoint_without_labels_is_empty(shop):
    quality = shop.quality()
    assert quality["versions"] == []
    assert quality["job"] is None
    assert quality["labels"]["newest_at"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [("range=", "bad_range"), ("range=93d", "bad_range"), ("range=1y", "bad_range"), ("by=hour", "bad_filter")],
)
def test_a_range_that_cannot_be_shown_is_refused(shop, query, code):
    answer = shop.client.get(f"{shop.path}/quality?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_viewer_reads_labels_and_may_not_send_them(shop):
    from bottega_platform.api.testing import client_as

    viewer = client_as(Role.VIEWER, shop.project)
    assert viewer.get(f"{shop.path}/labels").status_code == 200
    assert viewer.post(f"{shop.path}/labels", {"labels": [GOOD]}).json()["needed_role"] == "editor"


def test_labels_leave_an_audit_row_with_counts_and_no_values(shop):
    from bottega_platform.audit.models import Entry

    shop.send([GOOD, by_keys()])
    entry = Entry.objects.get(action="labels.add")
    assert entry.after == {"received": 2, "new": 2, "corrected": 0, "unchanged": 0}
