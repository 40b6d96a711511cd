"""Model versions and aliases in MLflow's registry."""

from typing import Any

from bottega_platform.jobs import outbox
from bottega_platform.registry.models import Alias, ModelVersion
from bottega_platform.runs.ledger.client import Ledger
from bottega_platform.runs.ledger.entries import write_run

TOPIC = "mlflow.version"


def register() -> None:
    """Register the handler with the outbox."""
    outbox.handler(TOPIC)(deliver)


def deliver(payload: dict[str, Any]) -> None:
    """Write one version with the aliases it has now."""
    version = ModelVersion.objects.select_related("model__project", "training_run__project").get(pk=payload["version"])
    with Ledger() as ledger:
        write_version(ledger, version)


def write_version(ledger: Ledger, version: ModelVersion) -> None:
    """Write a version, its run before it; take one out that was deleted, alone or with its model."""
    name = f"{version.model.project.slug}.{version.model.name}"
    if version.deleted_at is not None or version.model.deleted_at is not None:
        ledger.drop_model_version(name, version.id)
        return
    run = write_run(ledger, version.training_run)
    number = ledger.model_version(
        name,
        version.id,
        run=run,
        source=f"bottega://bundles/{version.bundle}",
        tags={"bottega_version": str(version.number), "bottega_bundle": version.bundle},
    )
    for alias in Alias.objects.filter(version=version):
        ledger.alias(name, alias.name, number)
