"""Addresses of ground truth, relative to ``/api/v1/``."""

from django.urls import path

from bottega_platform.ground_truth.api import views

_ENDPOINT = "projects/<str:project>/endpoints/<str:name>"

urlpatterns = [
    path(f"{_ENDPOINT}/labels", views.LabelsView.as_view(), name="endpoint-labels"),
    path(f"{_ENDPOINT}/label-imports", views.LabelImportsView.as_view(), name="endpoint-label-imports"),
    path(
        f"{_ENDPOINT}/label-imports/<str:label_import>",
        views.LabelImportView.as_view(),
        name="endpoint-label-import",
    ),
    path(f"{_ENDPOINT}/quality", views.QualityView.as_view(), name="endpoint-quality"),
]
