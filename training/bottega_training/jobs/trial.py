"""The ``trial`` job: one fit of a study, stopped early when the platform's pruning rule says so."""

import time
from typing import Any

from bottega.protocol import JobContext
from bottega_training.data import Dataset
from bottega_training.evaluate.metrics import OBJECTIVES, objective
from bottega_training.jobs import lines
from bottega_training.jobs.inputs import FitJob
from bottega_training.trainers import Pruned, trainer


def run(context: JobContext) -> dict[str, Any]:
    """Fit with the trial's parameters; the value is the objective on the validation split."""
    job, started = FitJob(context), time.monotonic()
    context.call("trial.begin")
    context.log(f"trial {context.spec['number']} of {job.spec.trainer}: {lines.parameters(context.spec['params'])}")
    encoding = job.encoding()
    train, valid = (job.load(split, encoding) for split in ("train", "valid"))
    context.log(lines.rows(encoding, train=train, valid=valid))
    result = _fit(context, job, train, valid)
    context.log(f"{_ending(job, result)}; {time.monotonic() - started:.2f} s")
    return result


def _fit(context: JobContext, job: FitJob, train: Dataset, valid: Dataset) -> dict[str, Any]:
    watched = _Watched(context, job)
    try:
        model = trainer(job.spec.trainer).fit(
            train,
            valid,
            task=job.spec.task,
            params=job.spec.params | context.spec["params"],
            resources=job.resources,
            report=watched.report,
        )
    except Pruned as pruned:
        return {"state": "pruned", "value": pruned.value, "step": pruned.step, "reason": watched.reason}
    return {"state": "completed", "value": objective(job.spec.task, valid.label, model.predict(valid.matrix))}


class _Watched:
    """Passes each report on to the platform and keeps why it said stop."""

    def __init__(self, context: JobContext, job: FitJob) -> None:
        self._context = context
        self._task = job.spec.task
        self.reason = ""

    def report(self, step: int, value: float, total: int) -> bool:
        line = lines.step(self._task, step, value, total)
        self._context.log(line)
        self._context.progress(step, total, line, "rounds")
        answer = self._context.call("trial.report", step=step, value=value)
        self.reason = answer["reason"]
        return bool(answer["prune"])


def _ending(job: FitJob, result: dict[str, Any]) -> str:
    metric = OBJECTIVES[job.spec.task]
    if result["state"] == "pruned":
        return f"pruned after round {result['step']} with {metric} {result['value']:.5f}: {result['reason']}"
    return f"completed with {metric} {result['value']:.5f} on validation"
