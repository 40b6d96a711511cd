"""Addresses of features."""

from django.urls import path

from bottega_platform.features.api import views

PROJECT = "projects/<str:project>"
urlpatterns = [
    path(f"{PROJECT}/entities", views.EntitiesView.as_view(), name="entities"),
    path(f"{PROJECT}/entities/<str:name>", views.EntityView.as_view(), name="entity"),
    path(f"{PROJECT}/feature-views", views.FeatureViewsView.as_view(), name="feature-views"),
    path(f"{PROJECT}/feature-views/<str:name>", views.FeatureViewView.as_view(), name="feature-view"),
    path(f"{PROJECT}/feature-views/<str:name>/compute", views.ComputeView.as_view(), name="feature-view-compute"),
    path(f"{PROJECT}/feature-views/<str:name>/load", views.LoadView.as_view(), name="feature-view-load"),
    path(f"{PROJECT}/feature-views/<str:name>/read", views.ReadView.as_view(), name="feature-view-read"),
    path(f"{PROJECT}/feature-services", views.FeatureServicesView.as_view(), name="feature-services"),
    path(f"{PROJECT}/feature-services/<str:name>", views.FeatureServiceView.as_view(), name="feature-service"),
]
