"""The API conventions as a Django app (it stores answers of keyed requests)."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Conventions every endpoint shares."""

    name = "bottega_platform.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
