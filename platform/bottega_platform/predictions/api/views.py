"""Traffic of an endpoint, its signature, and predictions passed to a serving node."""

from typing import Any

import msgspec
from django.http import HttpResponse

from bottega_platform.api import responses
from bottega_platform.api.errors import Conflict
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.deployments import keys
from bottega_platform.deployments.models import Endpoint
from bottega_platform.predictions import proxy, services
from bottega_platform.projects.models import Role

ANY = {"type": "object"}


class TrafficView(ProjectView):
    """Requests, errors and latency of an endpoint."""

    roles = {"GET": Role.VIEWER}

    @operation(
        "get_traffic",
        "Traffic of an endpoint per version",
        response=services.Traffic,
        query={"range": "How far back: a number and m, h or d. Default 24h."},
    )
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer totals and a series per version."""
        endpoint = Endpoint.objects.named(self.project, name)
        length = services.parse_range(request.GET.get("range", "24h"))
        return responses.ok(services.traffic(endpoint, length=length))


class SignatureView(ProjectView):
    """What an endpoint takes: its node's own description."""

    roles = {"GET": Role.VIEWER}

    @operation("get_endpoint_signature", "Signature and a sample request of an endpoint", response=ANY)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer what the serving node says about the endpoint."""
        endpoint = _serving(self, name)
        return _passed(proxy.describe(address=f"{self.project.slug}.{endpoint.name}"))


class PredictView(ProjectView):
    """A prediction, passed to a serving node."""

    roles = {"POST": Role.VIEWER}
    reads = frozenset({"POST"})
    atomic = False

    @operation("predict", "Ask an endpoint, through the control plane", request=ANY, response=ANY)
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer what the serving node answers."""
        endpoint = _serving(self, name)
        body = msgspec.json.encode(request.data)
        key = keys.platform_key(endpoint) if keys.auth_of(endpoint) == "key" else None
        return _passed(proxy.predict(address=f"{self.project.slug}.{endpoint.name}", body=body, key=key))


def _serving(view: ProjectView, name: str) -> Endpoint:
    endpoint: Endpoint = Endpoint.objects.named(view.project, name)
    if endpoint.active_id is None:
        raise Conflict(f"“{name}” serves nothing yet. Deploy a model version first.", code="not_deployed")
    return endpoint


def _passed(answer: tuple[int, str, bytes]) -> HttpResponse:
    status, content_type, body = answer
    passed = HttpResponse(body, status=status, content_type=content_type)
    passed["Cache-Control"] = "no-store"
    return passed
