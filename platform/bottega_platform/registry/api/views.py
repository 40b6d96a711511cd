"""Models, versions and aliases."""

from typing import Any

from django.http import HttpResponse

from bottega_platform.api import etag, pagination, responses, specs
from bottega_platform.api.errors import NotFound
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.jobs.models import Job
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Role
from bottega_platform.registry import comparisons, services, signatures
from bottega_platform.registry.api.schemas import (
    AliasIn,
    AliasMoveOut,
    AliasOut,
    CompareIn,
    ComparisonOut,
    ModelIn,
    ModelOut,
    ModelPatch,
    ModelVersionDetail,
    ModelVersionOut,
    RegisterIn,
    RegistrationOut,
    SignatureDiffOut,
    alias_out,
    comparison_out,
    listed,
    model_out,
    move_out,
    registration_out,
    version_detail,
    version_out,
)
from bottega_platform.registry.models import CHAMPION, Alias, AliasMove, Comparison, Model


class ModelsView(ProjectView):
    """The models of a project."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_models", "Models of a project", page=ModelOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the models."""
        rows = listed(Model.objects.in_project(self.project))
        return pagination.page(request, rows, lambda row: model_out(row, self.role), sortable=("name",))

    @operation("create_model", "Create a model", request=ModelIn, response=ModelOut, status=201)
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create a named line of versions."""
        body = specs.decode(ModelIn, request.data)
        model = services.create_model(actor=self.actor, project=self.project, name=body.name, spec=body.spec)
        location = f"/api/v1/projects/{project}/models/{model.name}"
        return responses.created(_out(model, self.role), location, resource=model)


class _ModelView(ProjectView):
    """An endpoint of one model."""

    model: Model

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the model."""
        super().admit(request, **kwargs)
        self.model = services.model(self.project, kwargs["model"])


class ModelView(_ModelView):
    """One model."""

    roles = {"GET": Role.VIEWER, "PATCH": Role.EDITOR, "DELETE": Role.EDITOR}

    @operation("get_model", "A model", response=ModelOut)
    def get(self, request: Any, project: str, model: str) -> HttpResponse:
        """Answer the model."""
        return responses.ok(_out(self.model, self.role), resource=self.model)

    @operation("update_model", "Change a model", request=ModelPatch, response=ModelOut)
    def patch(self, request: Any, project: str, model: str) -> HttpResponse:
        """Change the description."""
        body = specs.decode(ModelPatch, request.data)
        etag.check(request, self.model)
        services.describe_model(actor=self.actor, model=self.model, description=body.description)
        return responses.ok(_out(self.model, self.role), resource=self.model)

    @operation("delete_model", "Delete a model", status=204)
    def delete(self, request: Any, project: str, model: str) -> HttpResponse:
        """Delete the model, unless it is served."""
        etag.check(request, self.model)
        services.delete_model(actor=self.actor, model=self.model)
        return responses.empty()


