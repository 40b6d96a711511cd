"""Training sets through the API: what is refused at once, and what a finished one shows."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import transaction

from bottega_feature_store.tables import Tables, columns_of_arrow, table_identifier
from bottega_platform.api.testing import client_as, make_project
from bottega_platform.artifacts.services import blobs
from bottega_platform.features.kinds import ComputeKind
from bottega_platform.features.models import FeatureView
from bottega_platform.features.services import compute
from bottega_platform.jobs.connections import resolve
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.jobs.verify import verify
from bottega_platform.projects.models import Role
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import TableKind
from bottega_platform.training_sets.models import TrainingSet

START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
ROWS = 300
PATH = "/projects/harbour/training-sets"


def hour(number: int) -> dt.datetime:
    return START + dt.timedelta(hours=number)


def frame(**columns: list[Any]) -> pa.Table:
    kinds = {dt.datetime: pa.timestamp("us", tz="UTC"), str: pa.string(), float: pa.float64(), int: pa.int32()}
    return pa.table({name: pa.array(values, kinds[type(values[0])]) for name, values in columns.items()})


def staged(project: Any, table_id: str, job: Job, rows: pa.Table) -> dict[str, Any]:
    """Stage a frame as a job's child does, and return its result."""
    urls = resolve(("iceberg", "artifacts"))
    catalog, columns = Tables(urls["iceberg"], urls["artifacts"]), columns_of_arrow(rows.schema)
    identifier = table_identifier(project.pk, table_id, columns)
    folder = Path(catalog.staging_url(identifier, job.staging_name).removeprefix("file://"))
    folder.mkdir(parents=True)
    pq.write_table(rows, folder / "part.parquet")
    snapshot = catalog.stage(identifier, [f"file://{folder}/part.parquet"], columns, f"job-{job.staging_name}")
    catalog.close()
    return {
        "identifier": identifier,
        "snapshot_id": snapshot,
        "columns": [{"name": column.name, "type": column.type} for column in columns],
        "rows": len(rows),
        "bytes": 1,
        "profile": {},
    }


class Harbour:
    """A project with labels, a computed view and a feature service."""

    def __init__(self, outcome_known_after: int) -> None:
        self.project = make_project("harbour")
        self.client = client_as(Role.EDITOR, self.project)
        times = [hour(n) for n in range(ROWS)]
        late = [int(n * 7919 % 13 < 5) for n in range(ROWS)]
        ports = [["north", "south"][n % 2] for n in range(ROWS)]
        self.publish("labels", frame(port=ports, at=times, late=late))
        known = [time + dt.timedelta(hours=outcome_known_after) for time in times]
        outcome = [float(value) for value in late]
        self.publish("moves", frame(port=ports, at=times, known=known, outcome=outcome))
        self.define()
        self.compute(frame(port=ports, event_time=times, created_time=known, outcome=outcome))

    def publish(self, name: str, rows: pa.Table) -> None:
        table = tables.ensure_table(project=self.project, name=name, kind=TableKind.SOURCE)
        job = Job.objects.create(
            project=self.project, kind="ingest", subject=table.pk, queue="cpu", fence=1, state="succeeded",
            finished_at=START,
        )  # fmt: skip
        with transaction.atomic():
            tables.publish_result(job=job, table=table, result=staged(self.project, table.pk, job, rows))

    def define(self) -> None:
        base = "/projects/harbour"
        view = {"entity": "port", "sources": ["moves"], "event_time": "at", "created_time": "known"}
        sql = "SELECT port, at, known, outcome FROM moves"
        bodies = {
            "entities": {"name": "port", "spec": {"keys": [{"name": "port", "type": "string"}]}},
            "feature-views": {"name": "moves_view", "spec": {**view, "sql": sql}},
        }
        for collection, body in bodies.items():
            assert self.client.post(f"{base}/{collection}", body).status_code == 201

    def compute(self, rows: pa.Table) -> None:
        view = FeatureView.objects.named(self.project, "moves_view")
        job = compute(actor=None, view=view)
        Job.objects.filter(pk=job.pk).update(state="succeeded", fence=1, finished_at=START)
        job.refresh_from_db()
        with transaction.atomic():
            ComputeKind().publish(job, staged(self.project, view.table_id, job, rows))
        spec = {"views": ["moves_view"], "request": [{"name": "at", "type": "timestamp"}], "event_time": "at",
                "categorical": ["port"]}  # fmt: skip
        answer = self.client.post("/projects/harbour/feature-services", {"name": "known", "spec": spec})
        assert answer.status_code == 201, answer.content

    def create(self, name: str = "lateness", **spec: Any) -> Any:
        split = {"kind": "time", "valid_from": hour(180).isoformat(), "test_from": hour(240).isoformat()}
        wanted = {"labels": "labels", "label": "late", "event_time": "at", "feature_service": "known", "split": split}
        return self.client.post(PATH, {"name": name, "spec": {**wanted, **spec}})

    def build(self, **spec: Any) -> tuple[Job, dict[str, Any]]:
        answer = self.create(**spec)
        assert answer.status_code == 202, answer.content
        run_until_idle(("cpu",))
        return Job.objects.get(pk=answer.json()["job"]), self.client.get(f"{PATH}/lateness").json()


