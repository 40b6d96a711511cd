"""When and what is exported to Feast; Feast itself is imported by the job's child only."""

from typing import Any

import msgspec

from bottega_feature_store.feast.definitions import ExportService, Layout, ViewInput
from bottega_platform.features.feature_services import chosen, present
from bottega_platform.features.models import FeatureService, FeatureView
from bottega_platform.jobs import services as jobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project
from bottega_platform.tables import services as tables

KIND = "feast_export"


def request(project: Project) -> None:
    """Export soon; an export that waits already will see what is there now."""
    if not Job.objects.filter(project=project, kind=KIND, state="queued").exists():
        jobs.enqueue(project=project, kind=KIND, subject=project.pk, spec={})


def definitions(project: Project) -> dict[str, Any]:
    """Return the job's inputs: views that hold their present meaning, and services over them."""
    rows = FeatureView.objects.in_project(project).select_related("table_version__table")
    views = {row.name: row for row in rows if row.columns and row.computed_version == row.version and row.entity_id}
    services = [_service(project, row) for row in FeatureService.objects.in_project(project)]
    whole = [service for service in services if service.views and service.views.keys() <= views.keys()]
    return {
        "project_id": project.pk,
        "views": [msgspec.to_builtins(_view(row)) for row in views.values()],
        "services": msgspec.to_builtins(whole),
    }


def _view(row: FeatureView) -> ViewInput:
    layout = Layout(row.project_id, row.online_id(), row.key_columns, row.feature_columns, row.ttl_seconds)
    spec = row.parsed
    read = tables.read_of(present(row))
    return ViewInput(row.name, spec.entity or "", layout, read, spec.description, spec.owner)


def _service(project: Project, row: FeatureService) -> ExportService:
    views = {
        view.name: wanted or [column.name for column in view.feature_columns]
        for view, wanted in chosen(project, row.parsed)
    }
    return ExportService(row.name, views, row.parsed.description)
