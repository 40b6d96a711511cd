"""Training sets."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from bottega_platform.api import etag, pagination, responses, specs
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.artifacts.services import blobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Role
from bottega_platform.tables import rows
from bottega_platform.training_sets import services
from bottega_platform.training_sets.api.schemas import (
    TrainingSetDetail,
    TrainingSetIn,
    TrainingSetOut,
    training_set_detail,
    training_set_out,
)
from bottega_platform.training_sets.models import TrainingSet

BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
ROWS_QUERY = {**rows.QUERY, "split": "`train`, `valid` or `test`; all three, one after the other, by default."}


class TrainingSetsView(ProjectView):
    """The training sets of a project."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_training_sets", "Training sets of a project", page=TrainingSetOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the training sets, newest first."""
        found = TrainingSet.objects.in_project(self.project)
        return pagination.page_with(request, found, self._renderer, sortable=("name",))

    def _renderer(self, rows: list[TrainingSet]) -> Callable[[TrainingSet], TrainingSetOut]:
        jobs = Job.objects.in_bulk([row.job_id for row in rows])
        return lambda row: training_set_out(row, jobs.get(row.job_id), self.role)

    @operation(
        "create_training_set",
        "Join labels with features as they were known",
        request=TrainingSetIn,
        response=TrainingSetDetail,
        status=202,
    )
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create the training set and queue its job."""
        body = specs.decode(TrainingSetIn, request.data)
        row = services.create(actor=self.actor, project=self.project, name=body.name, spec=body.spec)
        return responses.accepted(training_set_detail(row, _job(row), self.role), row.job_id, resource=row)


class _OneTrainingSet(ProjectView):
    """An endpoint of one training set, addressed by name or id."""

    row: TrainingSet

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the training set."""
        super().admit(request, **kwargs)
        wanted = kwargs["training_set"]
        found = TrainingSet.objects.in_project(self.project).select_related("project")
        self.row = found.filter(Q(pk=wanted) | Q(name=wanted)).first() or found.get_or_404(name=wanted)


class TrainingSetView(_OneTrainingSet):
    """One training set."""

    roles = {"GET": Role.VIEWER, "DELETE": Role.EDITOR}

    @operation("get_training_set", "A training set with what was measured", response=TrainingSetDetail)
    def get(self, request: Any, project: str, training_set: str) -> HttpResponse:
        """Answer the training set."""
        return responses.ok(training_set_detail(self.row, _job(self.row), self.role), resource=self.row)

    @operation("delete_training_set", "Delete a training set", status=204)
    def delete(self, request: Any, project: str, training_set: str) -> HttpResponse:
        """Take the training set out of sight; runs made from it stay."""
        etag.check(request, self.row)
        services.delete(actor=self.actor, training_set=self.row)
        return responses.empty()


class RowsView(_OneTrainingSet):
    """The rows of a training set, for programs."""

    roles = {"GET": Role.VIEWER}

    @operation(
        "download_training_set_rows",
        "The rows of a training set, as an Arrow stream or Parquet",
        response=BINARY,
        media_type=rows.ARROW,
        query=ROWS_QUERY,
    )
    def get(self, request: Any, project: str, training_set: str) -> HttpResponseBase:
        """Stream the rows with keys, times, features and label."""
        digests = services.splits(self.row, request.GET.get("split"))
        asked = rows.wanted(request, services.columns(digests[0]))
        return rows.answer([blobs().url(digest) for digest in digests], asked, filename=self.row.name)


def _job(row: TrainingSet) -> Job | None:
    return Job.objects.filter(pk=row.job_id).first()
