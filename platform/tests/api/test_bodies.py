"""JSON bodies nobody should be able to send, each with its status and code."""

import json

import pytest

from bottega_platform.api import strict_json
from bottega_platform.api.testing import ApiClient, client_of, make_user

pytestmark = pytest.mark.django_db
HUGE = b'{"slug": "' + b"a" * (1024 * 1024) + b'"}'
DEEP = b'{"slug":' + b"[" * 40 + b"]" * 40 + b"}"

CASES = [
    ("not json", b"{slug: 1}", 400, "malformed_json"),
    ("empty", b"", 422, "spec_invalid"),
    ("cut", b'{"slug": "a"', 400, "malformed_json"),
    ("two documents", b'{"slug": "a"}{"slug": "b"}', 400, "malformed_json"),
    ("latin-1", b'{"slug": "\xe9"}', 400, "malformed_json"),
    ("byte order mark", b'\xef\xbb\xbf{"slug": "a"}', 400, "malformed_json"),
    ("NaN", b'{"slug": "a", "tier": NaN}', 400, "malformed_json"),
    ("Infinity", b'{"slug": "a", "tier": -Infinity}', 400, "malformed_json"),
    ("huge exponent", b'{"slug": "a", "tier": 1e999}', 422, "number_out_of_range"),
    ("400 digits", b'{"slug": "a", "tier": ' + b"9" * 400 + b"}", 422, "number_out_of_range"),
    ("10,000 digits", b'{"slug": "a", "tier": ' + b"9" * 10_000 + b"}", 422, "number_out_of_range"),
    ("over 1 MB", HUGE, 413, "too_large"),
    ("too deep", DEEP, 400, "too_deep"),
    ("a hundred thousand deep", b"[" * 100_000, 400, "too_deep"),
    ("brackets in an unfinished text", b'{"a": "' + b"[" * 1000, 400, "malformed_json"),
    ("duplicate key", b'{"slug": "a", "slug": "b"}', 400, "duplicate_key"),
    ("NUL", b'{"slug": "a", "name": "a\\u0000b"}', 422, "control_character"),
    ("escape character", b'{"slug": "a", "name": "a\\u001bb"}', 422, "control_character"),
    ("lone surrogate", b'{"slug": "a", "name": "\\ud800"}', 422, "control_character"),
    ("NUL in a key", b'{"slug": "a", "na\\u0000me": "b"}', 422, "control_character"),
    ("raw control character", b'{"slug": "a\x01"}', 400, "malformed_json"),
    ("unknown field", b'{"slug": "a", "colour": "red"}', 422, "spec_invalid"),
    ("missing field", b"{}", 422, "spec_invalid"),
    ("null for required", b'{"slug": null}', 422, "spec_invalid"),
    ("wrong type", b'{"slug": "a", "tier": "3"}', 422, "spec_invalid"),
    ("a bool for a number", b'{"slug": "a", "tier": true}', 422, "spec_invalid"),
    ("out of range", b'{"slug": "a", "tier": 9}', 422, "spec_invalid"),
    ("a list", b"[]", 422, "spec_invalid"),
    ("a number", b"7", 422, "spec_invalid"),
    ("null", b"null", 422, "spec_invalid"),
]


@pytest.mark.parametrize(("body", "status", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_body_that_cannot_be_taken_has_its_code(body, status, code):
    answer = client_of(make_user("ada")).send("POST", "/projects", raw=body)
    assert answer.status_code == status, answer.content
    problem = answer.json()
    assert problem["code"] == code
    assert answer["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "request_id"} <= problem.keys()
    assert "Traceback" not in answer.content.decode()


def test_faults_point_at_the_field():
    answer = client_of(make_user("ada")).post("/projects", {"slug": "a", "tier": 9})
    assert answer.json()["errors"] == [{"code": "invalid_value", "detail": "Expected int <= 4.", "pointer": "/tier"}]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"]
)
def test_another_content_type_is_refused(kind):
    answer = client_of(make_user("ada")).send("POST", "/projects", raw=b"a=b", Content_Type=kind)
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


def test_newlines_and_any_script_are_welcome_in_texts():
    document = {"a": "line\n\tnext", "b": "Žluťoučký 馬 🐎"}
    assert strict_json.loads(json.dumps(document).encode()) == document


@pytest.mark.parametrize(
    "query",
    ["cursor=rubbish", "cursor=", "cursor=W10", "cursor=MA", "cursor=bnVsbA", "cursor=" + "A" * 5000],
)
def test_a_bad_cursor_has_its_code(query):
    answer = client_of(make_user("ada")).get(f"/projects?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_cursor"


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "1000000000", "ten", "", "1e3", "٣"])
def test_a_bad_limit_has_its_code(limit):
    answer = client_of(make_user("ada")).get(f"/projects?limit={limit}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_limit"


def test_only_declared_fields_sort():
    answer = client_of(make_user("ada")).get("/projects?sort=created_by__password")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_sort"


@pytest.mark.parametrize("query", ["actor__password=x", "at=yesterday", "at__gte=2020-01-01T00:00:00"])
def test_only_declared_filters_filter(query):
    client = client_of(make_user("ada"))
    client.post("/projects", {"slug": "demand"})
    answer = client.get(f"/projects/demand/audit?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] in {"unknown_parameter", "bad_filter"}


@pytest.mark.parametrize("path", ["/nothing", "/projects/", "/projects/%00", "/projects/..%2f..%2fetc", "/jobs/%ff"])
def test_an_unknown_address_is_a_problem_document(path):
    answer = client_of(make_user("ada")).get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_method_that_is_not_offered_names_those_that_are():
    answer = client_of(make_user("ada")).put("/projects", {})
    assert answer.status_code == 405
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert answer.json()["code"] == "method_not_allowed"


def test_a_request_id_is_taken_and_given_back_and_rubbish_replaced():
    client = ApiClient()
    assert client.get("/health", X_Request_ID="abc-1")["X-Request-ID"] == "abc-1"
    assert client.get("/health", X_Request_ID="a b\x7f")["X-Request-ID"].startswith("req_")
    problem = client.get("/me", X_Request_ID="abc-2").json()
    assert problem["request_id"] == "abc-2"


def test_another_host_name_is_refused():
    answer = ApiClient().get("/health", Host="evil.example")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_host"


def test_answers_carry_security_headers():
    answer = ApiClient().get("/health")
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe-eval" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
