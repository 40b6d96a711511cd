"""Address of applying documents, relative to ``/api/v1/``."""

from django.urls import path

from bottega_platform.documents.api.views import ApplyView

urlpatterns = [path("projects/<str:project>/apply", ApplyView.as_view(), name="apply")]
