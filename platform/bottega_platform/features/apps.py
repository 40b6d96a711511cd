"""The app of features."""

from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    """Entities, feature views, feature services and online loads."""

    name = "bottega_platform.features"
    label = "features"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register job kinds, the pointer's delivery, checks, what the project home shows and what search finds."""
        from bottega_platform.features import overview, pointers, search, verify
        from bottega_platform.features.kinds import KINDS
        from bottega_platform.jobs import kinds

        for kind in KINDS:
            kinds.register(kind())
        pointers.register()
        verify.register()
        overview.register()
        search.register()
