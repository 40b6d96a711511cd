"""Labels from CSV, Parquet and tables: all rows are checked before one is kept."""

import datetime as dt
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bottega.ids import new_id
from bottega_feature_store.tables import Tables, columns_of_arrow, table_identifier
from bottega_platform.ground_truth.models import Label
from bottega_platform.jobs.connections import resolve
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import TableKind

DAY = dt.datetime(2024, 5, 10, tzinfo=dt.UTC)
TIME = pa.timestamp("us", tz="UTC")
BY_KEYS = {"value": "bought", "event_time": "at", "keys": {"shop": "branch"}}
BY_REQUEST = {"value": "bought", "request_id": "request"}


def upload(shop, content: bytes) -> str:
    answer = shop.client.send(
        "POST", f"/projects/{shop.project.slug}/uploads?filename=labels", raw=content, Content_Type="application/x"
    )
    assert answer.status_code in {200, 201}, answer.content
    return answer.json()["digest"]


def start(shop, **spec):
    return shop.client.post(f"{shop.path}/label-imports", {"spec": spec})


def finished(shop, **spec):
    """Run an import to its end and return it."""
    accepted = start(shop, **spec)
    assert accepted.status_code == 202, accepted.content
    run_until_idle(("cpu",))
    return shop.client.get(f"{shop.path}/label-imports/{accepted.json()['id']}").json()


def frame(rows, values, **more):
    columns = {
        "person": [row["keys"]["person"] for row in rows],
        "branch": pa.array([row["keys"]["shop"] for row in rows], pa.int32()),
        "at": pa.array([row["at"] for row in rows], TIME),
        "request": [row["request_id"] for row in rows],
        "place": pa.array([row["row"] for row in rows], pa.int32()),
        "bought": pa.array(values, pa.int64()),
    }
    return pa.table(columns | more)


