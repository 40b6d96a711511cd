"""From an uploaded file to a published table, through the API and a real job child."""

from typing import Any

import pytest

from bottega_platform.api.testing import client_as, make_project
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.jobs.verify import verify
from bottega_platform.projects.models import Role
from bottega_platform.tables.models import TableVersion

pytestmark = pytest.mark.django_db(transaction=True)
CSV = b"city,at,degrees\nOslo,2020-01-01T00:00:00Z,-3.5\nRome,2020-01-01T00:00:00Z,NA\n"


class Harbour:
    """A project, an editor in it, and what tests do there."""

    def __init__(self) -> None:
        self.project = make_project("harbour")
        self.client = client_as(Role.EDITOR, self.project)
        self.path = "/projects/harbour"

    def upload(self, content: bytes, filename: str = "weather.csv") -> Any:
        return self.client.send(
            "POST", f"{self.path}/uploads?filename={filename}", raw=content, Content_Type="application/octet-stream"
        )

    def source(self, content: bytes, name: str = "weather", **spec: Any) -> Any:
        digest = self.upload(content).json()["digest"]
        return self.client.post(f"{self.path}/sources", {"name": name, "spec": {"upload": digest, **spec}})

    def ingest(self, name: str = "weather") -> Job:
        answer = self.client.post(f"{self.path}/sources/{name}/ingest")
        assert answer.status_code == 202
        assert answer["Location"] == f"/api/v1/jobs/{answer.json()['job']}"
        run_until_idle(("cpu",))
        return Job.objects.get(pk=answer.json()["job"])

    def get(self, path: str) -> Any:
        return self.client.get(f"{self.path}{path}")


@pytest.fixture
def harbour() -> Harbour:
    return Harbour()


def test_an_upload_is_kept_once_by_its_digest(harbour: Harbour) -> None:
    first, again = harbour.upload(CSV), harbour.upload(CSV)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["digest"] == again.json()["digest"]
    assert harbour.get(f"/uploads/{first.json()['digest']}").json()["size"] == len(CSV)


def test_an_empty_upload_is_refused(harbour: Harbour) -> None:
    answer = harbour.upload(b"")
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")


def test_a_source_becomes_a_table_with_snapshot_profile_and_dirt(harbour: Harbour) -> None:
    assert harbour.source(CSV, keys=["city"], event_time="at").status_code == 201
    job = harbour.ingest()
    assert job.state == "succeeded", job.problem
    table = harbour.get("/tables/weather").json()
    version = table["current"]
    assert (version["rows"], version["number"], version["job"]) == (2, 1, job.pk)
    assert [(c["name"], c["type"]) for c in version["columns"]] == [
        ("city", "string"),
        ("at", "timestamp"),
        ("degrees", "float64"),
    ]
    assert version["dirt"] == [{"reason": "null", "column": "degrees", "rows": 1, "left_out": False}]
    profile = harbour.get(f"/tables/weather/versions/{version['id']}/profile").json()
    assert profile["columns"][2]["mean"] == -3.5
    assert harbour.get("/tables/weather/preview").json()["rows"] == [
        {"city": "Oslo", "at": "2020-01-01T00:00:00Z", "degrees": -3.5},
        {"city": "Rome", "at": "2020-01-01T00:00:00Z", "degrees": None},
    ]
    assert verify() == []


def test_a_second_ingest_adds_a_version_and_keeps_the_first(harbour: Harbour) -> None:
    harbour.source(CSV)
    harbour.ingest()
    digest = harbour.upload(CSV + b"Bern,2020-01-01T00:00:00Z,1.0\n").json()["digest"]
    assert harbour.client.patch(f"{harbour.path}/sources/weather", {"spec": {"upload": digest}}).status_code == 200
    harbour.ingest()
    versions = harbour.get("/tables/weather/versions").json()["results"]
    assert [(v["number"], v["rows"]) for v in versions] == [(2, 3), (1, 2)]


def test_a_bad_file_fails_the_job_with_its_reason_and_publishes_nothing(harbour: Harbour) -> None:
    harbour.source(b"a,b\n1,2\n3\n")
    job = harbour.ingest()
    assert (job.state, job.failure_class, job.problem["code"]) == ("failed", "data", "row_length")
    assert job.problem["errors"][0]["row"] == 3
    assert TableVersion.objects.count() == 0
    assert harbour.get("/tables/weather").json()["current"] is None
    assert harbour.get("/sources/weather").json()["problem"]["code"] == "row_length"


def test_an_ingest_that_is_under_way_is_not_started_twice(harbour: Harbour) -> None:
    harbour.source(CSV)
    first = harbour.client.post(f"{harbour.path}/sources/weather/ingest").json()["job"]
    assert harbour.client.post(f"{harbour.path}/sources/weather/ingest").json()["job"] == first


def test_another_projects_upload_is_unknown(harbour: Harbour) -> None:
    digest = harbour.upload(CSV).json()["digest"]
    other = make_project("valley")
    answer = client_as(Role.EDITOR, other).post(
        "/projects/valley/sources", {"name": "weather", "spec": {"upload": digest}}
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_upload")


def test_a_taken_name_a_bad_zone_and_an_unknown_field_are_refused(harbour: Harbour) -> None:
    assert harbour.source(CSV).status_code == 201
    assert harbour.source(CSV).json()["code"] == "name_taken"
    column = {"name": "at", "type": "timestamp", "timezone": "Mars/Base"}
    answer = harbour.source(CSV, name="other", columns=[column])
    assert answer.json()["errors"][0]["pointer"] == "/spec/columns/0/timezone"
    assert harbour.source(CSV, name="other", colour="red").json()["errors"][0]["pointer"] == "/spec/colour"


def test_a_stale_etag_is_refused(harbour: Harbour) -> None:
    answer = harbour.source(CSV)
    spec = {"spec": {"upload": answer.json()["spec"]["upload"], "description": "x"}}
    path = f"{harbour.path}/sources/weather"
    assert harbour.client.patch(path, spec, If_Match=answer["ETag"]).status_code == 200
    assert harbour.client.patch(path, spec, If_Match=answer["ETag"]).json()["code"] == "stale_version"


def test_a_deleted_source_leaves_its_table(harbour: Harbour) -> None:
    harbour.source(CSV)
    harbour.ingest()
    assert harbour.client.delete(f"{harbour.path}/sources/weather").status_code == 204
    assert harbour.get("/sources/weather").status_code == 404
    assert harbour.get("/tables/weather").json()["current"]["rows"] == 2


def test_the_project_home_shows_the_data_phase(harbour: Harbour) -> None:
    harbour.source(CSV)
    harbour.ingest()
    phase = harbour.get("/overview").json()["phases"][0]
    assert (phase["phase"], phase["state"], phase["counts"]) == ("data", "ready", {"sources": 1, "tables": 1})
