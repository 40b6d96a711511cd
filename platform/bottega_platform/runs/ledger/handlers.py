"""Delivers ledger messages from the outbox; a failed one is delivered again later."""

from typing import Any

from bottega_platform.jobs import outbox
from bottega_platform.runs.ledger.client import Ledger
from bottega_platform.runs.ledger.entries import write_run
from bottega_platform.runs.models import TrainingRun

TOPIC = "mlflow.run"


def register() -> None:
    """Register the handler with the outbox."""
    outbox.handler(TOPIC)(deliver)


def deliver(payload: dict[str, Any]) -> None:
    """Write one run as it is now, not as it was when the message was put."""
    run = TrainingRun.objects.select_related("project").get(pk=payload["run"])
    with Ledger() as ledger:
        write_run(ledger, run)