def parquet(table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def csv(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def publish(shop, name, rows):
    table = tables.ensure_table(project=shop.project, name=name, kind=TableKind.SOURCE)
    job = Job.objects.create(
        id=new_id("job"), project=shop.project, kind="ingest", subject=table.pk, queue="cpu", fence=1,
        state="succeeded", finished_at=DAY,
    )  # fmt: skip
    urls = resolve(("iceberg", "artifacts"))
    catalog, columns = Tables(urls["iceberg"], urls["artifacts"]), columns_of_arrow(rows.schema)
    identifier = table_identifier(shop.project.pk, table.pk, columns)
    folder = Path(catalog.staging_url(identifier, job.staging_name).removeprefix("file://"))
    folder.mkdir(parents=True)
    pq.write_table(rows, folder / "part.parquet")
    snapshot = catalog.stage(identifier, [f"file://{folder}/part.parquet"], columns, f"job-{job.staging_name}")
    catalog.close()
    result = {"identifier": identifier, "snapshot_id": snapshot, "rows": len(rows), "bytes": 1, "profile": {}}
    result["columns"] = [{"name": column.name, "type": column.type} for column in columns]
    tables.publish_result(job=job, table=table, result=result)


@pytest.mark.parametrize("spec", [BY_KEYS, {**BY_REQUEST, "row": "place"}])
def test_a_parquet_file_labels_its_predictions(shop, spec):
    rows = shop.predict([0.1, 0.9, 0.4, 0.6], at=DAY)
    found = finished(shop, upload=upload(shop, parquet(frame(rows, [0, 1, 1, None]))), **spec)
    assert (found["state"], found["problem"]) == ("succeeded", None)
    assert found["counts"] == {"new": 3, "corrected": 0, "unchanged": 0, "unlabelled": 1, "not_known_yet": 0}
    day = shop.quality()["versions"][0]["days"][0]
    assert (day["predictions"], day["labelled"]) == (4, 3)


def test_the_same_file_again_changes_nothing_and_another_value_corrects(shop):
    rows = shop.predict([0.1, 0.9], at=DAY)
    finished(shop, upload=upload(shop, parquet(frame(rows, [0, 1]))), **BY_KEYS)
    again = finished(shop, upload=upload(shop, parquet(frame(rows, [0, 0]))), **BY_KEYS)
    assert (again["counts"]["corrected"], again["counts"]["unchanged"]) == (1, 1)


def test_a_csv_file_labels_by_request_id(shop):
    rows = shop.predict([0.1], at=DAY) + shop.predict([0.7], at=DAY)
    body = csv("request,bought,note", f"{rows[0]['request_id']},0,a", f'{rows[1]["request_id"]},1,"b, c"')
    found = finished(shop, upload=upload(shop, body), **BY_REQUEST)
    assert found["counts"]["new"] == 2
    assert shop.quality()["labels"]["matched"] == 2


def test_a_table_gives_what_is_known_by_now(shop):
    rows = shop.predict([0.1, 0.9, 0.5], at=DAY)
    hours = pa.array([DAY, dt.datetime(2024, 6, 30, tzinfo=dt.UTC), None], TIME)
    publish(shop, "sales", frame(rows, [0, 1, 1], told=hours))
    found = finished(shop, table="sales", known_at="told", **BY_KEYS)
    assert (found["counts"]["new"], found["counts"]["not_known_yet"]) == (1, 2)


def test_rows_of_a_table_that_lie_in_the_future_are_left_out(shop):
    row = shop.predict([0.1], at=DAY)[0]
    publish(shop, "sales", frame([row, row | {"at": dt.datetime(2024, 6, 30, tzinfo=dt.UTC)}], [0, 1]))
    found = finished(shop, table="sales", **BY_KEYS)
    assert (found["counts"]["new"], found["counts"]["not_known_yet"]) == (1, 1)


HEADER = "person,branch,at,bought"


@pytest.mark.parametrize(
    ("body", "code", "row"),
    [
        (csv(HEADER, "ann,1,2024-05-10T00:00:00Z,1", "bob,1,2024-05-10T00:00:00Z,2"), "label_not_binary", 3),
        (csv(HEADER, "ann,1,2024-05-10T00:00:00Z,NaN"), "type_mismatch", 2),
        (csv(HEADER, "ann,1,2024-05-10T00:00:00Z,inf"), "type_mismatch", 2),
        (csv(HEADER, "ann,1,2024-05-10T00:00:00Z,yes"), "type_mismatch", 2),
        (csv(HEADER, "ann,one,2024-05-10T00:00:00Z,1"), "type_mismatch", 2),
        (csv(HEADER, "ann,1,2024-05-10 00:00:00,1"), "naive_timestamp", None),
        (csv(HEADER, "ann,1,2034-05-10T00:00:00Z,1"), "future_time", 2),
        (csv(HEADER, ",1,2024-05-10T00:00:00Z,1"), "required", 2),
        (csv(HEADER, "ann,1,,1"), "required", 2),
        (csv(HEADER, "a,1,2024-05-10T00:00:00Z,1", "a,1,2024-05-10T02:00:00+02:00,1"), "duplicate_label", 3),
        (csv(HEADER, "ann,1,2024-05-10T00:00:00Z"), "row_length", 2),
        (csv("person,branch,bought", "ann,1,1"), "missing_column", None),
        (csv("person,person", "a,b"), "duplicate_header", None),
        (b" ", "blank_header", None),
        (b"PAR1 but no more", "data_invalid", None),
        (b"person,branch,at,bought\n\xff\xfe", "encoding", None),
    ],
)
def test_one_bad_row_refuses_the_file_with_its_place(shop, body, code, row):
    found = finished(shop, upload=upload(shop, body), **BY_KEYS)
    assert found["state"] == "failed"
    assert found["problem"]["code"] == code, found["problem"]
    if row is not None:
        assert found["problem"]["errors"][0]["row"] == row
    assert not Label.objects.exists()


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (pa.table({"request": ["a"], "bought": pa.array([float("nan")])}), "not_finite"),
        (pa.table({"request": ["a/b"], "bought": [1.0]}), "bad_request_id"),
        (pa.table({"request": [7], "bought": [1.0]}), "type_mismatch"),
        (pa.table({"request": ["a"], "bought": ["1"]}), "type_mismatch"),
        (pa.table({"request": ["a"]}), "missing_column"),
        (pa.table({"request": ["a"], "bought": pa.array([DAY.replace(tzinfo=None)])}), "naive_timestamp"),
    ],
)
def test_a_parquet_file_is_checked_like_a_csv(shop, table, code):
    found = finished(shop, upload=upload(shop, parquet(table)), **BY_REQUEST)
    assert (found["state"], found["problem"]["code"]) == ("failed", code)


@pytest.mark.parametrize(
    ("spec", "code", "pointer"),
    [
        ({"value": "v", "request_id": "r"}, "required", "/spec"),
        ({"value": "v", "request_id": "r", "upload": "0" * 64}, "unknown_upload", "/spec/upload"),
        ({"value": "v", "table": "sales"}, "label_unnamed", "/spec/request_id"),
        (
            {"value": "v", "table": "sales", "request_id": "r", "event_time": "t"},
            "label_named_twice",
            "/spec/request_id",
        ),
        ({**BY_KEYS, "table": "sales", "keys": {"town": "x"}}, "unknown_key", "/spec/keys"),
        ({**BY_KEYS, "table": "sales", "value": "sold"}, "unknown_column", "/spec/value"),
        ({**BY_KEYS, "table": "sales", "keys": {}}, "unknown_column", "/spec/keys/shop"),
        ({"table": "sales", "event_time": "at"}, "required", "/spec/value"),
    ],
)  # fmt: skip
def test_an_import_that_cannot_work_is_refused_before_it_starts(shop, spec, code, pointer):
    publish(shop, "sales", frame(shop.predict([0.1], at=DAY), [1]))
    answer = start(shop, **spec)
    assert answer.status_code == 422, answer.content
    first = answer.json()["errors"][0]
    assert (first["code"], first["pointer"]) == (code, pointer)


def test_a_table_without_data_or_that_is_not_there_is_told(shop):
    assert start(shop, table="nothing", **BY_KEYS).json()["code"] == "not_found"
    tables.ensure_table(project=shop.project, name="empty", kind=TableKind.SOURCE)
    assert start(shop, table="empty", **BY_KEYS).json()["code"] == "not_published"
