"""The app of ground truth."""

from importlib import import_module

from django.apps import AppConfig

FOLLOW_SECONDS = 30.0


class GroundTruthConfig(AppConfig):
    """Labels, and realised quality."""

    name = "bottega_platform.ground_truth"
    label = "ground_truth"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register job kinds, the scheduler's chore, checks, and what the project home shows."""
        from bottega_platform.ground_truth import quality
        from bottega_platform.ground_truth.kinds import KINDS
        from bottega_platform.jobs import chores, kinds

        for kind in KINDS:
            kinds.register(kind())
        chores.register(quality.follow_due, seconds=FOLLOW_SECONDS)
        import_module("bottega_platform.ground_truth.checks")
        import_module("bottega_platform.ground_truth.overview")
        import_module("bottega_platform.ground_truth.roots")
