"""Endpoints and their deployments."""

from typing import Any

import msgspec
from django.http import HttpResponse

from bottega_platform.api import etag, pagination, responses, specs
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.deployments import services
from bottega_platform.deployments.api.schemas import (
    DeploymentIn,
    DeploymentOut,
    EndpointIn,
    EndpointOut,
    EndpointPatch,
    RollbackIn,
    deployment_out,
    endpoint_out,
)
from bottega_platform.deployments.models import Deployment, Endpoint
from bottega_platform.projects.models import Role

RELATED = ("project", "active__endpoint", "active__created_by", "target__endpoint", "target__created_by")


class EndpointsView(ProjectView):
    """The project's endpoints."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_endpoints", "Endpoints of the project", page=EndpointOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the endpoints."""
        rows = Endpoint.objects.in_project(self.project).select_related(*RELATED)
        return pagination.page(request, rows, lambda row: endpoint_out(row, self.role), sortable=("name",))

    @operation("create_endpoint", "Create an endpoint", request=EndpointIn, response=EndpointOut, status=201)
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create an endpoint; it serves nothing until something is deployed."""
        body = specs.decode(EndpointIn, request.data)
        row, key = services.create_endpoint(
            actor=self.actor,
            project=self.project,
            name=body.name,
            description=body.spec.description,
            auth=body.spec.auth,
        )
        location = f"/api/v1/projects/{self.project.slug}/endpoints/{row.name}"
        return responses.created(endpoint_out(row, self.role, key=key), location, resource=row)


class EndpointView(ProjectView):
    """One endpoint, by name."""

    roles = {"GET": Role.VIEWER, "PATCH": Role.EDITOR, "DELETE": Role.DEPLOYER}

    def _row(self, name: str) -> Endpoint:
        row: Endpoint = Endpoint.objects.select_related(*RELATED).named(self.project, name)
        return row

    @operation("get_endpoint", "One endpoint", response=EndpointOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the endpoint."""
        row = self._row(name)
        return responses.ok(endpoint_out(row, self.role), resource=row)

    @operation("update_endpoint", "Change an endpoint", request=EndpointPatch, response=EndpointOut)
    def patch(self, request: Any, project: str, name: str) -> HttpResponse:
        """Change description or authentication."""
        row = self._row(name)
        body = specs.decode(EndpointPatch, request.data)
        etag.check(request, row)
        key = services.update_endpoint(actor=self.actor, endpoint=row, changes=body.changes(), reason=body.reason)
        return responses.ok(endpoint_out(row, self.role, key=key), resource=row)

    @operation("delete_endpoint", "Delete an endpoint", status=204)
    def delete(self, request: Any, project: str, name: str) -> HttpResponse:
        """Take the endpoint away."""
        row = self._row(name)
        etag.check(request, row)
        services.delete_endpoint(actor=self.actor, endpoint=row)
        return responses.empty()


class EndpointDeploymentsView(ProjectView):
    """What was and is deployed on an endpoint, newest first."""

    roles = {"GET": Role.VIEWER, "POST": Role.DEPLOYER}

    @operation("list_deployments", "Deployments of an endpoint", page=DeploymentOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the history."""
        endpoint = Endpoint.objects.named(self.project, name)
        rows = endpoint.deployments.select_related("endpoint", "created_by")
        return pagination.page(request, rows, deployment_out)

    @operation("deploy", "Deploy a model version", request=DeploymentIn, response=DeploymentOut, status=202)
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Ask for a model version to be served; follow the deployment at ``Location``."""
        endpoint = Endpoint.objects.named(self.project, name)
        body = specs.decode(DeploymentIn, request.data)
        row = services.deploy(actor=self.actor, endpoint=endpoint, model=body.model, version=body.version)
        return _accepted(row, self.project.slug)


class RollbackView(ProjectView):
    """Going back to what was served before."""

    roles = {"POST": Role.DEPLOYER}

    @operation("rollback", "Serve again what was served before", request=RollbackIn, response=DeploymentOut, status=202)
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Start the rollback; its bundle is still loaded, so it takes well under a second."""
        endpoint = Endpoint.objects.named(self.project, name)
        body = specs.decode(RollbackIn, request.data)
        row = services.roll_back(actor=self.actor, endpoint=endpoint, to=body.to)
        return _accepted(row, self.project.slug)


class DeploymentView(ProjectView):
    """One deployment, by id."""

    roles = {"GET": Role.VIEWER}

    @operation("get_deployment", "One deployment", response=DeploymentOut)
    def get(self, request: Any, project: str, deployment: str) -> HttpResponse:
        """Answer the deployment."""
        rows = Deployment.objects.in_project(self.project).select_related("endpoint", "created_by")
        row = rows.get_or_404(id=deployment)
        return responses.ok(deployment_out(row), resource=row)


def _accepted(row: Deployment, project: str) -> HttpResponse:
    headers = {"Location": f"/api/v1/projects/{project}/deployments/{row.id}", "Retry-After": "1"}
    body = msgspec.to_builtins(deployment_out(row))
    return responses.json(body, status=202, headers=headers)
