"""Requests of many rows: the same answers as one by one, every fault found, and others served meanwhile."""

import asyncio
import json

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bottega.bundle import ModelInput, OnlineView, Signature
from bottega.specs.data import Column
from bottega.specs.features import ExpressionFeature, RequestField
from bottega_feature_store.types import FIRST_MICROS, LAST_MICROS, format_timestamp
from bottega_serving.edge.batch import Batch
from bottega_serving.edge.blocks import BLOCK_ROWS, LARGE_BODY, of_body, of_large_body
from bottega_serving.edge.call import BATCHES_WAITING, Call, Refused
from bottega_serving.edge.plan import Plan
from bottega_serving.edge.strings import repeats, repeats_in_steps
from bottega_serving.testing import EdgeInProcess, full_record, key_record

TYPES = ["string", "int32", "int64", "float32", "float64", "bool", "timestamp", "date"]


def every_type() -> Signature:
    """A signature with a request field and a view feature of every type, categories and expressions."""
    key = [Column("key", "int64", nullable=False)]
    numbers = [name for name in TYPES if name != "string"]
    inputs = [ModelInput(f"r_{name}", name, "request") for name in numbers]
    inputs += [ModelInput(f"v_{name}", name, "view", "all") for name in numbers]
    inputs += [ModelInput("r_string", "string", "request", categories=["a", "b"])]
    inputs += [ModelInput("v_string", "string", "view", "all", categories=["b", "ü"])]
    inputs += [ModelInput("v_whole", "int32", "view", "all", categories=["1", "2"])]
    inputs += [ModelInput("hour", "float64", "expression"), ModelInput("sum", "float64", "expression")]
    inputs += [ModelInput("late", "bool", "expression"), ModelInput("whole", "int64", "expression")]
    return Signature(
        keys=key,
        request=[RequestField(f"r_{name}", name) for name in TYPES],
        event_time="r_timestamp",
        inputs=inputs,
        views=[
            OnlineView(
                "all", "fv_all", "a" * 12, key, [Column(f"v_{n}", n) for n in TYPES] + [Column("v_whole", "int32")], 60
            )
        ],
        expressions=[
            ExpressionFeature("hour", "HOUR(r_timestamp) + LN(r_float64)", "float64"),
            ExpressionFeature("sum", "r_int32 / v_float32 + COALESCE(v_int64, r_int64, 1)", "float64"),
            ExpressionFeature("late", "r_timestamp > v_timestamp OR UPPER(v_string) = 'B'", "bool"),
            ExpressionFeature("whole", "CAST(r_float64 * 3 AS BIGINT)", "int64"),
        ],
        output="value",
        sample={},
    )


PLAN = Plan(every_type(), "prj_01")
MOMENTS = st.integers(FIRST_MICROS, LAST_MICROS).map(format_timestamp)
VALUES = {
    "string": st.sampled_from(["a", "b", "ü", "", 'x":', "B"]),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1).map(lambda number: number if abs(number) < 2**53 else str(number)),
    "float32": st.floats(allow_nan=False, allow_infinity=False),
    "float64": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "timestamp": MOMENTS,
    "date": st.dates().map(str),
}


@st.composite
def requests(draw):
    """Rows of every type with nulls, all with or all without the view's features."""
    names = {f"r_{name}": VALUES[name] for name in TYPES}
    if draw(st.booleans()):
        names |= {f"v_{name}": VALUES[name] for name in TYPES} | {"v_whole": st.integers(0, 3)}
    row = {name: st.one_of(st.none(), values) for name, values in names.items()}
    return draw(st.lists(st.fixed_dictionaries({"key": VALUES["int64"], **row}), min_size=1, max_size=6))


class _Tools:
    store, tags, max_rows = None, {}, 10_000


def in_one(body: bytes, read) -> tuple[Call, np.ndarray]:
    """Read a body as a batch of many rows."""

    class Request:
        pass

    request = Request()
    request.body = body
    call = Call(None, request, "r")
    table = asyncio.run(Batch(PLAN, _Tools(), call, 1_700_000_000_000_000).read(read()))
    return call, table


