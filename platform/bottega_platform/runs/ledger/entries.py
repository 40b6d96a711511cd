"""Writes runs and trials into the ledger."""

from datetime import datetime
from functools import partial
from typing import Any

from bottega_platform.artifacts.services import blobs
from bottega_platform.runs.ledger.client import Ledger
from bottega_platform.runs.models import RunState, TrainingRun, Trial, TrialState

STATUS = {
    RunState.QUEUED: "RUNNING",
    RunState.SUCCEEDED: "FINISHED",
    RunState.FAILED: "FAILED",
    RunState.CANCELLED: "KILLED",
}
TRIAL_STATUS = {TrialState.COMPLETED: "FINISHED", TrialState.PRUNED: "KILLED", TrialState.FAILED: "FAILED"}


def write_run(ledger: Ledger, run: TrainingRun) -> str:
    """Write a run with its trials; return MLflow's id."""
    experiment = ledger.experiment(run.project)
    found = ledger.run(experiment, run.id, name=run.name, started=_milliseconds(run.created_at))
    finished = _milliseconds(run.finished_at or run.updated_at)
    ledger.log(found, metrics=_metrics(run, finished), params=_params(run), tags=_tags(run))
    _store_files(ledger, found, run)
    for trial in Trial.objects.filter(study__run=run, finished_at__isnull=False):
        _write_trial(ledger, experiment, found, trial)
    if run.state != RunState.QUEUED:
        ledger.end(found, status=STATUS[RunState(run.state)], finished=finished)
    return found


def _store_files(ledger: Ledger, mlflow_run: str, run: TrainingRun) -> None:
    """Store the report and the model's files; the predictions stay where they are, they can be large."""
    names = {"report.json": run.report} if run.report else {}
    names |= {f"model/{item['path']}": item["sha256"] for item in run.files}
    store = blobs()
    for name, digest in names.items():
        ledger.store(mlflow_run, name, partial(store.read, digest), store.size(digest))


def _write_trial(ledger: Ledger, experiment: str, parent: str, trial: Trial) -> None:
    found = ledger.run(
        experiment,
        f"{trial.study_id}.{trial.number}",
        name=f"trial {trial.number}",
        started=_milliseconds(trial.created_at),
        parent=parent,
    )
    finished = _milliseconds(trial.finished_at or trial.created_at)
    metrics = [
        {"key": "valid", "value": value, "timestamp": finished, "step": int(step)} for step, value in trial.reports
    ]
    if trial.value is not None:
        metrics.append({"key": "value", "value": trial.value, "timestamp": finished, "step": 0})
    ledger.log(found, metrics=metrics, params=trial.params, tags={"bottega_state": trial.state})
    ledger.end(found, status=TRIAL_STATUS[TrialState(trial.state)], finished=finished)


def _metrics(run: TrainingRun, finished: int) -> list[dict[str, Any]]:
    return [
        {"key": f"{split}.{name}", "value": metric["value"], "timestamp": finished, "step": 0}
        for split, metrics in run.metrics.items()
        for name, metric in metrics.items()
    ]


def _params(run: TrainingRun) -> dict[str, Any]:
    if run.state != RunState.SUCCEEDED:
        return {}  # MLflow never lets a parameter change, and a study's are known at its end
    return {"trainer": run.trainer, "training_set": run.training_set_id, **run.params}


def _tags(run: TrainingRun) -> dict[str, str]:
    names = {"bottega_project": run.project.slug, "bottega_task": run.task, "mlflow.source.git.commit": run.code}
    return names | {"bottega_state": run.state, "mlflow.note.content": run.spec.get("description", "")}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
