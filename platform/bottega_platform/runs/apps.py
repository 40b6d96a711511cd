"""The app of training runs."""

from importlib import import_module

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Training runs, studies and trials."""

    name = "bottega_platform.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register job kinds, checks, the ledger, blobs it points at, what the home shows and search finds."""
        from bottega_platform.jobs import kinds
        from bottega_platform.projects import search
        from bottega_platform.runs import checkpoints, checks, overview
        from bottega_platform.runs.kinds import KINDS
        from bottega_platform.runs.ledger import handlers
        from bottega_platform.runs.models import TrainingRun

        for kind in KINDS:
            kinds.register(kind())
        handlers.register()
        checkpoints.register()
        checks.register()
        overview.register()
        search.by_name("training_run", TrainingRun, "training-runs", detail="state")
        import_module("bottega_platform.runs.roots")