def one_by_one(body: bytes) -> tuple[list[list[float]], list[int], set[str]]:
    """Read the same records through the path of single rows."""
    decoded, degraded = PLAN.decoder.decode(body), []
    vectors, moments = [], []
    for record in decoded.records:
        base = PLAN.base(record)
        features = PLAN.given_features(record)
        vectors.append(PLAN.vector(base, features or PLAN.blank, degraded))
        moments.append(PLAN.as_of(base, 1_700_000_000_000_000))
    return vectors, moments, set(degraded)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(rows=requests())
def test_columns_of_numpy_give_the_vectors_of_single_rows_for_every_type(rows):
    body = json.dumps({"records": rows}).encode()
    expected, moments, degraded = one_by_one(body)
    columns = json.dumps({"columns": {name: [row[name] for row in rows] for name in rows[0]}}).encode()
    decode = PLAN.decoder.decode
    for raw, read in (
        (body, lambda: of_body(PLAN.decoder, decode(body), 10)),
        (columns, lambda: of_body(PLAN.decoder, decode(columns), 10)),
        (body, lambda: of_large_body(PLAN, body, 10)),
        (columns, lambda: of_large_body(PLAN, columns, 10)),
    ):
        call, table = in_one(raw, read)
        wanted = np.array([[np.nan if value is None else value for value in row] for row in expected])
        np.testing.assert_allclose(table, wanted, rtol=1e-12, equal_nan=True)
        assert call.as_of == moments
        assert set(call.degraded) - {"features"} == degraded
        assert call.given == ("v_bool" in rows[0])
        assert call.packed == (None if call.given else [None] * len(rows))


# names that occur twice


def test_a_name_that_occurs_twice_is_found_however_it_is_written():
    names = 3
    once = [
        b'{"a":1,"b":2,"c":3}',
        b'{"a" : 1, "b"\n:2, "c"\t:"x"}',
        b'{"a":":","b":"\\":","c":"::"}',
        b'{"a":"\\\\","b":"\\\\\\":","c":"x"}',
    ]
    twice = [
        b'{"a":1,"a":1,"b":2,"c":3}',
        b'{"a" :1,"a":1,"b":2,"c":3}',
        b'{"a":"12:00","a":"12:00","b":":","c":3}',
        b'{"a":"\\":\\":","b":"\\\\","b" : 1,"c":3}',
    ]
    for body in once + twice:
        found = list(step(repeats_in_steps(body, names)))
        assert repeats(body, names) == found[-1] == (body in twice), body


def step(generator):
    """Yield what a generator yields, and what it returns."""
    result = yield from generator
    yield result


def doubled(record, name, value):
    text = json.dumps(record)
    return text[:-1] + f", {json.dumps(name)}: {json.dumps(value)}" + "}"


def post(node, body: str | bytes):
    import httpx

    url = f"{node.url}/v1/endpoints/demo.risk/predict"
    headers = {"Content-Type": "application/json"}
    return httpx.post(url, content=body, headers=headers, trust_env=False, timeout=30)


@pytest.mark.parametrize("rows", [1, 3, 40, 1500])
def test_a_name_given_twice_is_refused_instead_of_one_value_being_ignored(node, rows):
    records = [json.dumps(full_record(seed)) for seed in range(rows)]
    records[-1] = doubled(full_record(rows - 1), "amount", 5.0)
    answer = post(node, '{"records": [' + ", ".join(records) + "]}")
    assert (answer.status_code, answer.json()["code"]) == (400, "duplicate_key")
    if rows <= 40:
        assert answer.json()["errors"][0]["pointer"] == f"/records/{rows - 1}/amount"
    twice = post(node, '{"records": [' + ", ".join(records[:-1] or records) + f'], "records": [{records[0]}]' + "}")
    assert (twice.status_code, twice.json()["code"]) == (400, "duplicate_key")
    columns = {name: [full_record(seed)[name] for seed in range(rows)] for name in full_record(0)}
    both = post(node, '{"columns": ' + doubled(columns, "amount", columns["amount"]) + "}")
    assert (both.status_code, both.json()["code"]) == (400, "duplicate_key")


