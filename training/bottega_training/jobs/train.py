"""The ``train`` job: fit, evaluate, report; returns digests, never bytes."""

from typing import Any

import pyarrow as pa

from bottega.protocol import JobContext
from bottega_feature_store.figures import size
from bottega_training.data import Dataset
from bottega_training.jobs import lines, results
from bottega_training.jobs.inputs import FitJob
from bottega_training.report import environment, predictions
from bottega_training.trainers import FittedModel, trainer


def run(context: JobContext) -> dict[str, Any]:
    """Fit the run's model and store its files, predictions and report."""
    job = FitJob(context)
    clock = results.Clock(context)
    _log_task(context, job)
    encoding = job.encoding()
    train, valid, test = (job.load(split, encoding) for split in ("train", "valid", "test"))
    context.log(lines.rows(encoding, train=train, valid=valid, test=test))
    clock.done("read", 1)
    model = _fit(context, job, train, valid)
    clock.done("fit", 2)
    baseline = results.baseline(job, train, valid) if job.spec.trainer != results.BASELINE else model
    parts = [_score(job, name, data, model, baseline) for name, data in (("valid", valid), ("test", test))]
    clock.done("predict", 3)
    params = trainer(job.spec.trainer).settings(job.spec.params, job.spec.task)
    document = results.report(job, model, train, valid, parts, params=params, made_with=environment.versions())
    clock.done("evaluate", 4)
    _log_evaluation(context, document)
    result = results.store(job, model, parts, document, clock.seconds)
    stored = f"model of {size(document['sizes']['model_bytes'])}" if result["files"] else "no model to serve"
    context.log(f"stored the report, the predictions and {stored}; {lines.seconds(clock.seconds)}")
    return result


def _log_task(context: JobContext, job: FitJob) -> None:
    spec, resources = job.spec, job.resources
    context.log(
        f"{spec.trainer} for {spec.task} on training set {job.inputs.training_set.id}, "
        f"seed {resources.seed}, threads {resources.threads}"
    )
    context.log(f"parameters: {lines.parameters(trainer(spec.trainer).settings(spec.params, spec.task))}")


def _log_evaluation(context: JobContext, document: dict[str, Any]) -> None:
    for split in ("valid", "test"):
        context.log(lines.metrics("validation" if split == "valid" else "hold-out", document["metrics"][split]))
    for found in document["comparisons"]:
        context.log(lines.comparison(found))


def _fit(context: JobContext, job: FitJob, train: Dataset, valid: Dataset) -> FittedModel:
    def report(step: int, value: float, total: int) -> bool:
        line = lines.step(job.spec.task, step, value, total)
        context.log(line)
        context.progress(1 + step / total, 5, line, "stages")
        return False

    return trainer(job.spec.trainer).fit(
        train,
        valid,
        task=job.spec.task,
        params=job.spec.params,
        resources=job.resources,
        report=report,
    )


def _score(job: FitJob, split: str, data: Dataset, model: FittedModel, baseline: FittedModel) -> pa.Table:
    segments = [item.name for item in data.encoding.inputs if item.categories is not None]
    return predictions.table(
        job.path(split), split, model.predict(data.matrix), baseline.predict(data.matrix), segments
    )
