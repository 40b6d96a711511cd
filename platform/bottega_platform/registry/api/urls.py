"""Addresses of the registry."""

from django.urls import path

from bottega_platform.registry.api import views

MODEL = "projects/<str:project>/models/<str:model>"
urlpatterns = [
    path("projects/<str:project>/models", views.ModelsView.as_view(), name="models"),
    path(MODEL, views.ModelView.as_view(), name="model"),
    path(f"{MODEL}/versions", views.ModelVersionsView.as_view(), name="model-versions"),
    path(f"{MODEL}/versions/<str:version>", views.ModelVersionView.as_view(), name="model-version"),
    path(f"{MODEL}/versions/<str:version>/signature-diff", views.SignatureDiffView.as_view(), name="signature-diff"),
    path(f"{MODEL}/versions/<str:version>/comparisons", views.ComparisonsView.as_view(), name="comparisons"),
    path(f"{MODEL}/aliases/<str:alias>", views.AliasView.as_view(), name="model-alias"),
    path(f"{MODEL}/alias-history", views.AliasHistoryView.as_view(), name="alias-history"),
]