def test_times_and_odd_strings_are_no_names(node):
    record = {**full_record(0), "colour": 'a":', "at": "2024-05-01T12:00:00+02:00"}
    assert node.predict({"records": [record]}).status_code == 200
    assert node.predict({"records": [{**record, "user": "\\"}], "as_of": "2024-05-01T12:00:00Z"}).status_code == 200


# faults of large requests


def large(count=2_000, **changes):
    """A body of more than 64 KiB: full records, some of them changed by row."""
    rows = [full_record(seed) for seed in range(count)]
    for row, change in changes.get("rows", {}).items():
        rows[row] = {name: value for name, value in {**rows[row], **change}.items() if value is not ...}
    if changes.get("columns"):
        return {"columns": {name: [row.get(name) for row in rows] for name in full_record(0)}}
    return {"records": rows}


def test_the_same_rows_get_the_same_predictions_in_every_size_and_form(node):
    rows = [full_record(seed) for seed in range(1_100)]
    whole = json.dumps({"records": rows}).encode()
    assert len(whole) > LARGE_BODY
    expected = []
    for start in range(0, 1_100, 16):
        expected += node.predict({"records": rows[start : start + 16]}).json()["predictions"]
    for count in (1, 15, 16, 17, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 1_100):
        columns = {name: [row[name] for row in rows[:count]] for name in rows[0]}
        for body in ({"records": rows[:count]}, {"columns": columns}):
            answer = node.predict(body)
            assert answer.status_code == 200, answer.text[:300]
            assert answer.json()["predictions"] == expected[:count]
            assert answer.json()["degraded"] == []


LARGE = [
    (large(rows={1_700: {"amount": "x"}}), 422, "wrong_type", "/records/1700/amount"),
    (large(rows={1_700: {"amount": ...}}), 422, "missing_field", "/records/1700/amount"),
    (large(rows={3: {"extra": 1}}), 422, "unknown_field", "/records/3/extra"),
    (large(rows={1_999: {"x3": ...}}), 422, "partial_features", "/records/1999/x3"),
    (large(rows={1_999: {f"x{n}": ... for n in range(6)}}), 422, "partial_features", "/records/1999/x0"),
    (large(rows={0: {f"x{n}": ... for n in range(6)}}), 422, "partial_features", "/records/0/x0"),
    (large(rows={700: {"at": "2024-05-01T12:00Z"}}), 422, "wrong_type", "/records/700/at"),
    (large(rows={700: {"at": "0001-01-01T00:00:00+23:00"}}), 422, "wrong_type", "/records/700/at"),
    (large(rows={700: {"shop": "9999999999999999999"}}), 422, "wrong_type", "/records/700/shop"),
    (large(rows={700: {"user": None}}, columns=True), 422, "null_not_allowed", "/columns/user/700"),
    (large(rows={700: {"user": 7}}, columns=True), 422, "wrong_type", "/columns/user/700"),
    ({**large(), "columns": {}}, 422, "records_or_columns", ""),
    ({**large(), "more": 1}, 422, "unknown_field", "/more"),
    ({**large(), "as_of": "yesterday"}, 422, "wrong_type", "/as_of"),
    ({"rows": large()["records"]}, 422, "unknown_field", "/rows"),
    ({"records": "x" * 100_000}, 422, "wrong_type", "/records"),
    ({"columns": "x" * 100_000}, 422, "wrong_type", "/columns"),
    ({"columns": {"user": "x" * 100_000}}, 422, "missing_field", "/columns/shop"),
    ({"records": [{"user": "x" * 300_000}]}, 422, "too_long", "/records/0"),
    (large(10_001), 413, "too_many_rows", None),
    ({"columns": {**large(10_001, columns=True)["columns"]}}, 413, "too_many_rows", None),
    ({"records": [{}] * 100_000}, 413, "too_many_rows", None),
    ({"records": [[[[[]]]]] * 9_000}, 422, "wrong_type", "/records/0"),
    (list(range(50_000)), 422, "wrong_type", ""),
]


