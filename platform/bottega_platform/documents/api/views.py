"""Applying documents."""

from typing import Any

from django.http import HttpResponse

from bottega_platform.api import responses, specs
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.documents import services
from bottega_platform.documents.api.schemas import ApplyBody, ApplyIn, ApplyOut, applied_out
from bottega_platform.projects.models import Role


class ApplyView(ProjectView):
    """Many documents at once."""

    roles = {"POST": Role.EDITOR}

    @operation("apply_documents", "Apply documents: all of them, or none", request=ApplyIn, response=ApplyOut)
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create and change what the documents name; one that cannot be applied keeps all of them from it."""
        body = specs.decode(ApplyBody, request.data)
        applied = services.apply(actor=self.actor, project=self.project, documents=body.documents)
        return responses.ok(ApplyOut([applied_out(one) for one in applied]))
