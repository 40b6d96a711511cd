"""Jobs of training, each with what a reader sees of it and what must come of it once."""

from typing import Any

import httpx
import optuna
from django.db import transaction
from processes import eventually
from shop import run_now
from sklearn.linear_model import LogisticRegression
from walk import Case

from bottega.packaging.inputs import as_fitted, choose
from bottega.packaging.package import build
from bottega.specs import ModelSpec, TrainingRunSpec
from bottega.specs.training import TuneSpec
from bottega_platform.api.testing import make_project, make_user
from bottega_platform.artifacts.services import blobs
from bottega_platform.config import env
from bottega_platform.jobs.models import Job
from bottega_platform.projects.models import Project
from bottega_platform.registry import comparisons
from bottega_platform.registry import services as registry
from bottega_platform.registry.models import Alias, ModelVersion
from bottega_platform.runs import services as runs
from bottega_platform.runs import studies
from bottega_platform.runs.models import TrainingRun, Trial
from bottega_platform.runs.testing import make_training_set, rows
from bottega_platform.sources.services import keep_upload

TRIALS = 3
PARAMS = {"iterations": 20, "report_every": 5, "early_stopping": 0}
NUMBERS = [{"name": name, "type": "float64"} for name in ("mean_price_7d", "price")]


def start(project: Project, name: str = "run", **spec: Any) -> TrainingRun:
    """Ask for a run on the ready training set of rentals."""
    wanted = TrainingRunSpec(**{"training_set": "rentals", "trainer": "lightgbm", **spec})
    return runs.start(actor=make_user("owner"), project=project, name=name, spec=wanted)


def rentals() -> Project:
    """A project with a ready training set."""
    project = make_project("shop")
    make_training_set(project)
    return project


def state_of(run: TrainingRun) -> tuple[Any, ...]:
    """What a reader sees of a run."""
    run.refresh_from_db()
    return run.state, run.published_by, run.metrics, run.report, run.files


def check_published(run: TrainingRun, job: Job) -> None:
    """The run has the results of one job, and the ledger has one run of it with its metrics."""
    state, published_by, metrics, report, files = state_of(run)
    assert (state, published_by) == ("succeeded", job.pk)
    for digest in (report, run.predictions, *(item["sha256"] for item in files)):
        blobs().verify(digest)
    eventually(lambda: ledger_metrics(run), seconds=60, what="the ledger to have the run")
    assert ledger_metrics(run) == [{"test.auc": metrics["test"]["auc"]["value"]}]


def ledger_metrics(run: TrainingRun) -> list[dict[str, float]]:
    """Return the hold-out's AUC of every finished MLflow run with this run's tag."""
    project = _ask("experiments/search", filter=f"name LIKE '%({run.project_id})'", max_results=10)
    ids = [found["experiment_id"] for found in project.get("experiments", [])]
    if not ids:
        return []
    wanted = f"tags.bottega_run_id = '{run.pk}' AND attributes.status = 'FINISHED'"
    found = _ask("runs/search", experiment_ids=ids, filter=wanted, max_results=10).get("runs", [])
    return [
        {item["key"]: item["value"] for item in one["data"].get("metrics", []) if item["key"] == "test.auc"}
        for one in found
    ]


def _ask(path: str, **body: Any) -> dict[str, Any]:
    url = f"{env.current().mlflow_url}/api/2.0/mlflow/{path}"
    return dict(httpx.post(url, json=body, trust_env=False, timeout=30).json())


def train() -> Case:
    """One fit."""
    run = start(rentals(), params=PARAMS)
    job = Job.objects.get(pk=run.job_id)
    return Case(job, lambda: state_of(run), lambda: check_published(run, job))


def import_model() -> Case:
    """A model that somebody else fitted."""
    project, inputs = rentals(), choose(NUMBERS)
    training, test = rows("train").to_pandas(), rows("test").to_pandas().set_index("row_id")
    model = LogisticRegression(max_iter=500).fit(as_fitted(training, inputs), training["label"].astype(int))
    content = blobs().put_bytes(build(model, inputs=inputs, rows=test).content)
    keep_upload(actor=make_user("owner"), project=project, blob=content, filename="model.zip")
    run = start(project, trainer="uploaded", package=content.sha256)
    job = Job.objects.get(pk=run.job_id)
    return Case(job, lambda: state_of(run), lambda: check_published(run, job))


