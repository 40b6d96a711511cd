"""Addresses of jobs and of event streams."""

from django.urls import path

from bottega_platform.events import views as events
from bottega_platform.jobs.api import views

urlpatterns = [
    path("jobs", views.JobsView.as_view(), name="jobs"),
    path("jobs/<str:job>", views.JobView.as_view(), name="job"),
    path("jobs/<str:job>/cancel", views.CancelView.as_view(), name="job-cancel"),
    path("jobs/<str:job>/logs", views.LogsView.as_view(), name="job-logs"),
    path("jobs/<str:job>/events", events.job_events, name="job-events"),  # type: ignore[arg-type]  # an async view
    path("projects/<str:project>/events", events.project_events, name="project-events"),  # type: ignore[arg-type]  # an async view
]
