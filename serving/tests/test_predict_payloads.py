"""Every bad payload has its status, code and pointer; good ones are answered the same in every form."""

import json

import pytest

from bottega_serving.testing import full_record, key_record


def record(**changes):
    changed = {**full_record(0), **changes}
    return {name: value for name, value in changed.items() if value is not ...}


def test_the_same_rows_as_records_and_as_columns_get_the_same_predictions(node, bundles):
    rows = [full_record(seed) for seed in range(40)]
    by_records = node.predict({"records": rows}).json()
    by_columns = node.predict({"columns": {name: [row[name] for row in rows] for name in rows[0]}}).json()
    one_by_one = [node.predict({"records": [row]}).json()["predictions"][0] for row in rows]
    assert by_records["predictions"] == by_columns["predictions"] == pytest.approx(one_by_one, abs=1e-12)
    assert len(set(one_by_one)) > 5
    assert by_records["degraded"] == []
    assert by_records["model"] == "risk"
    assert set(by_records["timings_ms"]) == {"decode", "features", "predict", "total"}


def test_the_sample_in_the_signature_works_as_it_is(node):
    import httpx

    described = httpx.get(f"{node.url}/v1/endpoints/demo.risk", trust_env=False).json()
    assert node.predict(described["sample"]).status_code == 200
    assert {item["name"] for item in described["keys"]} == {"user", "shop"}


BAD = [
    ({"records": [record(extra=1)]}, 422, "unknown_field", "/records/0/extra"),
    ({"records": [record(amount=...)]}, 422, "missing_field", "/records/0/amount"),
    ({"records": [record(), record(user=5)]}, 422, "wrong_type", "/records/1/user"),
    ({"records": [record(shop="x")]}, 422, "wrong_type", "/records/0/shop"),
    ({"records": [record(shop=2**63)]}, 422, "wrong_type", "/records/0/shop"),
    ({"records": [record(user=None)]}, 422, "null_not_allowed", "/records/0/user"),
    ({"records": [record(at="2024-05-01T12:00:00")]}, 422, "wrong_type", "/records/0/at"),
    ({"records": [record(at="0001-01-01T00:00:00+14:00")]}, 422, "wrong_type", "/records/0/at"),
    ({"records": [record(), record(at="9999-12-31T23:59:59-14:00")]}, 422, "wrong_type", "/records/1/at"),
    ({"records": [record()], "as_of": "0001-01-01T00:00:00+14:00"}, 422, "wrong_type", "/as_of"),
    ({"records": [record(user="u" * 5000)]}, 422, "too_long", "/records/0/user"),
    ({"records": [record(x3=...)]}, 422, "partial_features", "/records/0/x3"),
    ({"records": [record(), key_record(1)]}, 422, "partial_features", "/records/1/x0"),
    ({"records": ["x"]}, 422, "wrong_type", "/records/0"),
    ({"records": "x"}, 422, "wrong_type", "/records"),
    ({"records": []}, 422, "empty", None),
    ({"columns": {name: [] for name in full_record(0)}}, 422, "empty", None),
    ({"columns": {name: [1] for name in ("user",)}}, 422, "wrong_type", "/columns/user/0"),
    ({"columns": {**{k: [v] for k, v in full_record(0).items()}, "amount": [1.0, 2.0]}}, 422, "length_mismatch", None),
    ({"records": [record()], "columns": {}}, 422, "records_or_columns", ""),
    ({}, 422, "records_or_columns", ""),
    ([], 422, "wrong_type", ""),
    ({"records": [record()], "more": 1}, 422, "unknown_field", "/more"),
    ({"records": [record()], "as_of": "yesterday"}, 422, "wrong_type", "/as_of"),
]


@pytest.fixture
def answers(node):
    return [node.predict(body) for body, *_ in BAD]


def test_each_bad_payload_is_refused_with_its_code_and_pointer(answers):
    for (body, status, code, pointer), answer in zip(BAD, answers, strict=True):
        problem = answer.json()
        said = json.dumps(body)[:120]
        assert (answer.status_code, problem["code"]) == (status, code), said
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert problem["request_id"]
        assert problem["type"].endswith(code.replace("_", "-"))
        if pointer is not None:
            assert pointer in [fault["pointer"] for fault in problem["errors"]], (said, problem)


RAW = [
    (b"", 400, "malformed_json"),
    (b"{", 400, "malformed_json"),
    (b"\xff\xfe", 400, "malformed_json"),
    (b"[" * 100_000, 400, "too_deep"),
    (b'{"records":' + b"[" * 40 + b"]" * 40 + b"}", 400, "too_deep"),
    (json.dumps({"records": [record(amount="N")]}).replace('"N"', "NaN").encode(), 422, "not_finite"),
    (json.dumps({"records": [record(amount="N")]}).replace('"N"', "1e999").encode(), 422, "not_finite"),
    (json.dumps({"records": [record(user="N")]}).replace('"N"', '"\\ud800"').encode(), 422, "wrong_type"),
]


def test_raw_bodies_that_are_no_clean_json_are_refused(node):
    import httpx

    for body, status, code in RAW:
        headers = {"Content-Type": "application/json"}
        url = f"{node.url}/v1/endpoints/demo.risk/predict"
        answer = httpx.post(url, content=body, headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body[:80]
    assert node.predict({"records": [record()]}).status_code == 200


def test_all_faults_of_a_batch_are_listed_with_their_rows_up_to_a_limit(node):
    problem = node.predict({"records": [{"user": "a"} for _ in range(40)]}).json()
    assert problem["truncated"] is True
    assert len(problem["errors"]) == 50
    assert {fault["row"] for fault in problem["errors"]} > {0, 1}


def test_too_many_rows_are_refused_with_413(make_node, bundles):
    node = make_node(BOTTEGA_SERVING_MAX_ROWS="5")
    node.serve(bundles[0])
    assert node.predict({"records": [record()] * 5}).status_code == 200
    answer = node.predict({"records": [record()] * 6})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_rows")


def test_an_unseen_category_is_answered_and_said(node):
    answer = node.predict({"records": [record(colour="mauve")]}).json()
    assert answer["degraded"] == ["unseen:colour"]
    null = node.predict({"records": [record(colour=None)]}).json()
    assert null["degraded"] == []
    assert null["predictions"] == answer["predictions"]


def test_large_integers_may_be_sent_as_text(node):
    assert node.predict({"records": [record(shop="9007199254740993")]}).status_code == 200


def test_an_endpoint_with_keys_wants_one_of_them(node, bundles):
    import hashlib

    digest = hashlib.sha256(b"bek_right").hexdigest()
    node.serve(bundles[0], auth="key", key_hashes=[digest])
    assert node.predict({"records": [record()]}).json()["code"] == "not_authenticated"
    assert node.predict({"records": [record()]}, Authorization="Bearer bek_wrong").status_code == 401
    assert node.predict({"records": [record()]}, Authorization="Bearer bek_right").status_code == 200
