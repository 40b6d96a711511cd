"""Job kind ``feast_export``: the project's computed views and services into Feast's SQL registry.

Inputs: ``project_id``, ``views`` (name, entity, layout, the published table) and ``services``.
"""

from typing import Any

import msgspec

from bottega.protocol import JobContext
from bottega_feature_store.feast.definitions import ExportService, ExportView, ViewInput
from bottega_feature_store.tables import Tables


def run(context: JobContext) -> dict[str, Any]:
    """Export; return how many entities, views and services the registry now holds."""
    from bottega_feature_store.feast.export import export

    inputs = context.inputs
    views = msgspec.convert(inputs["views"], list[ViewInput])
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    try:
        made = [_export_view(tables, view) for view in views]
    finally:
        tables.close()
    context.progress(0, len(made), "writing the registry", "views")
    return export(
        project_id=inputs["project_id"],
        registry_url=context.connection("feast"),
        online_url=context.connection("online_store"),
        views=made,
        services=msgspec.convert(inputs["services"], list[ExportService]),
    )


def _export_view(tables: Tables, view: ViewInput) -> ExportView:
    files = tables.files(view.read.identifier, view.read.snapshot_id)
    folder = files[0].rpartition("/")[0].removeprefix("file://") if files else ""
    return ExportView(view.name, view.entity, view.layout, folder, view.description, view.owner)
