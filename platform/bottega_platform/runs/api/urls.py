"""Addresses of training runs."""

from django.urls import path

from bottega_platform.runs.api import views

RUNS = "projects/<str:project>/training-runs"
urlpatterns = [
    path("trainers", views.TrainersView.as_view(), name="trainers"),
    path(RUNS, views.TrainingRunsView.as_view(), name="training-runs"),
    path(f"{RUNS}/<str:run>", views.TrainingRunView.as_view(), name="training-run"),
    path(f"{RUNS}/<str:run>/trials", views.TrialsView.as_view(), name="trials"),
    path(f"{RUNS}/<str:run>/report", views.ReportView.as_view(), name="training-report"),
    path(f"{RUNS}/<str:run>/predictions", views.PredictionsView.as_view(), name="training-predictions"),
]
