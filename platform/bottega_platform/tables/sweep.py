"""What attempts staged in tables' folders and never published."""

from collections.abc import Iterable

from bottega_platform.jobs import connections
from bottega_platform.projects.models import Project
from bottega_platform.sweep.sweepers import Sweep, sweeper
from bottega_platform.tables.models import TableVersion


@sweeper("tables")
def tables(sweep: Sweep) -> Iterable[tuple[str, int]]:
    """Remove branches, files and metadata that no published version needs; every version counts, however old."""
    from bottega_feature_store.tables import Tables  # PyIceberg: a second and 60 MB that few processes need
    from bottega_feature_store.tables.sweep import TableSweep

    urls = connections.resolve(("iceberg", "artifacts"))
    catalog = Tables(urls["iceberg"], urls["artifacts"])
    published = TableVersion.objects.values_list("job_id", "fence")
    kept = sweep.running | {f"{job}-{fence}" for job, fence in published.iterator()}
    sweeping = TableSweep(catalog, kept=kept, before=sweep.before, dry_run=sweep.dry_run)
    try:
        for project_id in Project.objects.values_list("pk", flat=True):
            for leftover in sweeping.project(project_id):
                yield f"{leftover.kind} {leftover.name}", leftover.bytes
    finally:
        catalog.close()