class ModelVersionsView(_ModelView):
    """The versions of a model."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_model_versions", "Versions of a model, newest first", page=ModelVersionOut)
    def get(self, request: Any, project: str, model: str) -> HttpResponse:
        """Answer the versions."""
        rows = (
            self.model.versions.live().select_related("model", "training_run", "created_by").prefetch_related("aliases")
        )
        return pagination.page(request, rows, lambda row: version_out(row, self.role), ordering="-number")

    @operation(
        "register_model_version",
        "Register a finished run as the next version",
        request=RegisterIn,
        response=RegistrationOut,
        status=202,
    )
    def post(self, request: Any, project: str, model: str) -> HttpResponse:
        """Queue the packaging."""
        body = specs.decode(RegisterIn, request.data)
        if body.alias is not None:
            permissions.require(self.role, Role.DEPLOYER, project=self.project)
        job = services.register(
            actor=self.actor,
            model=self.model,
            run_reference=body.training_run,
            alias=body.alias,
            description=body.description,
        )
        return responses.accepted(registration_out(self.model, job), job)


class ModelVersionView(ProjectView):
    """One version, by number or alias."""

    roles = {"GET": Role.VIEWER, "DELETE": Role.EDITOR}

    @operation("get_model_version", "A version of a model, by number or alias", response=ModelVersionDetail)
    def get(self, request: Any, project: str, model: str, version: str) -> HttpResponse:
        """Answer the version."""
        found = services.version(self.project, model, version)
        return responses.ok(version_detail(found, self.role), resource=found)

    @operation("delete_model_version", "Delete a version of a model", status=204)
    def delete(self, request: Any, project: str, model: str, version: str) -> HttpResponse:
        """Delete the version, unless an alias or an endpoint uses it."""
        found = services.version(self.project, model, version)
        etag.check(request, found)
        services.delete_version(actor=self.actor, version=found)
        return responses.empty()


class SignatureDiffView(ProjectView):
    """How a version's signature differs from another one's."""

    roles = {"GET": Role.VIEWER}

    @operation(
        "diff_model_signature",
        "Difference of a version's signature to another version's",
        response=SignatureDiffOut,
        query={"against": "Version number or alias; the default is champion."},
    )
    def get(self, request: Any, project: str, model: str, version: str) -> HttpResponse:
        """Answer the differences."""
        found = services.version(self.project, model, version)
        other = services.version(self.project, model, request.GET.get("against", CHAMPION))
        changes = signatures.difference(other.signature, found.signature)
        breaking = any(change.breaking for change in changes)
        return responses.ok(SignatureDiffOut(found.number, other.number, not changes, breaking, changes))


class ComparisonsView(ProjectView):
    """A version against others of its model."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_comparisons", "Comparisons of a version, newest first", page=ComparisonOut)
    def get(self, request: Any, project: str, model: str, version: str) -> HttpResponse:
        """Answer the comparisons."""
        found = services.version(self.project, model, version)
        related = ("challenger", "champion", "training_set", "created_by")
        rows = Comparison.objects.filter(challenger=found).select_related(*related)
        return pagination.page(request, rows, _compared)

    @operation(
        "compare_model_version",
        "Compare a version with another one on the same rows",
        request=CompareIn,
        response=ComparisonOut,
        status=202,
    )
    def post(self, request: Any, project: str, model: str, version: str) -> HttpResponse:
        """Queue the comparison on the hold-out of the version's training set; one that there is is answered."""
        body = specs.decode(CompareIn, request.data)
        challenger = services.version(self.project, model, version)
        champion = services.version(self.project, model, body.against)
        row = comparisons.start(actor=self.actor, challenger=challenger, champion=champion)
        return responses.accepted(_compared(row), row.job_id)


class AliasView(_ModelView):
    """One alias of a model."""

    roles = {"GET": Role.VIEWER, "PUT": Role.DEPLOYER}

    @operation("get_model_alias", "An alias of a model", response=AliasOut)
    def get(self, request: Any, project: str, model: str, alias: str) -> HttpResponse:
        """Answer where the alias points."""
        found = self._alias(alias)
        if found is None:
            raise NotFound(f"“{model}” has no alias “{alias[:80]}”. Set it with PUT.")
        return responses.ok(alias_out(found), resource=found)

    @operation("set_model_alias", "Point an alias at a version", request=AliasIn, response=AliasOut)
    def put(self, request: Any, project: str, model: str, alias: str) -> HttpResponse:
        """Move the alias, or make it."""
        body = specs.decode(AliasIn, request.data)
        found = self._alias(alias)
        if found is not None:
            etag.check(request, found)
        version = services.version(self.project, model, body.version)
        moved = services.move_alias(actor=self.actor, model=self.model, name=alias, version=version, reason=body.reason)
        return responses.ok(alias_out(moved), resource=moved)

    def _alias(self, name: str) -> Alias | None:
        return Alias.objects.select_related("version").filter(model=self.model, name=name).first()


class AliasHistoryView(_ModelView):
    """Every move of a model's aliases."""

    roles = {"GET": Role.VIEWER}

    @operation("list_alias_moves", "Moves of a model's aliases, newest first", page=AliasMoveOut)
    def get(self, request: Any, project: str, model: str) -> HttpResponse:
        """Answer the moves."""
        rows = AliasMove.objects.filter(model=self.model).select_related("before", "after", "actor")
        return pagination.page(request, rows, move_out, ordering="-at")


def _out(model: Model, role: Role) -> ModelOut:
    return model_out(listed(Model.objects.filter(pk=model.pk)).get(), role)


def _compared(row: Comparison) -> ComparisonOut:
    return comparison_out(row, Job.objects.filter(pk=row.job_id).first())
