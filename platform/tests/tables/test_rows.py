"""Rows of tables, training sets and uploads as streams: the same values, columns and limits, bounded readers."""

import io

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from bottega_platform.api.testing import ApiClient, body_of, client_as, make_project
from bottega_platform.artifacts.services import blobs
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Project, Role
from bottega_platform.runs.testing import SIZES, make_training_set
from bottega_platform.runs.testing import rows as split_rows
from bottega_platform.tables import rows
from bottega_platform.tables.models import Table

PATH = "/projects/harbour/tables/trips"
CSV = "id,at,price,note\n" + "".join(
    f"{n},2024-05-10T{n % 24:02}:00:00Z,{n / 4},{'' if n % 3 else 'n'}\n" for n in range(50_000)
)


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def viewer(project: Project) -> ApiClient:
    return client_as(Role.VIEWER, project)


@pytest.fixture
def trips(project: Project) -> Table:
    """A table with two versions of 50,000 and 3 rows."""
    editor = client_as(Role.EDITOR, project)
    for text in (CSV, "id,at,price,note\n1,2024-05-10T00:00:00Z,1.5,a\n2,,,\n3,2024-05-10T00:00:00Z,2.5,b\n"):
        sent = editor.send(
            "POST", "/projects/harbour/uploads", raw=text.encode(), Content_Type="application/octet-stream"
        )
        spec = {"upload": sent.json()["digest"]}
        if editor.get("/projects/harbour/sources/trips").status_code == 404:
            editor.post("/projects/harbour/sources", {"name": "trips", "spec": spec})
        else:
            editor.patch("/projects/harbour/sources/trips", {"spec": spec})
        editor.post("/projects/harbour/sources/trips/ingest")
        assert [job.state for job in run_until_idle(("cpu",))] == ["succeeded"]
    return Table.objects.get(name="trips")


def arrow(answer) -> pa.Table:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == rows.ARROW
    return ipc.open_stream(body_of(answer)).read_all()


def test_all_rows_come_in_order_with_their_types(viewer: ApiClient, trips: Table) -> None:
    found = arrow(viewer.get(f"{PATH}/rows?version=1"))
    assert found.num_rows == 50_000
    assert found["id"].to_pylist() == list(range(50_000))
    assert found.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert found["note"][1].as_py() is None


def test_columns_and_a_limit_are_read_alone(viewer: ApiClient, trips: Table) -> None:
    found = arrow(viewer.get(f"{PATH}/rows?version=1&column=price&column=id&limit=7"))
    assert found.column_names == ["price", "id"]
    assert found["price"].to_pylist() == [n / 4 for n in range(7)]
    assert arrow(viewer.get(f"{PATH}/rows?limit=0")).num_rows == 0


def test_parquet_holds_the_same_rows(viewer: ApiClient, trips: Table) -> None:
    answer = viewer.get(f"{PATH}/rows?version=1&format=parquet")
    assert answer["Content-Type"] == rows.PARQUET
    assert pq.read_table(io.BytesIO(body_of(answer))).equals(arrow(viewer.get(f"{PATH}/rows?version=1")))


def test_a_moment_gives_the_version_of_that_moment(viewer: ApiClient, trips: Table) -> None:
    first, second = trips.versions.order_by("number")
    assert arrow(viewer.get(f"{PATH}/rows")).num_rows == 3
    assert arrow(viewer.get(f"{PATH}/rows?as_of={second.created_at.isoformat().replace('+00:00', 'Z')}")).num_rows == 3
    assert (
        arrow(viewer.get(f"{PATH}/rows?as_of={first.created_at.isoformat().replace('+00:00', 'Z')}")).num_rows == 50_000
    )
    before = viewer.get(f"{PATH}/rows?as_of=2001-01-01T00:00:00Z")
    assert (before.status_code, before.json()["code"]) == (409, "not_published")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("column=prise", 422, "unknown_column"),
        ("limit=-1", 400, "bad_limit"),
        ("limit=1e3", 400, "bad_limit"),
        ("limit=99999999999999999999", 400, "bad_limit"),
        ("format=csv", 400, "bad_filter"),
        ("version=9", 404, "not_found"),
        ("version=one", 404, "not_found"),
        ("as_of=yesterday", 400, "bad_filter"),
        ("as_of=2024-05-10T00:00:00", 400, "bad_filter"),
        ("as_of=2024-13-10T00:00:00Z", 400, "bad_filter"),
        ("version=1&as_of=2024-05-10T00:00:00Z", 400, "bad_filter"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_code(
    viewer: ApiClient, trips: Table, query: str, status: int, code: str
) -> None:
    answer = viewer.get(f"{PATH}/rows?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if code == "unknown_column":
        assert "“price”" in answer.json()["detail"]


def test_a_training_sets_splits_come_alone_or_one_after_the_other(viewer: ApiClient, project: Project) -> None:
    make_training_set(project, name="rentals")
    path = "/projects/harbour/training-sets/rentals/rows"
    assert arrow(viewer.get(f"{path}?split=valid")).equals(split_rows("valid"))
    assert arrow(viewer.get(f"{path}?column=label")).num_rows == sum(SIZES.values())
    assert viewer.get(f"{path}?split=holdout").json()["code"] == "bad_filter"
    assert viewer.get("/projects/harbour/training-sets/other/rows").status_code == 404


def test_an_upload_comes_back_as_it_was_sent(viewer: ApiClient, trips: Table) -> None:
    digest = blobs().put_bytes(CSV.encode()).sha256
    answer = viewer.get(f"/projects/harbour/uploads/{digest}/content")
    assert body_of(answer) == CSV.encode()
    assert viewer.get(f"/projects/harbour/uploads/{'0' * 64}/content").status_code == 404


def test_one_reader_too_many_is_told_to_come_back(viewer: ApiClient, trips: Table) -> None:
    held = [rows._slots.acquire(blocking=False) for _ in range(rows.READERS)]
    try:
        answer = viewer.get(f"{PATH}/rows")
        assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "busy", "2")
    finally:
        for _ in held:
            rows._slots.release()
    assert arrow(viewer.get(f"{PATH}/rows")).num_rows == 3


def test_a_reader_that_goes_away_gives_its_place_back(trips: Table) -> None:
    chunks = rows._chunks(rows.files_of(trips.versions.get(number=1)), rows.Wanted(["id"], None, "arrow"))
    next(chunks)
    before = rows._slots._value
    chunks.close()
    assert rows._slots._value == before + 1
