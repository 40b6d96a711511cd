"""Writes every run and model version into MLflow again."""

from typing import Any

from django.core.management.base import BaseCommand

from bottega_platform.registry.ledger import write_version
from bottega_platform.registry.models import ModelVersion
from bottega_platform.runs.ledger.client import Ledger
from bottega_platform.runs.ledger.entries import write_run
from bottega_platform.runs.models import TrainingRun


class Command(BaseCommand):
    """``manage.py mlflow_rebuild``: safe to run at any time, also on a ledger that is complete."""

    help = "Write every training run and model version into MLflow again"

    def handle(self, *_: Any, **__: Any) -> None:
        """Go through the rows in order of time."""
        runs = TrainingRun.objects.select_related("project").order_by("created_at")
        versions = ModelVersion.objects.select_related("model__project", "training_run__project").order_by("created_at")
        with Ledger() as ledger:
            for run in runs.iterator():
                write_run(ledger, run)
            for version in versions.iterator():
                write_version(ledger, version)
        self.stdout.write(f"{runs.count()} runs and {versions.count()} model versions are in MLflow.")
