"""The predictions app."""

from importlib import import_module

from django.apps import AppConfig


class PredictionsConfig(AppConfig):
    """Django's description of the predictions app."""

    name = "bottega_platform.predictions"
    label = "predictions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what registers itself."""
        import_module("bottega_platform.predictions.overview")
