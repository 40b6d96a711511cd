"""Publishing small frames as tables, as a job's child and its kind would do, for tests without Spark or files."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone

from bottega_feature_store.tables import Tables, columns_of_arrow, table_identifier
from bottega_platform.jobs.connections import resolve
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project
from bottega_platform.tables import services
from bottega_platform.tables.models import TableKind


def stage(job: Job, table_id: str, rows: pa.Table) -> dict[str, Any]:
    """Stage a frame under the job's name and return the result that its child would."""
    urls = resolve(("iceberg", "artifacts"))
    catalog, columns = Tables(urls["iceberg"], urls["artifacts"]), columns_of_arrow(rows.schema)
    identifier = table_identifier(job.project_id, table_id, columns)
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


def publish_source(project: Project, name: str, rows: pa.Table) -> None:
    """Publish a frame as the next version of a source's table, which is made when new."""
    table = services.ensure_table(project=project, name=name, kind=TableKind.SOURCE)
    job = Job.objects.create(
        project=project,
        kind="ingest",
        subject=table.pk,
        queue="cpu",
        fence=1,
        state="succeeded",
        finished_at=timezone.now(),
    )
    with transaction.atomic():
        services.publish_result(job=job, table=table, result=stage(job, table.pk, rows))
