"""API keys of an endpoint."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpResponse

from bottega_platform.api import pagination, responses, specs
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.deployments import keys
from bottega_platform.deployments.models import Endpoint, EndpointKey
from bottega_platform.projects.models import Role


class EndpointKeyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new key: who or what will use it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class EndpointKeyOut(msgspec.Struct, frozen=True):
    """A key in use; ``key`` is there once, in the answer that made it, ``hint`` are its last characters."""

    id: str
    name: str
    hint: str
    created_at: datetime
    created_by: str | None
    key: str | None = None


class EndpointKeysView(ProjectView):
    """The keys that open an endpoint."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_endpoint_keys", "Keys of an endpoint", page=EndpointKeyOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the keys in use, without their secrets."""
        endpoint = Endpoint.objects.named(self.project, name)
        return pagination.page(request, keys.live(endpoint).select_related("created_by"), key_out, sortable=("name",))

    @operation(
        "create_endpoint_key", "Make a key for an endpoint", request=EndpointKeyIn, response=EndpointKeyOut, status=201
    )
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Make a key; its secret stands in this answer only."""
        endpoint = Endpoint.objects.named(self.project, name)
        body = specs.decode(EndpointKeyIn, request.data)
        row, secret = keys.create(actor=self.actor, endpoint=endpoint, name=body.name)
        location = f"/api/v1/projects/{self.project.slug}/endpoints/{endpoint.name}/keys/{row.id}"
        return responses.created(key_out(row, secret=secret), location)


class EndpointKeyView(ProjectView):
    """One key."""

    roles = {"DELETE": Role.EDITOR}

    @operation("revoke_endpoint_key", "Revoke a key of an endpoint", status=204)
    def delete(self, request: Any, project: str, name: str, key: str) -> HttpResponse:
        """End the key; requests with it are refused as soon as the nodes know."""
        keys.revoke(actor=self.actor, endpoint=Endpoint.objects.named(self.project, name), key_id=key)
        return responses.empty()


def key_out(row: EndpointKey, *, secret: str | None = None) -> EndpointKeyOut:
    """Return a key's JSON."""
    by = row.created_by.username if row.created_by else None
    return EndpointKeyOut(row.id, row.name, row.hint, row.created_at, by, secret)
