"""The two addresses that need no sign-in: health and the API description."""

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from django.db import connection
from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator

from bottega_platform.api import responses
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import PublicView


class Health(msgspec.Struct, frozen=True):
    """Whether the control plane can work."""

    status: str
    database: bool
    version: str


class HealthView(PublicView):
    """Tells supervisors and load balancers whether this process can work."""

    @operation("get_health", "Health of the control plane", response=Health)
    def get(self, request: Any) -> HttpResponse:
        """Answer once the database answers."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return responses.ok(Health(status="ok", database=True, version=version("bottega-platform")))


class OpenApiView(PublicView):
    """This description."""

    @operation("get_openapi", "The OpenAPI 3.1 document", response={"type": "object"})
    def get(self, request: Any) -> HttpResponse:
        """Answer the document, generated once per process."""
        answer = HttpResponse(_document(), content_type="application/json")
        answer["Cache-Control"] = "public, max-age=60"
        return answer


@cache
def _document() -> bytes:
    return msgspec.json.encode(SchemaGenerator().get_schema(request=None, public=True))
