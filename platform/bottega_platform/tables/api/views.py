"""Tables, their versions, profiles and first rows."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from bottega_platform.api import pagination, responses
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.projects.models import Role
from bottega_platform.tables import rows, services
from bottega_platform.tables.api.schemas import PreviewOut, TableOut, VersionOut, table_out, version_out
from bottega_platform.tables.models import Table, TableVersion
from bottega_platform.tables.preview import preview

BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
ROWS_QUERY = {
    **rows.QUERY,
    "version": "Number of the version; the published one by default.",
    "as_of": "The version that was published at this time (RFC 3339 with offset).",
}
ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}


class TablesView(ProjectView):
    """The tables of a project."""

    roles = {"GET": Role.VIEWER}

    @operation("list_tables", "Tables of a project", page=TableOut, query={"kind": "source or feature_view"})
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the tables, newest first."""
        tables = Table.objects.in_project(self.project).select_related("current")
        if request.GET.get("kind"):
            tables = tables.filter(kind=request.GET["kind"])
        return pagination.page(request, tables, lambda table: table_out(table, self.role), sortable=("name",))


class _OneTable(ProjectView):
    """An endpoint of one table, addressed by name."""

    roles = {"GET": Role.VIEWER}
    table: Table

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the table."""
        super().admit(request, **kwargs)
        self.table = Table.objects.in_project(self.project).select_related("current").get_or_404(name=kwargs["name"])


class TableView(_OneTable):
    """One table."""

    @operation("get_table", "A table with its published version", response=TableOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the table."""
        return responses.ok(table_out(self.table, self.role), resource=self.table)


class VersionsView(_OneTable):
    """The versions of a table."""

    @operation("list_table_versions", "Versions of a table", page=VersionOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the versions, newest first."""
        versions = TableVersion.objects.filter(table=self.table)
        return pagination.page(request, versions, version_out, ordering="-number")


class ProfileView(_OneTable):
    """The profile of a version."""

    @operation("get_table_profile", "The profile of a table version", response=ANYTHING)
    def get(self, request: Any, project: str, name: str, version: str) -> HttpResponse:
        """Answer the profile."""
        found = TableVersion.objects.filter(table=self.table).get_or_404(pk=version)
        return responses.ok(found.profile)


class PreviewView(_OneTable):
    """The first rows of the published version."""

    @operation("preview_table", "The first rows of a table", response=PreviewOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer at most a hundred rows."""
        version = services.published(self.project, name)
        first = preview(services.read_of(version))
        return responses.ok(PreviewOut(version.pk, version.columns, first))


class RowsView(_OneTable):
    """The rows of a version, for programs."""

    @operation(
        "download_table_rows",
        "The rows of a table, as an Arrow stream or Parquet",
        response=BINARY,
        media_type=rows.ARROW,
        query=ROWS_QUERY,
    )
    def get(self, request: Any, project: str, name: str) -> HttpResponseBase:
        """Stream the rows; all of them, unless columns or a limit are given."""
        version = services.version_at(self.table, number=request.GET.get("version"), as_of=request.GET.get("as_of"))
        asked = rows.wanted(request, [column.name for column in services.columns_of(version)])
        filename = f"{self.table.name}-{version.number}"
        return rows.answer(rows.files_of(version), asked, filename=filename)
