"""Checkpoints of fits are removed once their job has ended: promised in the transaction that ends it."""

from typing import Any

from bottega.specs.trainers import TRAINERS
from bottega_feature_store.checkpoints import Checkpoints
from bottega_platform.config import env
from bottega_platform.jobs import outbox
from bottega_platform.jobs.models import Job

TOPIC = "runs.checkpoints"


def register() -> None:
    """Register the handler with the outbox."""
    outbox.handler(TOPIC)(deliver)


def release(job: Job) -> None:
    """Promise to remove what the attempts of a job left for each other, where its trainer leaves anything."""
    info = TRAINERS.get(job.spec["run"]["trainer"])
    if info is not None and info.checkpoints:
        outbox.put(topic=TOPIC, payload={"project": job.project_id, "job": job.pk}, project=job.project)


def deliver(payload: dict[str, Any]) -> None:
    """Remove a job's checkpoints; harmless when they are gone."""
    Checkpoints(env.current().artifacts, project=payload["project"], job=payload["job"]).clear()
