"""Addresses of traffic and predictions, relative to ``/api/v1/``."""

from django.urls import path

from bottega_platform.predictions.api import views

_ENDPOINT = "projects/<str:project>/endpoints/<str:name>"

urlpatterns = [
    path(f"{_ENDPOINT}/traffic", views.TrafficView.as_view(), name="endpoint-traffic"),
    path(f"{_ENDPOINT}/signature", views.SignatureView.as_view(), name="endpoint-signature"),
    path(f"{_ENDPOINT}/predict", views.PredictView.as_view(), name="endpoint-predict"),
]
