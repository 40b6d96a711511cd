"""What ``bottega verify`` checks of data: pointers lead to something complete."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bottega.problems import ProblemError
from bottega_platform.jobs import connections, verify
from bottega_platform.jobs.models import JobPublication
from bottega_platform.tables.models import Table, TableVersion

if TYPE_CHECKING:
    from bottega_feature_store.tables import Tables

NEWEST = 200


def register() -> None:
    """Add the checks."""
    verify.check("tables.snapshot_files_exist")(snapshot_files)
    verify.check("tables.version_has_publication")(publications)


def snapshot_files(at_rest: bool) -> Iterable[tuple[str, str]]:
    """Every file of a table's published snapshot is there (at rest of all tables, else of the newest)."""
    from bottega_feature_store.tables import Tables  # PyIceberg: a second and 60 MB that few processes need

    urls = connections.resolve(("iceberg", "artifacts"))
    tables = Tables(urls["iceberg"], urls["artifacts"])
    rows = Table.objects.filter(current__isnull=False).select_related("current").order_by("-updated_at")
    try:
        for table in rows if at_rest else rows[:NEWEST]:
            yield from _missing_files(tables, table.current)
    finally:
        tables.close()


def publications(at_rest: bool) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    """A version was published by its job, under the fence that it names."""
    fences = dict(JobPublication.objects.filter(job_id__in=_jobs()).values_list("job_id", "fence"))
    for version in TableVersion.objects.only("pk", "job_id", "fence"):
        if fences.get(version.job_id) != version.fence:
            found = fences.get(version.job_id)
            yield version.pk, f"published under fence {version.fence}, its job's publication has {found}"


def _jobs() -> list[str]:
    return list(TableVersion.objects.values_list("job_id", flat=True))


def _missing_files(tables: "Tables", version: TableVersion) -> Iterable[tuple[str, str]]:
    try:
        files = tables.files(version.identifier, version.snapshot_id)
    except ProblemError as problem:
        yield version.pk, str(problem)
        return
    import fsspec

    for url in files:
        filesystem, path = fsspec.core.url_to_fs(url)
        if not filesystem.exists(path):
            yield version.pk, f"its file {url.rsplit('/', 1)[-1]} is gone"
