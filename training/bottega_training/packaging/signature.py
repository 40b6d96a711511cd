"""The signature of a model: what a request may hold, and where each input comes from."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bottega.bundle import ModelInput, OnlineView, Signature
from bottega.problems import DataProblem
from bottega.specs.data import Column
from bottega.specs.resolved import ResolvedService, ResolvedView
from bottega.specs.training import TaskType

SAMPLE_ROWS = 10_000


def build(*, service: ResolvedService, inputs: list[ModelInput], task: TaskType, test: Path) -> Signature:
    """Return the signature of a model with these inputs, its sample taken from a real hold-out row."""
    return Signature(
        keys=service.keys(),
        request=service.request,
        event_time=service.event_time,
        inputs=inputs,
        views=[online_view(view) for view in service.views],
        expressions=service.expressions,
        output="probability" if task == "binary" else "value",
        sample=sample(service, test),
    )


def online_view(view: ResolvedView) -> OnlineView:
    """Return how the serving tier reads a view."""
    return OnlineView(
        name=view.name,
        view_id=view.view_id,
        version=view.version,
        key_fields=[Column(key.request, key.type, nullable=False) for key in view.keys],
        columns=view.columns,
        ttl_seconds=view.ttl_seconds,
    )


def sample(service: ResolvedService, test: Path) -> dict[str, Any]:
    """Return keys and request fields of a hold-out row: the first that has them all, else one that lacks fewest fields.

    Raises:
        DataProblem: no row has all keys.
    """
    keys = [column.name for column in service.keys()]  # noqa: SIM118 - a method of the service
    names = [*dict.fromkeys(keys + [field.name for field in service.request])]
    fullest: dict[str, Any] | None = None
    with pq.ParquetFile(test) as file:
        for batch in file.iter_batches(batch_size=SAMPLE_ROWS, columns=names):
            for record in batch.to_pylist():
                if any(record[key] is None for key in keys):
                    continue
                if fullest is None or _missing(record) < _missing(fullest):
                    fullest = record
                if not _missing(fullest):
                    return {name: plain(fullest[name]) for name in names}
    if fullest is None:
        raise DataProblem("No hold-out row has all keys, so no sample request can be made.", code="no_sample")
    return {name: plain(fullest[name]) for name in names}


def _missing(record: dict[str, Any]) -> int:
    return sum(value is None for value in record.values())


def plain(value: Any) -> Any:
    """Return a value as JSON has it; times in RFC 3339, UTC."""
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return aware.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, dt.date) else value
