"""Addresses of schedules, relative to ``/api/v1/``."""

from django.urls import path

from bottega_platform.schedules.api import views

_SCHEDULES = "projects/<str:project>/schedules"

urlpatterns = [
    path(_SCHEDULES, views.SchedulesView.as_view(), name="schedules"),
    path(f"{_SCHEDULES}/<str:name>", views.ScheduleView.as_view(), name="schedule"),
    path(f"{_SCHEDULES}/<str:name>/run", views.RunView.as_view(), name="schedule-run"),
    path(f"{_SCHEDULES}/<str:name>/fires", views.FiresView.as_view(), name="schedule-fires"),
    path("projects/<str:project>/fire-times", views.FireTimesView.as_view(), name="fire-times"),
]
