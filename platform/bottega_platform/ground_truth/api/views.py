"""Labels, their import, and the quality they show."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from bottega_platform.api import pagination, responses, specs
from bottega_platform.api.errors import BadRequest
from bottega_platform.api.openapi import operation
from bottega_platform.api.parsers import StrictJsonParser
from bottega_platform.api.views import ProjectView
from bottega_platform.deployments.models import Endpoint
from bottega_platform.ground_truth import imports, reading, services
from bottega_platform.ground_truth.api.schemas import (
    LabelImportIn,
    LabelImportOut,
    LabelOut,
    LabelsOut,
    import_out,
    label_out,
)
from bottega_platform.ground_truth.labels import LabelsIn
from bottega_platform.ground_truth.models import Label, LabelImport
from bottega_platform.jobs.models import Job
from bottega_platform.predictions.services import parse_range
from bottega_platform.projects.models import Role

FILTERS = {
    "request_id": "Only labels of this request, every correction of them included.",
    "waiting": "`true`: only labels whose request the prediction log does not have.",
}


class LabelsParser(StrictJsonParser):
    """Ten thousand labels by keys and time are some megabytes."""

    limit = 8 * 1024 * 1024


class _EndpointView(ProjectView):
    """An address below one endpoint."""

    endpoint: Endpoint

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the endpoint."""
        super().admit(request, **kwargs)
        rows = Endpoint.objects.select_related("project", "active")
        self.endpoint = rows.named(self.project, kwargs["name"])


class LabelsView(_EndpointView):
    """What turned out to be true about an endpoint's predictions."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}
    parser_classes = [LabelsParser]
    keyed = False

    @operation("list_labels", "Labels of an endpoint, newest first", page=LabelOut, query=FILTERS)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer labels with their corrections."""
        rows = Label.objects.filter(endpoint=self.endpoint).select_related("created_by")
        if "request_id" in request.GET:
            rows = rows.filter(request_id=request.GET["request_id"])
        if request.GET.get("waiting", "false") not in {"true", "false"}:
            raise BadRequest("waiting is true or false.", code="bad_filter")
        if request.GET.get("waiting") == "true":
            rows = rows.filter(day__isnull=True)
        return pagination.page(request, rows, label_out, ordering="-id")

    @operation("send_labels", "Tell what turned out to be true", request=LabelsIn, response=LabelsOut)
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Keep up to 10,000 labels, or none when one cannot be used. Sending them again changes nothing."""
        kept, job = services.receive(actor=self.actor, endpoint=self.endpoint, document=request.data)
        received = kept.new + kept.corrected + kept.unchanged
        return responses.ok(LabelsOut(received, kept.new, kept.corrected, kept.unchanged, job))


class LabelImportsView(_EndpointView):
    """Imports of labels from files and tables."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation("list_label_imports", "Label imports of an endpoint, newest first", page=LabelImportOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the imports."""
        rows = LabelImport.objects.filter(endpoint=self.endpoint).select_related("endpoint", "created_by")
        return pagination.page_with(request, rows, _renderer)

    @operation(
        "import_labels",
        "Read labels from an uploaded file or a table",
        request=LabelImportIn,
        response=LabelImportOut,
        status=202,
    )
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Queue the import."""
        body = specs.decode(LabelImportIn, request.data)
        row = imports.start(actor=self.actor, endpoint=self.endpoint, spec=body.spec)
        return responses.accepted(_rendered(row), row.job_id)


class LabelImportView(_EndpointView):
    """One import."""

    roles = {"GET": Role.VIEWER}

    @operation("get_label_import", "One label import", response=LabelImportOut)
    def get(self, request: Any, project: str, name: str, label_import: str) -> HttpResponse:
        """Answer the import."""
        rows = LabelImport.objects.filter(endpoint=self.endpoint).select_related("endpoint", "created_by")
        return responses.ok(_rendered(rows.get_or_404(pk=label_import)))


class QualityView(_EndpointView):
    """Quality against ground truth."""

    roles = {"GET": Role.VIEWER}

    @operation(
        "get_quality",
        "Realised quality of an endpoint per day and version",
        response=reading.Quality,
        query={
            "range": "How far back from the project's present time: a number and m, h or d, at most 92d. Default 30d.",
            "by": "The step: day.",
        },
    )
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer metrics, coverage, and what became of the labels."""
        if request.GET.get("by", "day") != "day":
            raise BadRequest("Quality is measured by day.", code="bad_filter")
        length = parse_range(request.GET.get("range", "30d"))
        return responses.ok(reading.quality(self.endpoint, length=length))


def _renderer(rows: list[LabelImport]) -> Callable[[LabelImport], LabelImportOut]:
    jobs = Job.objects.in_bulk([row.job_id for row in rows])
    return lambda row: import_out(row, jobs.get(row.job_id))


def _rendered(row: LabelImport) -> LabelImportOut:
    return import_out(row, Job.objects.filter(pk=row.job_id).first())
