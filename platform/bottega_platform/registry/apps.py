"""The app of models and their versions."""

from importlib import import_module

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Models, versions, aliases."""

    name = "bottega_platform.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register job kinds, checks, the ledger, blobs it points at, what the home shows and search finds."""
        from bottega_platform.jobs import kinds
        from bottega_platform.projects import search
        from bottega_platform.registry import checks, ledger, overview
        from bottega_platform.registry.kinds import KINDS
        from bottega_platform.registry.models import Model

        for kind in KINDS:
            kinds.register(kind())
        ledger.register()
        checks.register()
        overview.register()
        search.by_name("model", Model, "models", detail="description")
        import_module("bottega_platform.registry.roots")
