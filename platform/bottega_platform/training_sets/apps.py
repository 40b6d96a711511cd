"""The app of training sets."""

from importlib import import_module

from django.apps import AppConfig


class TrainingSetsConfig(AppConfig):
    """Labels joined with features as known at each label's time."""

    name = "bottega_platform.training_sets"
    label = "training_sets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the blobs it points at, the job kind and the checks."""
        from bottega_platform.jobs import kinds
        from bottega_platform.training_sets import verify
        from bottega_platform.training_sets.kinds import BuildTrainingSet

        kinds.register(BuildTrainingSet())
        verify.register()
        import_module("bottega_platform.training_sets.roots")
