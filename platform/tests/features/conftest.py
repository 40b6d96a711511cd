"""A project with one computed feature view over a small published table."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bottega.ids import new_id
from bottega_feature_store.tables import Tables, columns_of_arrow, table_identifier
from bottega_platform.api.testing import ApiClient, client_as, make_project
from bottega_platform.features.kinds import ComputeKind
from bottega_platform.features.models import FeatureView
from bottega_platform.features.services import compute
from bottega_platform.jobs.connections import resolve
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project, Role
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import TableKind

ENTITY = {"keys": [{"name": "person", "type": "string"}, {"name": "shop", "type": "int64"}]}
VIEW = {
    "entity": "buyer",
    "sources": ["visits"],
    "event_time": "at",
    "created_time": "known",
    "ttl": "7d",
    "sql": "SELECT person, shop, at, known, spent, note FROM visits",
}
DAY = dt.datetime(2024, 5, 10, tzinfo=dt.UTC)


def stage(table_id: str, project: Project, job: Job, frame: pa.Table) -> dict[str, Any]:
    """Stage a frame as a job's child does and return its result."""
    urls = resolve(["iceberg", "artifacts"])
    found = Tables(urls["iceberg"], urls["artifacts"])
    columns = columns_of_arrow(frame.schema)
    identifier = table_identifier(project.pk, table_id, columns)
    folder = Path(found.staging_url(identifier, f"{job.pk}-1").removeprefix("file://"))
    folder.mkdir(parents=True)
    pq.write_table(frame, folder / "part-0.parquet")
    snapshot = found.stage(identifier, [f"file://{folder}/part-0.parquet"], columns, f"job-{job.pk}-1")
    found.close()
    return {
        "identifier": identifier, "snapshot_id": snapshot,
        "columns": [{"name": c.name, "type": c.type} for c in columns],
        "rows": len(frame), "bytes": 1, "profile": {"rows": len(frame)}, "dirt": {},
    }  # fmt: skip


def job_row(project: Project, kind: str, subject: str) -> Job:
    return Job.objects.create(
        id=new_id("job"),
        project=project,
        kind=kind,
        subject=subject,
        spec={},
        queue="cpu",
        fence=1,
        state="succeeded",
        finished_at=DAY,
    )


def ago(**delta: int) -> dt.datetime:
    return DAY - dt.timedelta(**delta)


ROWS = [
    # person, shop, event_time, created_time, spent, note
    ("ann", 1, ago(days=3), ago(days=3), 1.0, "old"),
    ("ann", 1, ago(days=1), ago(days=1), 2.0, "current"),
    ("ann", 1, ago(hours=2), DAY + dt.timedelta(hours=5), 3.0, "not known yet"),
    ("ann", 1, DAY + dt.timedelta(days=1), ago(days=1), 4.0, "future"),
    ("bob", 1, ago(days=30), ago(days=30), 5.0, "stale"),
    ("bob", 12, ago(days=2), ago(days=2), None, None),
    ("cid", 2, ago(days=2), ago(days=2), 7.0, "first"),
    ("cid", 2, ago(days=2), ago(days=1), 8.0, "corrected"),
]


def frame_of(rows: list[tuple[Any, ...]], event: str = "event_time", created: str = "created_time") -> pa.Table:
    moment = pa.timestamp("us", tz="UTC")
    kinds = [pa.string(), pa.int64(), moment, moment, pa.float64(), pa.string()]
    names = ["person", "shop", event, created, "spent", "note"]
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    return pa.table(dict(zip(names, columns, strict=True)))


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def editor(project: Project) -> ApiClient:
    return client_as(Role.EDITOR, project)


@pytest.fixture
def base(project: Project) -> str:
    return f"/projects/{project.slug}"


@pytest.fixture
def visits(project: Project) -> None:
    table = tables.ensure_table(project=project, name="visits", kind=TableKind.SOURCE)
    job = job_row(project, "ingest", table.pk)
    tables.publish_result(job=job, table=table, result=stage(table.pk, project, job, frame_of(ROWS, "at", "known")))


@pytest.fixture
def view(editor: ApiClient, base: str, visits: None) -> str:
    """The name of a view that is defined and not computed."""
    assert editor.post(f"{base}/entities", {"name": "buyer", "spec": ENTITY}).status_code == 201
    answer = editor.post(f"{base}/feature-views", {"name": "spending", "spec": VIEW})
    assert answer.status_code == 201, answer.content
    return "spending"


def compute_inline(project: Project, name: str, rows: list[tuple[Any, ...]] = ROWS) -> FeatureView:
    """Publish a computed snapshot as the Spark child's result would be."""
    row = FeatureView.objects.named(project, name)
    job = compute(actor=None, view=row)
    Job.objects.filter(pk=job.pk).update(state="succeeded", fence=1, finished_at=DAY)
    job.refresh_from_db()
    ComputeKind().publish(job, stage(row.table_id, project, job, frame_of(rows)))
    row.refresh_from_db()
    return row


@pytest.fixture
def computed(project: Project, view: str) -> FeatureView:
    return compute_inline(project, view)