def violations() -> list[str]:
    """What is broken about training sets; the sources' jobs of these tests are made by hand."""
    return [found.detail for found in verify() if found.check.startswith("training_sets.")]


@pytest.mark.django_db(transaction=True)
def test_a_training_set_is_built_and_shows_what_was_measured() -> None:
    job, found = Harbour(outcome_known_after=1).build()
    assert job.state == "succeeded", job.problem
    assert (found["state"], found["fit_for_registration"], found["leaks"]) == ("ready", True, [])
    assert {name: found["counts"][name] for name in ("train", "valid", "test")} == {
        "train": 180,
        "valid": 60,
        "test": 60,
    }
    assert found["views"]["moves_view"] == {"present": 298, "missing": 2, "stale": 0}
    assert set(found["data"]) == {"labels", "moves_view"}
    assert {f["name"]: f.get("categories") for f in found["meta_features"]}["port"] == ["north", "south"]
    assert violations() == []
    Path(blobs().path(found["splits"]["test"])).unlink()
    assert violations() == ["the rows of its split test are gone"]


@pytest.mark.django_db(transaction=True)
def test_a_leak_fails_the_job_by_name_and_switching_the_filter_off_only_flags_it() -> None:
    harbour = Harbour(outcome_known_after=0)
    job, found = harbour.build()
    assert (job.failure_class, found["state"], found["problem"]["code"]) == ("data", "failed", "leakage_risk")
    assert found["problem"]["errors"][0]["column"] == "outcome"
    assert found["splits"] == {}
    assert harbour.client.delete(f"{PATH}/lateness").status_code == 204
    _, shown = harbour.build(known_at=False)
    assert (shown["state"], shown["fit_for_registration"]) == ("ready", False)
    assert [leak["column"] for leak in shown["leaks"]] == ["outcome"]


@pytest.mark.django_db
def test_a_training_set_that_could_not_be_built_is_refused_at_once() -> None:
    harbour = Harbour(outcome_known_after=1)
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"labels": "nothing"}, 404, "not_found"),
        ({"feature_service": "nothing"}, 404, "not_found"),
        ({"label": "nothing"}, 422, "unknown_column"),
        ({"event_time": "late"}, 422, "type_mismatch"),
        ({"event_time": None}, 422, "required"),
        ({"label": "port"}, 422, "type_mismatch"),
        ({"split": {"kind": "time"}}, 422, "required"),
        ({"split": {"kind": "hash", "valid": 0.6, "test": 0.6}}, 422, "bad_split"),
        ({"start": "2020-01-01T00:00:00"}, 422, "bad_time"),
        ({"start": hour(200).isoformat()}, 422, "bad_split"),
        ({"end": hour(-200).isoformat()}, 422, "bad_split"),
        ({"colour": "red"}, 422, "unknown_field"),
    ]
    for spec, status, code in cases:
        answer = harbour.create(**spec)
        assert answer.status_code == status, (spec, answer.content)
        faults = answer.json().get("errors") or [answer.json()]
        assert code in {answer.json()["code"], faults[0]["code"]}, (spec, answer.content)
    assert TrainingSet.objects.count() == 0
    assert harbour.create().status_code == 202
    assert harbour.create().json()["code"] == "name_taken"
