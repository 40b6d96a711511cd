"""Addresses of uploads and sources."""

from django.urls import path

from bottega_platform.sources.api import views

PROJECT = "projects/<str:project>"
urlpatterns = [
    path(f"{PROJECT}/uploads", views.UploadsView.as_view(), name="uploads"),
    path(f"{PROJECT}/uploads/<str:digest>", views.UploadView.as_view(), name="upload"),
    path(f"{PROJECT}/uploads/<str:digest>/content", views.UploadContentView.as_view(), name="upload-content"),
    path(f"{PROJECT}/uploads/<str:digest>/inspections", views.InspectionsView.as_view(), name="inspections"),
    path(
        f"{PROJECT}/uploads/<str:digest>/inspections/<str:inspection>",
        views.InspectionView.as_view(),
        name="inspection",
    ),
    path(f"{PROJECT}/sources", views.SourcesView.as_view(), name="sources"),
    path(f"{PROJECT}/sources/<str:name>", views.SourceView.as_view(), name="source"),
    path(f"{PROJECT}/sources/<str:name>/ingest", views.IngestView.as_view(), name="source-ingest"),
]
