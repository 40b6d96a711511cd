"""The app of sources."""

from importlib import import_module

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Uploads, sources and their ingest."""

    name = "bottega_platform.sources"
    label = "sources"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register job kinds, checks, blobs it points at, and what the project home shows and search finds."""
        from bottega_platform.jobs import kinds
        from bottega_platform.projects import search
        from bottega_platform.sources import overview, verify
        from bottega_platform.sources.kinds import Ingest, Inspect
        from bottega_platform.sources.models import Source

        kinds.register(Inspect())
        kinds.register(Ingest())
        overview.register()
        search.by_name("source", Source, "sources")
        verify.register()
        import_module("bottega_platform.sources.roots")
