"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Django's description of the audit app."""

    name = "bottega_platform.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
