"""Jobs: list, one, cancel, log."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from bottega_platform.api import pagination, responses
from bottega_platform.api.errors import BadRequest, NotFound
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ApiView
from bottega_platform.artifacts import services as artifacts
from bottega_platform.artifacts.logs import READ_LIMIT
from bottega_platform.jobs import services
from bottega_platform.jobs.access import job_for
from bottega_platform.jobs.api.schemas import JobDetailOut, JobOut, LogOut, job_detail_out, job_out
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.states import JobState
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Project, Role

FILTERS = {
    "project": "Slug of the project; without it, jobs of all my projects.",
    "state": "queued, running, succeeded, failed or cancelled.",
    "kind": "Kind of job, such as train.",
    "subject": "Id of the resource that the jobs work for.",
}
LOG_QUERY = {
    "offset": "Byte to read from; take it from `next_offset`.",
    "attempt": "Which attempt's log; the last one by default.",
}


class JobsView(ApiView):
    """Jobs of a project, or of all my projects."""

    @operation("list_jobs", "Jobs, newest first", page=JobOut, query=FILTERS)
    def get(self, request: Any) -> HttpResponse:
        """Answer the jobs that match the filters."""
        slug = request.GET.get("project")
        if slug is not None:
            project, role = permissions.enter(self.actor, slug)
            rows = Job.objects.filter(project=project)
            return pagination.page(request, _filtered(request, rows), lambda job: job_out(job, role))
        rows = _filtered(request, Job.objects.filter(project__in=Project.objects.visible_to(self.actor)))
        return pagination.page_with(request, rows, self._renderer)

    def _renderer(self, rows: list[Job]) -> Callable[[Job], JobOut]:
        roles = permissions.roles_of(self.actor, {job.project_id for job in rows})
        return lambda job: job_out(job, roles[job.project_id])


class JobView(ApiView):
    """One job."""

    @operation("get_job", "One job", response=JobDetailOut)
    def get(self, request: Any, job: str) -> HttpResponse:
        """Answer the job."""
        found, role = job_for(self.actor, job)
        return responses.ok(job_detail_out(found, role))


class CancelView(ApiView):
    """Cancel a job."""

    @operation("cancel_job", "Cancel a job; one that has ended stays as it is", response=JobDetailOut, status=202)
    def post(self, request: Any, job: str) -> HttpResponse:
        """Cancel at once what is queued; ask the worker to end what runs."""
        found, role = job_for(self.actor, job, needed=Role.EDITOR)
        cancelled = services.cancel(job=found, actor=self.actor)
        return responses.accepted(job_detail_out(cancelled, role), cancelled)


class LogsView(ApiView):
    """The log of a job."""

    @operation("get_job_log", "What the job printed, from an offset", response=LogOut, query=LOG_QUERY)
    def get(self, request: Any, job: str) -> HttpResponse:
        """Answer at most a mebibyte of the log."""
        found, _ = job_for(self.actor, job)
        attempt = _number(request, "attempt", found.attempt)
        if attempt > found.attempt:
            raise NotFound(f"There was no attempt {attempt}; the last one is {found.attempt}.")
        offset = _number(request, "offset", 0)
        body = whole_characters(artifacts.logs().read(found.pk, attempt, offset=offset))
        complete = len(body) < READ_LIMIT - 3 and (found.is_final or attempt < found.attempt)
        text = body.decode(errors="replace")
        return responses.ok(LogOut(attempt, text, offset, offset + len(body), complete))


def _filtered(request: Any, rows: QuerySet[Job]) -> QuerySet[Job]:
    for name in ("state", "kind", "subject"):
        value = request.GET.get(name)
        if value is not None:
            if name == "state" and value not in list(JobState):
                raise BadRequest(f"state is one of {', '.join(JobState)}.", code="bad_filter")
            rows = rows.filter(**{name: value})
    return rows.select_related("project", "created_by").defer("spec", "result")


def _number(request: Any, name: str, default: int) -> int:
    text = request.GET.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest(f"{name} is a number from 0.", code=f"bad_{name}")
    return int(text)


def whole_characters(body: bytes) -> bytes:
    """Cut an unfinished UTF-8 character off the end; it comes with the next piece."""
    for back in range(1, min(4, len(body)) + 1):
        byte = body[-back]
        if byte & 0b1100_0000 != 0b1000_0000:
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return body[:-back] if length > back else body
    return body
