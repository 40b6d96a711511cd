"""Studies through real coordinator and trial processes, some of them killed."""

import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import optuna
import psutil
import pytest
from optuna.trial import TrialState as Told

from bottega.specs import TuneSpec
from bottega_platform.api.testing import ApiClient
from bottega_platform.artifacts.services import logs
from bottega_platform.config import env
from bottega_platform.jobs import testing
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.services import cancel
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.runs.models import Study, TrainingRun, Trial
from bottega_training.tune.sampler import sampler, suggest

QUICK = {"iterations": 80, "report_every": 5, "early_stopping": 0}
TOLD = {"completed": Told.COMPLETE, "pruned": Told.PRUNED, "failed": Told.FAIL}
QUEUES = ("control", "cpu")


def told(study: Study) -> list[optuna.trial.FrozenTrial]:
    """Return what Optuna was told."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(env.current().database("optuna").url("psycopg2"))
    return optuna.load_study(study_name=study.id, storage=storage).get_trials()


def check_everything_ended_once(study: Study, trials: int) -> None:
    rows = list(study.trials.order_by("number"))
    assert [row.number for row in rows] == list(range(trials))
    assert all(row.is_final for row in rows)
    known = told(study)
    assert [trial.number for trial in known] == list(range(trials))
    for row, trial in zip(rows, known, strict=True):
        assert trial.state == TOLD[row.state]
        assert trial.params == row.params
        if row.state == "completed":
            assert trial.value == row.value
    assert not Job.objects.filter(state__in=["queued", "running"]).exists()


def test_a_study_of_twenty_trials_prunes_some_and_refits_the_best(start, editor, runs):
    accepted = start("tuned", params=QUICK, tune={"trials": 20, "startup_trials": 6})
    assert accepted.status_code == 202
    run_until_idle(QUEUES)
    body = editor.get(f"{runs}/tuned").json()
    assert body["state"] == "succeeded", body["problem"]
    study = Study.objects.get(run_id=body["id"])
    check_everything_ended_once(study, 20)
    assert body["study"]["counts"]["pruned"] >= 3
    best = max(study.trials.filter(state="completed"), key=lambda trial: (trial.value, -trial.number))
    assert (body["study"]["best_number"], body["study"]["best_value"]) == (best.number, best.value)
    assert {name: body["params"][name] for name in best.params} == best.params
    assert body["metrics"]["valid"]["auc"]["value"] == pytest.approx(best.value, abs=1e-9)
    trials = editor.get(f"{runs}/tuned/trials?limit=100").json()["results"]
    assert [trial["number"] for trial in trials] == list(range(20))
    assert len({str(trial["params"]) for trial in trials}) == 20
    assert [trial["sampler"] for trial in trials] == ["random"] * 6 + ["tpe"] * 14
    assert all(trial["created_at"] <= trial["started_at"] <= trial["finished_at"] for trial in trials)


def test_random_trials_are_drawn_without_looking_and_tpe_trials_from_what_was_told(start):
    """Drawing each point anew from the same seeds and the history before it gives the same points."""
    start("drawn", params=QUICK, tune={"trials": 8, "startup_trials": 4, "parallel": 1})
    run_until_idle(QUEUES)
    study = Study.objects.get(run__name="drawn")
    tune = msgspec.convert(study.spec, TuneSpec)
    rows = list(study.trials.order_by("number"))
    blind, seeing = (redrawn(study, tune, rows, history) for history in (False, True))
    for row in rows:
        assert seeing[row.number] == row.params
        assert (blind[row.number] == row.params) == (row.sampler == "random")


def redrawn(study: Study, tune: TuneSpec, rows: list[Trial], history: bool) -> list[dict[str, object]]:
    points = []
    for row in rows:
        again = optuna.create_study(direction="maximize", sampler=sampler(tune, row.number))
        again.add_trials(told(study)[: row.number] if history else [])
        points.append(suggest(again.ask(), tune.space))
    return points


def log_of(job: Job) -> str:
    return logs().read(job.pk, job.attempt).decode()


def test_the_logs_of_a_study_and_its_trials_say_what_happened_and_why(start):
    start("told", params=QUICK, tune={"trials": 16, "startup_trials": 5})
    run_until_idle(QUEUES)
    run = TrainingRun.objects.get(name="told")
    text = log_of(Job.objects.get(pk=run.job_id))
    assert "16 trials, 2 at once: 5 random, then TPE; pruned by the median rule" in text
    assert "searched: learning_rate from 0.01 to 0.3, logarithmic" in text
    for trial in run.study.trials.all():
        assert f"trial {trial.number} started, drawn by {trial.sampler}: learning_rate=" in text
        assert f"trial {trial.number} {trial.state} with {trial.value:.5f}" in text
        own = log_of(Job.objects.get(pk=trial.job_id))
        assert f"trial {trial.number} of lightgbm: " in own
        assert "rows: train 3,000, valid 1,500; 5 inputs, 1 of them categories" in own
        assert all(f"round {step} of 80: auc {value:.5f} on validation" in own for step, value in trial.reports)
    pruned = run.study.trials.filter(state="pruned").first()
    assert f"pruned after round {pruned.reports[-1][0]} with auc {pruned.value:.5f}: its best up to step" in log_of(
        Job.objects.get(pk=pruned.job_id)
    )
    assert f"refit of trial {run.study.best_number}: succeeded" in text


class Killer(threading.Thread):
    """Kills children of the job zygotes with SIGKILL, a few times."""

    def __init__(self, queue: str, *, times: int, every: float) -> None:
        super().__init__(daemon=True)
        self.queue, self.times, self.every = queue, times, every
        self.killed = 0
        self.over = threading.Event()

    def run(self) -> None:
        while self.killed < self.times and not self.over.wait(self.every):
            running = testing._zygotes.get(self.queue)
            for child in psutil.Process(running.pid).children() if running and running.alive else []:
                child.kill()
                self.killed += 1
                break


@pytest.mark.slow
@pytest.mark.faults
def test_killed_coordinators_and_trials_leave_exactly_the_trials_asked_for(start):
    start("shaken", params=QUICK, tune={"trials": 8, "startup_trials": 3})
    killers = [Killer("control", times=3, every=1.7), Killer("cpu", times=3, every=2.3)]
    for killer in killers:
        killer.start()
    run_until_idle(QUEUES)
    for killer in killers:
        killer.over.set()
        killer.join()
    assert all(killer.killed for killer in killers)
    run = TrainingRun.objects.get(name="shaken")
    assert run.state == "succeeded", run.problem
    check_everything_ended_once(Study.objects.get(run=run), 8)


def test_a_study_whose_trials_all_fail_says_so(start, training_set):
    broken = dict(training_set.splits, valid=training_set.splits["train"])
    broken["train"] = "0" * 64
    training_set.splits = broken
    training_set.save()
    start("hopeless", params=QUICK, tune={"trials": 3})
    run_until_idle(QUEUES)
    run = TrainingRun.objects.get(name="hopeless")
    assert (run.state, run.problem["code"]) == ("failed", "no_trial_completed")
    check_everything_ended_once(Study.objects.get(run=run), 3)


def test_cancelling_a_study_stops_its_trials(start):
    from bottega_platform.jobs import leases
    from bottega_platform.runs import studies

    job = Job.objects.get(pk=start("unwanted", params=QUICK, tune={"trials": 5}).json()["job"])
    claimed = leases.claim(queue="control", owner="here")
    studies.start_trial(claimed, {"number": 0, "params": {"num_leaves": 4}, "sampler": "random"})
    cancel(job=job)
    leases.cancel(claimed)
    run = TrainingRun.objects.get(name="unwanted")
    assert (run.state, run.study.state) == ("cancelled", "cancelled")
    assert Trial.objects.get(study=run.study).state == "failed"
    assert not Job.objects.filter(state__in=["queued", "running"]).exists()


def test_starting_a_trial_twice_gives_the_first_one(start):
    from bottega_platform.jobs import leases
    from bottega_platform.runs import studies

    start("twice", params=QUICK, tune={"trials": 5})
    claimed = leases.claim(queue="control", owner="here")
    first = studies.start_trial(claimed, {"number": 0, "params": {"num_leaves": 4}, "sampler": "random"})
    second = studies.start_trial(claimed, {"number": 0, "params": {"num_leaves": 5}, "sampler": "random"})
    assert first == second
    assert Trial.objects.get(job_id=first["job"]).params == {"num_leaves": 4}
    assert Job.objects.filter(kind="trial").count() == 1


@pytest.mark.parametrize("sort", ["value", "-value"])
def test_sorting_by_value_pages_through_the_trials_without_one_too(start, editor, runs, sort):
    start("sorted", params=QUICK, tune={"trials": 7})
    study = Study.objects.get(run__name="sorted")
    for number, value in enumerate([0.5, None, 0.7, None, 0.6, None, 0.6]):
        Trial.objects.create(
            project=study.project, study=study, number=number, params={}, value=value, job_id=f"job_{number}"
        )
    forward = list(pages(editor, f"{runs}/sorted/trials?sort={sort}&limit=2", "next"))
    known = sorted([0.5, 0.6, 0.6, 0.7], reverse=sort.startswith("-"))
    assert [trial["value"] for page in forward for trial in page["results"]] == [*known, None, None, None]
    back = list(pages(editor, forward[-1]["previous"], "previous"))
    assert [page["results"] for page in reversed(back)] == [page["results"] for page in forward[:-1]]


def pages(client: ApiClient, address: str | None, way: str) -> Iterator[dict[str, Any]]:
    while address:
        page = client.get(address).json()
        yield page
        address = page[way]
