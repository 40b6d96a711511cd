"""A generated shop: who came when, and who was late; a few hundred rows, in a project of its own."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction

from bottega_feature_store.tables import Tables, columns_of_arrow, table_identifier
from bottega_platform.api.testing import client_as, make_project
from bottega_platform.features.kinds import ComputeKind
from bottega_platform.features.loads import compute
from bottega_platform.features.models import FeatureView
from bottega_platform.jobs.clock import DatabaseNow
from bottega_platform.jobs.connections import resolve
from bottega_platform.jobs.models import Job, JobPublication
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Role

ROWS = 300
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
TIMES = [START + number * HOUR for number in range(ROWS)]
SHOPS = [("north", "south")[number % 2] for number in range(ROWS)]
LATE = [int(number * 7919 % 13 < 5) for number in range(ROWS)]
VIEW = {
    "entity": "shop",
    "sources": ["visits"],
    "event_time": "at",
    "created_time": "known",
    "sql": "SELECT shop, at, known, spent FROM visits",
}


def text(moment: dt.datetime) -> str:
    """Return a moment as RFC 3339."""
    return moment.isoformat().replace("+00:00", "Z")


def csv(header: str, *columns: list[Any], rows: int = ROWS) -> bytes:
    """Return a CSV file of these columns."""
    lines = [",".join(map(str, row)) for row in zip(*columns, strict=True)][:rows]
    return "\n".join([header, *lines, ""]).encode()


def visits(rows: int = ROWS) -> bytes:
    """Return the visits as CSV."""
    times, known = map(text, TIMES), [text(time + HOUR) for time in TIMES]
    return csv("shop,at,known,spent", SHOPS, list(times), known, list(range(ROWS)), rows=rows)


def lateness() -> bytes:
    """Return the labels as CSV."""
    return csv("shop,at,late", SHOPS, list(map(text, TIMES)), LATE)


def run_now(job: Job) -> Job:
    """Run one job here and now, in a healthy child, and nothing else."""
    Job.objects.filter(pk=job.pk).update(queue="aside")
    run_until_idle(("aside",))
    job.refresh_from_db()
    assert job.state == "succeeded", job.problem
    return job


class Shop:
    """A project and its administrator, who sends what the data of this module says."""

    def __init__(self) -> None:
        self.project = make_project("shop")
        self.client = client_as(Role.ADMIN, self.project)

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """Post to the project and return the accepted answer."""
        answer = self.client.post(f"/projects/shop{path}", body)
        assert answer.status_code in {200, 201, 202}, answer.content
        return dict(answer.json())

    def upload(self, content: bytes) -> str:
        """Upload a file and return its digest."""
        answer = self.client.send(
            "POST", "/projects/shop/uploads?filename=f", raw=content, Content_Type="application/octet-stream"
        )
        assert answer.status_code in {200, 201}, answer.content
        return str(answer.json()["digest"])

    def source(self, name: str, content: bytes) -> Job:
        """Make a source of a file and return its queued ingest."""
        spec = {"upload": self.upload(content), "keys": ["shop"], "event_time": "at"}
        self.post("/sources", {"name": name, "spec": spec})
        return self.ingest(name)

    def ingest(self, name: str) -> Job:
        """Ask for an ingest."""
        return Job.objects.get(pk=self.post(f"/sources/{name}/ingest")["job"])

    def define_view(self) -> FeatureView:
        """Publish the visits and define the view over them."""
        run_now(self.source("visits", visits()))
        self.post("/entities", {"name": "shop", "spec": {"keys": [{"name": "shop", "type": "string"}]}})
        self.post("/feature-views", {"name": "spending", "spec": VIEW})
        return self.view()

    def view(self) -> FeatureView:
        """Return the view as it is now."""
        return FeatureView.objects.named(self.project, "spending")

    def compute_view(self) -> FeatureView:
        """Publish the view's rows as Spark's child would, without Spark."""
        view = self.define_view()
        job = compute(actor=None, view=view)
        Job.objects.filter(pk=job.pk).update(state="succeeded", fence=1, finished_at=DatabaseNow())
        JobPublication.objects.create(job=job, project=self.project, fence=1)
        job.refresh_from_db()
        with transaction.atomic():
            ComputeKind().publish(job, _staged(view, job))
        return self.view()

    def define_service(self) -> None:
        """Define the feature service over the computed view."""
        spec = {
            "views": ["spending"],
            "request": [{"name": "at", "type": "timestamp"}],
            "event_time": "at",
            "categorical": ["shop"],
        }
        self.post("/feature-services", {"name": "known", "spec": spec})


def _staged(view: FeatureView, job: Job) -> dict[str, Any]:
    """Stage the view's rows and return the child's result."""
    moment = pa.timestamp("us", tz="UTC")
    rows = pa.table({
        "shop": pa.array(SHOPS),
        "event_time": pa.array(TIMES, moment),
        "created_time": pa.array([time + HOUR for time in TIMES], moment),
        "spent": pa.array([float(number) for number in range(ROWS)]),
    })  # fmt: skip
    urls, columns = resolve(("iceberg", "artifacts")), columns_of_arrow(rows.schema)
    catalog = Tables(urls["iceberg"], urls["artifacts"])
    identifier = table_identifier(view.project_id, view.table_id, columns)
    folder = Path(catalog.staging_url(identifier, job.staging_name).removeprefix("file://"))
    folder.mkdir(parents=True)
    pq.write_table(rows, folder / "part.parquet")
    snapshot = catalog.stage(identifier, [f"file://{folder}/part.parquet"], columns, f"job-{job.staging_name}")
    catalog.close()
    described = [{"name": column.name, "type": column.type} for column in columns]
    return {
        "identifier": identifier, "snapshot_id": snapshot, "columns": described,
        "rows": ROWS, "bytes": 1, "profile": {"rows": ROWS},
    }  # fmt: skip
