"""Training runs, their trials, reports and predictions."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from bottega_platform.api import downloads, pagination, responses, specs
from bottega_platform.api.errors import Conflict
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ApiView, ProjectView
from bottega_platform.artifacts.services import blobs
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Role
from bottega_platform.runs import services, trainers, validation
from bottega_platform.runs.api.schemas import (
    TrainingRunDetail,
    TrainingRunIn,
    TrainingRunOut,
    TrialOut,
    run_detail,
    run_out,
    trial_out,
)
from bottega_platform.runs.models import TrainingRun, Trial

PARQUET = "application/vnd.apache.parquet"
ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}
BINARY: dict[str, Any] = {"type": "string", "format": "binary"}


class TrainersView(ApiView):
    """The algorithms there are."""

    @operation("list_trainers", "Algorithms with their parameters and ready search spaces", response=ANYTHING)
    def get(self, request: Any) -> HttpResponse:
        """Answer the catalogue."""
        return responses.ok({"results": trainers.catalogue()})


class TrainingRunsView(ProjectView):
    """The training runs of a project."""

    roles = {"GET": Role.VIEWER, "POST": Role.EDITOR}

    @operation(
        "list_training_runs",
        "Training runs of a project",
        page=TrainingRunOut,
        query={"training_set": "Only runs on the training set of this id or name."},
    )
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the runs, newest first."""
        rows = TrainingRun.objects.in_project(self.project).select_related("training_set", "created_by")
        wanted = request.GET.get("training_set")
        if wanted:
            rows = rows.filter(Q(training_set_id=wanted) | Q(training_set__name=wanted))
        active = Job.objects.filter(
            project=self.project, kind__in=["train", "import_model", "study"], state__in=["queued", "running"]
        ).in_bulk()
        return pagination.page(
            request, rows, lambda run: run_out(run, active.get(run.job_id), self.role), sortable=("name",)
        )

    @operation(
        "start_training_run",
        "Start a training run",
        request=TrainingRunIn,
        response=TrainingRunDetail,
        status=202,
    )
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create the run and queue its job."""
        body = specs.decode(TrainingRunIn, request.data)
        validation.refuse_empty_space(request.data)
        run = services.start(actor=self.actor, project=self.project, name=body.name, spec=body.spec)
        job = Job.objects.get(pk=run.job_id)
        return responses.accepted(run_detail(run, job, self.role), job, resource=run)


class _RunView(ProjectView):
    """An endpoint of one run, addressed by name or id."""

    roles = {"GET": Role.VIEWER}
    run: TrainingRun

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the run."""
        super().admit(request, **kwargs)
        rows = TrainingRun.objects.in_project(self.project).select_related("training_set", "created_by")
        wanted = kwargs["run"]
        found = rows.filter(Q(pk=wanted) | Q(name=wanted)).first()
        self.run = found or TrainingRun.objects.named(self.project, wanted)


class TrainingRunView(_RunView):
    """One training run."""

    @operation("get_training_run", "A training run with its results", response=TrainingRunDetail)
    def get(self, request: Any, project: str, run: str) -> HttpResponse:
        """Answer the run."""
        job = Job.objects.filter(pk=self.run.job_id).first()
        return responses.ok(run_detail(self.run, job, self.role), resource=self.run)


class TrialsView(_RunView):
    """The trials of a tuned run."""

    @operation("list_trials", "Trials of a tuned run, by number", page=TrialOut)
    def get(self, request: Any, project: str, run: str) -> HttpResponse:
        """Answer the trials; a run without a study has none."""
        rows = Trial.objects.filter(study__run=self.run)
        return pagination.page(request, rows, trial_out, ordering="number", sortable=("value", "created_at"))


class ReportView(_RunView):
    """The report of a finished run."""

    @operation("get_training_report", "Report of a finished run", response=ANYTHING)
    def get(self, request: Any, project: str, run: str) -> HttpResponse:
        """Answer the report as it was stored."""
        answer = HttpResponse(blobs().read(_finished(self.run).report), content_type="application/json")
        answer["ETag"] = f'"{self.run.report}"'
        return answer


class PredictionsView(_RunView):
    """The predictions that a report was computed from."""

    @operation(
        "download_training_predictions",
        "Predictions of the validation and hold-out rows, as Parquet",
        response=BINARY,
        media_type=PARQUET,
    )
    def get(self, request: Any, project: str, run: str) -> HttpResponseBase:
        """Stream the file."""
        digest = _finished(self.run).predictions
        chunks = downloads.file_chunks(blobs().open(digest))
        filename = f"{self.run.name}-predictions.parquet"
        return downloads.stream(chunks, content_type=PARQUET, filename=filename, etag=digest)


def _finished(run: TrainingRun) -> TrainingRun:
    if not run.report:
        raise Conflict(f"The run “{run.name}” has no results yet; follow its job {run.job_id}.", code="not_ready")
    return run
