"""What a run leaves behind, whoever fitted its model: report, predictions, model files, all as blobs."""

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bottega.bundle import FileEntry
from bottega.faults import fault_point
from bottega.protocol import JobContext
from bottega.specs.training import UPLOADED
from bottega_training.data import Dataset
from bottega_training.jobs.inputs import FitJob
from bottega_training.report import features, predictions
from bottega_training.report.build import REPORT_FORMAT, Scored, comparison, evaluation
from bottega_training.trainers import FittedModel, trainer

BASELINE = "historical_mean"


class Clock:
    """Seconds per stage, and progress by stage."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._last = time.monotonic()
        self.seconds: dict[str, float] = {}

    def done(self, stage: str, number: int) -> None:
        """Note that a stage is over: the ``number``-th of five."""
        now = time.monotonic()
        self.seconds[stage] = round(now - self._last, 3)
        self._last = now
        self._context.progress(number, 5, f"{stage} done", "stages")


def baseline(job: FitJob, train: Dataset, valid: Dataset) -> FittedModel:
    """Fit the cheap model that every other one is compared with."""
    return trainer(BASELINE).fit(
        train,
        valid,
        task=job.spec.task,
        params={},
        resources=job.resources,
        report=lambda *_: False,
    )


def report(
    job: FitJob,
    model: FittedModel,
    train: Dataset,
    valid: Dataset,
    parts: list[pa.Table],
    *,
    params: dict[str, Any],
    made_with: dict[str, str],
) -> dict[str, Any]:
    """Return the report of a model; ``parts`` are the predictions of the validation and the hold-out rows."""
    valid_rows, test_rows = (Scored(part) for part in parts)
    document = evaluation(job.spec.task, valid_rows, test_rows)
    document["rows"]["train"] = len(train)
    document["label_mean"]["train"] = float(train.label.mean())
    return document | {
        "report_format": REPORT_FORMAT,
        "trainer": job.spec.trainer,
        "params": params,
        "training_set": job.inputs.training_set.id,
        "comparisons": _comparisons(job, test_rows),
        "importances": features.importances(model, valid, job.spec.seed),
        "features": features.statistics(train),
        "curve": model.curve,
        "environment": made_with,
    }


def _comparisons(job: FitJob, test: Scored) -> list[dict[str, Any]]:
    found = []
    if job.spec.trainer != BASELINE:
        found.append(comparison(job.spec.task, test, name="baseline", trainer=BASELINE, other=test.baseline))
    for other in job.inputs.others:
        scores = _other_scores(job, other.predictions, test)
        found.append(comparison(job.spec.task, test, name=other.name, trainer=other.trainer, other=scores))
    return found


def _other_scores(job: FitJob, digest: str, test: Scored) -> np.ndarray:
    """Return another run's hold-out predictions in this run's row order (same training set, same order)."""
    path = job.blobs.path_or_copy(digest, job.scratch)
    rows = pq.read_table(path, columns=["row_id", "prediction", "split"])
    rows = rows.filter(pc.equal(rows["split"].cast(pa.string()), "test"))
    if not rows["row_id"].equals(test.table["row_id"]):
        rows = rows.take(pc.index_in(test.table["row_id"], value_set=rows["row_id"].combine_chunks()))
    return np.asarray(rows["prediction"].to_numpy())


def store(
    job: FitJob, model: FittedModel, parts: list[pa.Table], document: dict[str, Any], seconds: dict[str, float]
) -> dict[str, Any]:
    """Store everything and return its digests, for the control plane to publish."""
    files = _store_model(job, model)
    stored = job.blobs.put_file(predictions.write(job.scratch / "predictions.parquet", parts))
    document["sizes"] = {"model_bytes": sum(entry["size"] for entry in files)}
    document["seconds"] = seconds
    written = job.blobs.put_bytes(msgspec.json.encode(document))
    fault_point("after_manifest_before_commit")
    return {
        "report": written.sha256,
        "predictions": stored.sha256,
        "files": files,
        "format": model.format if files else None,
        "inputs": msgspec.to_builtins(model.encoding.inputs),
        "metrics": document["metrics"],
        "threshold": document["threshold"],
        "comparisons": document["comparisons"],
        "seconds": seconds,
        "environment": document["environment"],
        "device": msgspec.to_builtins(model.device) if model.device else {},
    }


def _store_model(job: FitJob, model: FittedModel) -> list[dict[str, Any]]:
    if job.spec.trainer != UPLOADED and not trainer(job.spec.trainer).info.registrable:
        return []
    folder = job.folder("model")
    return [_store_file(job, folder, path) for path in model.export(folder)]


def _store_file(job: FitJob, folder: Path, path: Path) -> dict[str, Any]:
    blob = job.blobs.put_file(path)
    entry: dict[str, Any] = msgspec.to_builtins(FileEntry(str(path.relative_to(folder)), blob.sha256, blob.size))
    return entry
