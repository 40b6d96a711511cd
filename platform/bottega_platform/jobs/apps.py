"""The jobs app."""

import importlib
import os

from django.apps import AppConfig

PLUGINS_VARIABLE = "BOTTEGA_JOB_PLUGINS"


class JobsConfig(AppConfig):
    """Django's description of the jobs app."""

    name = "bottega_platform.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what registers itself: outbox handlers, checks, sweepers, and job kinds named in the environment."""
        for module in ("jobs.doorbell", "jobs.verify", "sweep.blobs", "sweep.scratch"):
            importlib.import_module(f"bottega_platform.{module}")
        for module in filter(None, os.environ.get(PLUGINS_VARIABLE, "").split(",")):
            importlib.import_module(module)
