"""The deployments app."""

from importlib import import_module

from django.apps import AppConfig

RECONCILE_SECONDS = 15.0


class DeploymentsConfig(AppConfig):
    """Django's description of the deployments app."""

    name = "bottega_platform.deployments"
    label = "deployments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what registers itself, and say what search finds."""
        import_module("bottega_platform.deployments.overview")
        import_module("bottega_platform.deployments.checks")
        import_module("bottega_platform.deployments.roots")
        search = import_module("bottega_platform.projects.search")
        models = import_module("bottega_platform.deployments.models")
        search.by_name("endpoint", models.Endpoint, "endpoints", detail="description")
        chores = import_module("bottega_platform.jobs.chores")
        services = import_module("bottega_platform.deployments.services")
        chores.register(services.reconcile, seconds=RECONCILE_SECONDS)
