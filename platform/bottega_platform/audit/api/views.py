"""Reading the audit trail."""

from typing import Any

from django.http import HttpResponse

from bottega_platform.api import filters, pagination
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.audit.api.schemas import AuditEntry, entry_out
from bottega_platform.audit.models import Entry
from bottega_platform.projects.models import Role

FILTERS: dict[str, filters.Filter] = {
    "action": filters.Words("action"),
    "actor": filters.Words("actor__username"),
    "subject": filters.Words("subject"),
    "channel": filters.Words("channel"),
    "request_id": filters.Words("request_id"),
    "at": filters.Time("at"),
}


class AuditView(ProjectView):
    """What was changed in a project, newest first."""

    roles = {"GET": Role.VIEWER}

    @operation("list_audit", "The audit trail of a project", page=AuditEntry, query=filters.described(FILTERS))
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the rows that fit the filters."""
        rows = Entry.objects.filter(project=self.project).select_related("actor")
        return pagination.page(request, filters.apply(request, rows, FILTERS), entry_out, ordering="-sequence")