@pytest.mark.parametrize(("body", "status", "code", "pointer"), LARGE)
def test_each_fault_of_a_large_body_has_its_code_and_pointer(node, body, status, code, pointer):
    answer = node.predict(body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text[:400]
    if pointer is not None:
        assert pointer in [fault["pointer"] for fault in problem["errors"]]


RAW = [
    (b'{"records": [' + b"[" * 70_000 + b"]" * 70_000 + b"]}", 400, "too_deep"),
    (b'{"records": [{"a": ' + b"[" * 500 + b"]" * 500 + b"}" + b"," + b" " * 70_000 + b"{}]}", 400, "too_deep"),
    (b'{"records": [' + b" " * 70_000, 400, "malformed_json"),
    (b" " * 70_000, 400, "malformed_json"),
    (b'{"records": ["' + b"\xff" * 70_000 + b'"]}', 400, "malformed_json"),
    (json.dumps(large()).replace("0.5", "NaN", 1).encode(), 400, "malformed_json"),
    (json.dumps(large()).replace("0.5", "1e999", 1).encode(), 422, "not_finite"),
]


@pytest.mark.parametrize(("body", "status", "code"), RAW)
def test_large_bodies_that_are_no_clean_json_are_refused(node, body, status, code):
    answer = post(node, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text[:400]


def test_a_batch_without_features_and_without_a_store_is_answered_and_says_so(node):
    answer = node.predict({"records": [key_record(seed) for seed in range(700)]})
    assert answer.json()["degraded"] == ["features"]
    assert len(answer.json()["predictions"]) == 700


# others meanwhile


@pytest.fixture
async def edge(tmp_path, bundles):
    return EdgeInProcess(tmp_path, bundles[0])


@pytest.mark.parametrize("columnar", [False, True])
async def test_while_many_rows_are_read_others_have_their_turn(edge, columnar):
    body = json.dumps(large(10_000, columns=columnar)).encode()
    waiting, turns = edge.send(body), 0
    single = json.dumps({"records": [full_record(0)]}).encode()
    while not waiting.answers:
        await asyncio.sleep(0)
        assert edge.send(single).answers[0][0] == 200
        turns += 1
    assert waiting.answers[0][0] == 200
    assert len(waiting.answers[0][1]["predictions"]) == 10_000
    assert turns >= 10_000 / BLOCK_ROWS


async def test_more_batches_than_can_wait_are_turned_away_at_once(edge):
    body = json.dumps(large(40)).encode()
    sent = [edge.send(body) for _ in range(BATCHES_WAITING + 1)]
    status, problem = sent[-1].answers[0]
    assert (status, problem["code"]) == (503, "overloaded")
    assert sent[-1].headers == [b"Retry-After: 1\r\n"]
    assert [(await edge.answered(client))[0] for client in sent[:-1]] == [200] * BATCHES_WAITING
    assert (await edge.answered(edge.send(body)))[0] == 200


async def test_a_fault_of_the_server_in_a_batch_gets_an_answer_and_is_counted(edge, monkeypatch):
    def broken(matrix):
        raise RuntimeError("the runtime broke")

    monkeypatch.setattr(edge.endpoint.model.runtime, "predict_rows", broken)
    for count in (20, 500):
        status, problem = await edge.answered(edge.send(json.dumps(large(count)).encode()))
        assert (status, problem["code"]) == (500, "internal")
    assert next(iter(edge.app.board.totals().values())).errors == 2


def test_a_text_input_without_categories_cannot_be_compiled():
    shape = every_type()
    inputs = [*shape.inputs, ModelInput("r_string", "string", "request")]
    with pytest.raises(ValueError, match="no categories"):
        Plan(msgspec.structs.replace(shape, inputs=inputs), "prj_01")


def test_a_refusal_says_what_is_wrong():
    with pytest.raises(Refused) as refused:
        of_large_body(PLAN, b'{"records": 1, "columns": 2}', 10)
    assert refused.value.problem.code == "records_or_columns"
