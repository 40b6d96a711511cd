"""The app of published tables."""

from importlib import import_module

from django.apps import AppConfig


class TablesConfig(AppConfig):
    """Tables and their versions: what sources and feature views publish, and what everything reads."""

    name = "bottega_platform.tables"
    label = "tables"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register its sweeper, the checks and what search finds."""
        from bottega_platform.projects import search
        from bottega_platform.tables import verify
        from bottega_platform.tables.models import Table

        verify.register()
        search.by_name("table", Table, "tables", detail="description")
        import_module("bottega_platform.tables.sweep")
