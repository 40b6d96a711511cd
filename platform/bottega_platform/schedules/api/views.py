"""Schedules, their fires, and when an expression would fire."""

from typing import Any

from django.http import HttpResponse

from bottega.specs.schedules import MAX_CRON
from bottega_platform.api import etag, pagination, responses, specs
from bottega_platform.api.errors import BadRequest
from bottega_platform.api.openapi import operation
from bottega_platform.api.views import ProjectView
from bottega_platform.jobs import clock
from bottega_platform.projects.models import Role
from bottega_platform.schedules import cron, firing, services
from bottega_platform.schedules.api.schemas import (
    FIRE_RELATED,
    FireOut,
    FireTimes,
    ScheduleChange,
    ScheduleIn,
    ScheduleOut,
    fire_out,
    listed,
    schedule_out,
)
from bottega_platform.schedules.models import Schedule


class SchedulesView(ProjectView):
    """The schedules of a project."""

    roles = {"GET": Role.VIEWER, "POST": Role.DEPLOYER}

    @operation("list_schedules", "Schedules of a project", page=ScheduleOut)
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the schedules."""
        rows = listed(Schedule.objects.in_project(self.project))
        now = clock.now()
        return pagination.page(request, rows, lambda row: schedule_out(row, self.role, now), sortable=("name",))

    @operation(
        "create_schedule", "Train a model again by the clock", request=ScheduleIn, response=ScheduleOut, status=201
    )
    def post(self, request: Any, project: str) -> HttpResponse:
        """Create a schedule; its fires act as who creates it."""
        body = specs.decode(ScheduleIn, request.data)
        row = services.create(actor=self.actor, project=self.project, name=body.name, spec=body.spec)
        location = f"/api/v1/projects/{project}/schedules/{row.name}"
        return responses.created(_out(row, self.role), location, resource=row)


class _ScheduleView(ProjectView):
    """An address of one schedule."""

    schedule: Schedule

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the schedule."""
        super().admit(request, **kwargs)
        rows: Any = listed(Schedule.objects.select_related("project"))
        self.schedule = rows.named(self.project, kwargs["name"])


class ScheduleView(_ScheduleView):
    """One schedule."""

    roles = {"GET": Role.VIEWER, "PATCH": Role.DEPLOYER, "DELETE": Role.DEPLOYER}

    @operation("get_schedule", "A schedule", response=ScheduleOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the schedule."""
        return responses.ok(schedule_out(self.schedule, self.role, clock.now()), resource=self.schedule)

    @operation("change_schedule", "Replace a schedule's spec", request=ScheduleChange, response=ScheduleOut)
    def patch(self, request: Any, project: str, name: str) -> HttpResponse:
        """Replace the spec; from now on its fires act as who does so."""
        etag.check(request, self.schedule)
        body = specs.decode(ScheduleChange, request.data)
        row = services.change(actor=self.actor, schedule=self.schedule, spec=body.spec)
        return responses.ok(_out(row, self.role), resource=row)

    @operation("delete_schedule", "Delete a schedule", status=204)
    def delete(self, request: Any, project: str, name: str) -> HttpResponse:
        """Delete the schedule; what is running goes on to its end."""
        etag.check(request, self.schedule)
        services.delete(actor=self.actor, schedule=self.schedule)
        return responses.empty()


class RunView(_ScheduleView):
    """Firing at once."""

    roles = {"POST": Role.DEPLOYER}

    @operation("run_schedule", "Fire a schedule now", response=FireOut, status=202)
    def post(self, request: Any, project: str, name: str) -> HttpResponse:
        """Open a fire; follow it in the list of fires, its jobs one after the other."""
        fire = firing.run_now(actor=self.actor, schedule=self.schedule)
        headers = {"Location": f"/api/v1/projects/{project}/schedules/{name}/fires", "Retry-After": "2"}
        return responses.json(fire_out(fire), status=202, headers=headers)


class FiresView(_ScheduleView):
    """What became of each fire."""

    roles = {"GET": Role.VIEWER}

    @operation("list_fires", "Fires of a schedule, newest first", page=FireOut)
    def get(self, request: Any, project: str, name: str) -> HttpResponse:
        """Answer the fires."""
        rows = self.schedule.fires.select_related(*FIRE_RELATED)
        return pagination.page(request, rows, fire_out, ordering="-fire_time")


class FireTimesView(ProjectView):
    """When an expression would fire."""

    roles = {"GET": Role.VIEWER}

    @operation(
        "preview_fire_times",
        "The next five fire times of a cron expression",
        response=FireTimes,
        query={"cron": "The expression, five fields.", "timezone": "An IANA name. Default UTC."},
    )
    def get(self, request: Any, project: str) -> HttpResponse:
        """Answer the next five fire times, or what is wrong and where."""
        text, timezone = request.GET.get("cron", ""), request.GET.get("timezone", "UTC")
        if len(text) > MAX_CRON:
            raise BadRequest(f"cron has at most {MAX_CRON} characters.", code="bad_filter")
        cron.check(text, timezone)
        return responses.ok(FireTimes(text, timezone, cron.following(text, timezone, clock.now())))


def _out(row: Schedule, role: Role) -> ScheduleOut:
    return schedule_out(listed(Schedule.objects.filter(pk=row.pk)).get(), role, clock.now())