def package() -> Case:
    """A version made from a finished run."""
    project = rentals()
    run = start(project, params=PARAMS)
    run_now(Job.objects.get(pk=run.job_id))
    owner = make_user("owner")
    model = registry.create_model(actor=owner, project=project, name="rented", spec=ModelSpec(task="binary"))
    job = registry.register(actor=owner, model=model, run_reference="run", alias="champion")

    def seen() -> Any:
        versions = ModelVersion.objects.filter(model=model).values_list("number", "bundle", "job_id", "fence")
        return list(versions), list(Alias.objects.filter(model=model).values_list("name", "version__number"))

    def check() -> None:
        ((number, _, by, fence),), aliases = seen()
        job.refresh_from_db()
        assert (number, by, fence, aliases) == (1, job.pk, job.fence, [("champion", 1)])

    return Case(job, seen, check)


def compare() -> Case:
    """A version against the champion."""
    project, owner = rentals(), make_user("owner")
    model = registry.create_model(actor=owner, project=project, name="rented", spec=ModelSpec(task="binary"))
    for seed, name in enumerate(("first", "second")):
        run = start(project, name=name, params=PARAMS, seed=seed)
        run_now(Job.objects.get(pk=run.job_id))
        run_now(registry.register(actor=owner, model=model, run_reference=name))
    champion, challenger = ModelVersion.objects.filter(model=model).order_by("number")
    made = comparisons.start(actor=owner, challenger=challenger, champion=champion)

    def seen() -> Any:
        made.refresh_from_db()
        return str(made.state), made.metrics, made.difference

    def check() -> None:
        state, metrics, difference = seen()
        assert (state, metrics.keys()) == ("succeeded", {"champion", "challenger"})
        assert difference is not None

    return Case(Job.objects.get(pk=made.job_id), seen, check)


def study() -> Case:
    """A coordinator; its trials and the refit run on healthy workers."""
    run = start(rentals(), params=PARAMS, tune=TuneSpec(trials=TRIALS, startup_trials=2))

    def seen() -> Any:
        run.study.refresh_from_db()
        return run.study.state, run.study.best_number

    def check() -> None:
        trials = list(run.study.trials.order_by("number"))
        assert [trial.number for trial in trials] == list(range(TRIALS))
        told = _told(run.study.id)
        assert [(one.number, one.params) for one in told] == [(trial.number, trial.params) for trial in trials]
        assert all(trial.is_final and one.state.is_finished() for trial, one in zip(trials, told, strict=True))
        completed = {trial.number: trial.value for trial in trials if trial.state == "completed"}
        assert {one.number: one.value for one in told if one.state.name == "COMPLETE"} == completed
        assert seen() == ("succeeded", max(completed, key=lambda number: (completed[number], -number)))
        check_published(run, Job.objects.get(kind="train", subject=run.pk))

    return Case(Job.objects.get(pk=run.job_id), seen, check)


def _told(name: str) -> list[optuna.trial.FrozenTrial]:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(env.current().database("optuna").url("psycopg2"))
    return list(optuna.load_study(study_name=name, storage=storage).get_trials())


def trial() -> Case:
    """One trial of a study whose coordinator waits in its queue."""
    run = start(rentals(), params=PARAMS, tune=TuneSpec(trials=TRIALS, startup_trials=2))
    with transaction.atomic():
        point = {"number": 0, "params": {"learning_rate": 0.1}, "sampler": "random"}
        started = studies.start_trial(Job.objects.get(pk=run.job_id), point)
    job = Job.objects.get(pk=started["job"])

    def seen() -> Any:
        return list(Trial.objects.filter(study=run.study).values_list("number", "value", "finished_at"))

    def check() -> None:
        row = Trial.objects.get(study=run.study)
        assert (row.state, row.job_id) == ("completed", job.pk)
        assert [step for step, _ in row.reports] == sorted({step for step, _ in row.reports}), "a report is there twice"

    return Case(job, seen, check)
