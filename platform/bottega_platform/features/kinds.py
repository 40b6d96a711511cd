"""The control plane's half of ``feature_view`` and ``load_online``."""

from typing import Any, ClassVar

import msgspec
from django.utils import timezone

from bottega.specs import Column
from bottega_feature_store.types import to_micros
from bottega_platform.features import feast, loads, pointers
from bottega_platform.features.models import FeatureView, LoadState, OnlineLoad
from bottega_platform.jobs import outbox
from bottega_platform.jobs.kinds import JobKind
from bottega_platform.jobs.models import Job
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import TableVersion

TIMES = frozenset({"event_time", "created_time"})


class ComputeKind(JobKind):
    """Computes a view on Spark from the versions of its sources that were published when it was asked for."""

    name: ClassVar[str] = "feature_view"
    queue: ClassVar[str] = "spark"
    connections: ClassVar[tuple[str, ...]] = ("iceberg", "artifacts", "spark")

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give the view as it was when asked for, its keys and what its sources are."""
        view = FeatureView.objects.get(pk=job.subject)
        return {
            "view": job.spec["view"],
            "keys": job.spec["keys"],
            "sources": [msgspec.to_builtins(tables.read_of(version)) for version in _versions(job)],
            "project_id": job.project_id,
            "table_id": view.table_id,
        }

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Publish the staged snapshot; the view now holds this meaning."""
        view = FeatureView.objects.select_for_update().get(pk=job.subject)
        parents = [version.pk for version in _versions(job)]
        message = f"{view.name} at {job.spec['version']}"
        version = tables.publish_result(
            job=job, table=view.table, result={**result, "parents": parents}, message=message
        )
        taken = TIMES | {key["name"] for key in job.spec["keys"]}
        columns = [column for column in tables.columns_of(version) if column.name not in taken]
        view.columns = msgspec.to_builtins(columns if job.spec["keys"] else _all(version))
        view.computed_version, view.table_version = job.spec["version"], version
        view.save(update_fields={"columns", "computed_version", "table_version"})


def _all(version: TableVersion) -> list[Column]:
    return tables.columns_of(version)


def _versions(job: Job) -> list[TableVersion]:
    found = TableVersion.objects.select_related("table").in_bulk(list(job.spec["sources"].values()))
    return [found[key] for key in job.spec["sources"].values()]


class LoadKind(JobKind):
    """Loads a view online under a version tag of its own; publishing makes readers follow it."""

    name: ClassVar[str] = "load_online"
    queue: ClassVar[str] = "cpu"
    connections: ClassVar[tuple[str, ...]] = ("iceberg", "artifacts", "online_store")

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give the view's layout, the snapshot, the moment, and versions to sweep."""
        row = OnlineLoad.objects.select_related("view", "table_version__table").get(pk=job.subject)
        view = row.view
        taken = TIMES | {key.name for key in view.key_columns}
        columns = [column for column in tables.columns_of(row.table_version) if column.name not in taken]
        return {
            "view": {
                "name": view.name,
                "view_id": view.online_id(row.view_version),
                "keys": view.keys,
                "columns": msgspec.to_builtins(columns),
                "ttl_seconds": view.ttl_seconds,
            },
            "read": msgspec.to_builtins(tables.read_of(row.table_version)),
            "as_of": to_micros(row.as_of),
            "project_id": job.project_id,
            "sweep": loads.tags_to_sweep(row),
        }

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Make the load the live one; the pointer in the store follows from the outbox."""
        row = loads.publish_load(job=job, result=result)
        outbox.put(topic=pointers.TOPIC, payload={"load": row.pk}, project=row.project)
        feast.request(row.project)

    def failed(self, job: Job) -> None:
        """Fail the load; what readers follow stays."""
        OnlineLoad.objects.filter(pk=job.subject, state=LoadState.LOADING).update(
            state=LoadState.FAILED, finished_at=timezone.now()
        )


class FeastExportKind(JobKind):
    """Writes the project's computed views and its services into Feast's registry; ours stays the truth."""

    name: ClassVar[str] = feast.KIND
    queue: ClassVar[str] = "cpu"
    connections: ClassVar[tuple[str, ...]] = ("iceberg", "artifacts", "feast", "online_store")

    def inputs(self, job: Job) -> dict[str, Any]:
        """Give the definitions as they are now."""
        return feast.definitions(job.project)

    def publish(self, job: Job, result: dict[str, Any]) -> None:
        """Publish nothing: the registry is a copy that the next export replaces."""


KINDS: tuple[type[JobKind], ...] = (ComputeKind, LoadKind, FeastExportKind)
