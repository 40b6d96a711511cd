"""Addresses of tables."""

from django.urls import path

from bottega_platform.tables.api import views

TABLES = "projects/<str:project>/tables"
urlpatterns = [
    path(TABLES, views.TablesView.as_view(), name="tables"),
    path(f"{TABLES}/<str:name>", views.TableView.as_view(), name="table"),
    path(f"{TABLES}/<str:name>/versions", views.VersionsView.as_view(), name="table-versions"),
    path(f"{TABLES}/<str:name>/versions/<str:version>/profile", views.ProfileView.as_view(), name="table-profile"),
    path(f"{TABLES}/<str:name>/preview", views.PreviewView.as_view(), name="table-preview"),
    path(f"{TABLES}/<str:name>/rows", views.RowsView.as_view(), name="table-rows"),
]
