"""Address of the audit trail."""

from django.urls import path

from bottega_platform.audit.api import views

urlpatterns = [path("projects/<str:project>/audit", views.AuditView.as_view(), name="audit")]
