"""Entities, feature views and feature services."""

from typing import Any

from django.http import HttpResponse

from bottega_platform.api import etag, pagination, responses, specs
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.features import services
from bottega_platform.features.api import catalogue
from bottega_platform.features.api.schemas import (
    EntityChange,
    EntityIn,
    EntityOut,
    FeatureServiceChange,
    FeatureServiceIn,
    FeatureServiceOut,
    FeatureViewChange,
    FeatureViewIn,
    FeatureViewOut,
    LoadIn,
    OnlineLoadOut,
    ReadIn,
    ReadOut,
    ReadRow,
    load_out,
)
from bottega_platform.features.models import Entity, FeatureService, FeatureView
from bottega_platform.projects.models import Role
from bottega_platform.projects.services import as_of as project_now


class EntitiesView(ProjectView):
    """The entities of a project."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_entities", "Entities of a project", page=EntityOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the entities."""
        render = catalogue.entity_renderer(self.project, self.role)
        return pagination.page(request, Entity.objects.in_project(self.project), render, sortable=("name",))

    @operation("create_entity", "Create an entity", request=EntityIn, response=EntityOut, status=201)
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create an entity."""
        body = specs.decode(EntityIn, request.data)
        entity = services.create_entity(actor=self.actor, project=self.project, name=body.name, spec=body.spec)
        out = catalogue.entity_renderer(self.project, self.role)(entity)
        return responses.created(out, f"/api/v1/projects/{project}/entities/{entity.name}", resource=entity)


class EntityView(ProjectView):
    """One entity."""

    roles = {"GET": Role.VIEWER, "PATCH": Role.EDITOR, "DELETE": Role.EDITOR}
    entity: Entity

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the entity."""
        super().admit(request, **kwargs)
        self.entity = Entity.objects.named(self.project, kwargs["name"])

    def _ok(self) -> HttpResponse:
        out = catalogue.entity_renderer(self.project, self.role)(self.entity)
        return responses.ok(out, resource=self.entity)

    @operation("get_entity", "An entity", response=EntityOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the entity."""
        return self._ok()

    @operation("change_entity", "Replace an entity's spec", request=EntityChange, response=EntityOut)
    def patch(self, request: Any, project: str, name: str) -> HttpResponse:
        """Replace the spec."""
        etag.check(request, self.entity)
        body = specs.decode(EntityChange, request.data)
        self.entity = services.change_entity(actor=self.actor, entity=self.entity, spec=body.spec)
        return self._ok()

    @operation("delete_entity", "Delete an entity that no view uses", status=204)
    def delete(self, request: Any, project: str, name: str) -> HttpResponse:
        """Delete the entity."""
        etag.check(request, self.entity)
        services.delete_entity(actor=self.actor, entity=self.entity)
        return responses.empty()


class FeatureViewsView(ProjectView):
    """The feature views of a project."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_feature_views", "Feature views of a project", page=FeatureViewOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the catalogue."""
        rows = FeatureView.objects.in_project(self.project).select_related("entity", "table_version")
        return pagination.page(
            request, rows, catalogue.view_renderer(self.project, self.role), sortable=("name", "updated_at")
        )

    @operation(
        "create_feature_view", "Create a feature view", request=FeatureViewIn, response=FeatureViewOut, status=201
    )
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create a view; compute it to get its table."""
        body = specs.decode(FeatureViewIn, request.data)
        view = services.create_view(actor=self.actor, project=self.project, name=body.name, spec=body.spec)
        out = catalogue.view_renderer(self.project, self.role, full=True)(view)
        return responses.created(out, f"/api/v1/projects/{project}/feature-views/{view.name}", resource=view)


class _OneFeatureView(ProjectView):
    """An endpoint of one feature view, addressed by name."""

    view: FeatureView

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the view."""
        super().admit(request, **kwargs)
        rows = FeatureView.objects.in_project(self.project).select_related("entity", "table_version", "project")
        self.view = rows.get_or_404(name=kwargs["name"])

    def _render(self) -> FeatureViewOut:
        return catalogue.view_renderer(self.project, self.role, full=True)(self.view)


class FeatureViewView(_OneFeatureView):
    """One feature view."""

    roles = {"GET": Role.VIEWER, "PATCH": Role.EDITOR, "DELETE": Role.EDITOR}

    @operation("get_feature_view", "A feature view with its profile and what is online", response=FeatureViewOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the view."""
        return responses.ok(self._render(), resource=self.view)

    @operation("change_feature_view", "Replace a view's spec", request=FeatureViewChange, response=FeatureViewOut)
    def patch(self, request: Any, project: str, name: str) -> HttpResponse:
        """Replace the spec; what is computed and online stays until it is computed and loaded again."""
        etag.check(request, self.view)
        body = specs.decode(FeatureViewChange, request.data)
        self.view = services.change_view(actor=self.actor, view=self.view, spec=body.spec)
        return responses.ok(self._render(), resource=self.view)

    @operation("delete_feature_view", "Delete a feature view that nothing uses", status=204)
    def delete(self, request: Any, project: str, name: str) -> HttpResponse:
        """Delete the view; its table stays."""
        etag.check(request, self.view)
        services.delete_view(actor=self.actor, view=self.view)
        return responses.empty()


class ComputeView(_OneFeatureView):
    """Computing a feature view."""

    roles = {"POST": Role.EDITOR}

    @operation("compute_feature_view", "Compute a feature view on Spark", response=FeatureViewOut, status=202)
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Start the job, or answer the one that is under way for the same inputs."""
        job = services.compute(actor=self.actor, view=self.view)
        return responses.accepted(self._render(), job, resource=self.view)


class LoadView(_OneFeatureView):
    """Loading a feature view into the online store."""

    roles = {"POST": Role.EDITOR}

    @operation("load_feature_view", "Load a view online", request=LoadIn, response=OnlineLoadOut, status=202)
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Start loading; readers follow the new version when all of it is there."""
        body = specs.decode(LoadIn, request.data)
        row = services.load(actor=self.actor, view=self.view, as_of=body.as_of)
        return responses.accepted(load_out(row), row.job_id)


class ReadView(_OneFeatureView):
    """Reading a feature view online."""

    roles = {"POST": Role.VIEWER}
    reads = frozenset({"POST"})

    @operation("read_feature_view", "Read features online by key", request=ReadIn, response=ReadOut)
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer one row per key, in order."""
        body = specs.decode(ReadIn, request.data)
        moment = body.as_of or project_now(self.project)
        rows = [ReadRow(**row) for row in services.read(self.view, body.keys, moment)]
        return responses.ok(ReadOut(as_of=moment, rows=rows))


class FeatureServicesView(ProjectView):
    """The feature services of a project."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_feature_services", "Feature services of a project", page=FeatureServiceOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the services."""
        rows = FeatureService.objects.in_project(self.project).select_related("project")
        render = catalogue.service_renderer(self.project, self.role)
        return pagination.page(request, rows, render, sortable=("name",))

    @operation(
        "create_feature_service",
        "Create a feature service",
        request=FeatureServiceIn,
        response=FeatureServiceOut,
        status=201,
    )
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create a service."""
        body = specs.decode(FeatureServiceIn, request.data)
        service = services.create_service(actor=self.actor, project=self.project, name=body.name, spec=body.spec)
        location = f"/api/v1/projects/{project}/feature-services/{service.name}"
        out = catalogue.service_renderer(self.project, self.role)(service)
        return responses.created(out, location, resource=service)


class FeatureServiceView(ProjectView):
    """One feature service."""

    roles = {"GET": Role.VIEWER, "PATCH": Role.EDITOR, "DELETE": Role.EDITOR}
    service: FeatureService

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the service."""
        super().admit(request, **kwargs)
        rows = FeatureService.objects.in_project(self.project).select_related("project")
        self.service = rows.get_or_404(name=kwargs["name"])

    def _ok(self) -> HttpResponse:
        out = catalogue.service_renderer(self.project, self.role)(self.service)
        return responses.ok(out, resource=self.service)

    @operation("get_feature_service", "A feature service with its features", response=FeatureServiceOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the service."""
        return self._ok()

    @operation(
        "change_feature_service", "Replace a service's spec", request=FeatureServiceChange, response=FeatureServiceOut
    )
    def patch(self, request: Any, project: str, name: str) -> HttpResponse:
        """Replace the spec; training sets and models keep what they were built with."""
        etag.check(request, self.service)
        body = specs.decode(FeatureServiceChange, request.data)
        self.service = services.change_service(actor=self.actor, service=self.service, spec=body.spec)
        return self._ok()

    @operation("delete_feature_service", "Delete a feature service", status=204)
    def delete(self, request: Any, project: str, name: str) -> HttpResponse:
        """Delete the service."""
        etag.check(request, self.service)
        services.delete_service(actor=self.actor, service=self.service)
        return responses.empty()
