"""Runs from the request to the report, through real job children."""

import io

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn import metrics as sk

from bottega_platform.api.testing import body_of
from bottega_platform.artifacts.services import logs
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.services import cancel
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.runs.models import TrainingRun
from bottega_platform.runs.testing import SIZES, make_training_set

QUICK = {"iterations": 60, "report_every": 10}


def test_a_run_goes_from_request_to_results(start, editor, runs):
    accepted = start("first", params=QUICK)
    assert accepted.status_code == 202, accepted.content
    assert accepted["Location"] == f"/api/v1/jobs/{accepted.json()['job']}"
    assert accepted.json()["state"] == "queued"
    run_until_idle(("cpu",))
    body = editor.get(f"{runs}/first").json()
    assert body["state"] == "succeeded", body["problem"]
    assert body["allowed_actions"] == ["register"]
    auc = body["metrics"]["test"]["auc"]
    assert 0.7 < auc["low"] < auc["value"] < auc["high"] < 1
    baseline = body["comparisons"][0]
    assert (baseline["trainer"], baseline["verdict"]) == ("historical_mean", "better")


def test_every_number_of_the_report_is_scikit_learns_on_the_predictions_file(start, editor, runs):
    start("baseline", trainer="historical_mean", params={"by": ["shop"]})
    run_until_idle(("cpu",))
    start("model", trainer="logistic_regression")
    run_until_idle(("cpu",))
    report = editor.get(f"{runs}/model/report").json()
    download = editor.get(f"{runs}/model/predictions")
    table = pq.read_table(io.BytesIO(body_of(download)))
    for split in ("valid", "test"):
        chosen = np.array(table["split"].to_pylist()) == split
        label = np.array(table["label"].to_pylist())[chosen]
        score = np.array(table["prediction"].to_pylist())[chosen]
        decided = score >= report["threshold"]
        expected = {
            "auc": sk.roc_auc_score(label, score),
            "average_precision": sk.average_precision_score(label, score),
            "log_loss": sk.log_loss(label, score),
            "brier": sk.brier_score_loss(label, score),
            "accuracy": sk.accuracy_score(label, decided),
            "precision": sk.precision_score(label, decided),
            "recall": sk.recall_score(label, decided),
            "f1": sk.f1_score(label, decided),
        }
        found = {name: metric["value"] for name, metric in report["metrics"][split].items()}
        assert found == pytest.approx(expected, abs=1e-12)
    assert [part["name"] for part in report["comparisons"]] == ["baseline", "baseline"]
    assert {part["column"] for part in report["segments"]} >= {"month", "shop"}
    gaps = [part["gap"] for part in report["segments"]]
    assert gaps == sorted(gaps, reverse=True)
    for segment in report["segments"]:
        if segment["column"] == "shop":
            rows = chosen.nonzero()[0][np.array(table["shop"].to_pylist())[chosen] == segment["segment"]]
            values = table.take(rows)
            assert segment["value"] == pytest.approx(sk.roc_auc_score(values["label"], values["prediction"]))
    assert {row["name"] for row in report["importances"]} == {row["name"] for row in report["features"]}


def test_the_log_says_what_was_read_each_round_the_metrics_and_what_was_stored(start, editor, runs):
    start("told", params=QUICK)
    run_until_idle(("cpu",))
    run, body = TrainingRun.objects.get(name="told"), editor.get(f"{runs}/told/report").json()
    text = logs().read(run.job_id, 1).decode()
    assert f"lightgbm for binary on training set {run.training_set_id}, seed 7, threads" in text
    assert "parameters: iterations=60, early_stopping=25, learning_rate=0.08" in text
    assert "rows: train 3,000, valid 1,500, test 1,500; 5 inputs, 1 of them categories" in text
    for point in body["curve"]:
        assert f"round {point['step']:g} of 60: auc {point['valid']:.5f} on validation" in text
    auc = body["metrics"]["test"]["auc"]
    assert f"hold-out: auc {auc['value']:.4f} [{auc['low']:.4f}, {auc['high']:.4f}]" in text
    assert "against baseline (historical_mean): auc +" in text
    assert "stored the report, the predictions and model of" in text
    assert "seconds: read" in text


def test_an_unfinished_run_has_no_report_and_says_where_to_look(start, editor, runs):
    job = start("waiting", params=QUICK).json()["job"]
    answer = editor.get(f"{runs}/waiting/report")
    assert answer.status_code == 409
    assert answer.json()["code"] == "not_ready"
    assert job in answer.json()["detail"]


def test_a_cancelled_run_is_cancelled_with_its_job(start, editor, runs):
    job = start("unwanted", params=QUICK).json()["job"]
    cancel(job=Job.objects.get(pk=job))
    assert editor.get(f"{runs}/unwanted").json()["state"] == "cancelled"


def test_a_training_set_deleted_meanwhile_fails_the_run_with_its_name(start, editor, runs, training_set):
    start("orphan", params=QUICK)
    training_set.soft_delete()
    run_until_idle(("cpu",))
    body = editor.get(f"{runs}/orphan").json()
    assert body["state"] == "failed"
    assert body["problem"]["code"] == "dataset_gone"


def test_results_are_published_once_even_if_a_job_runs_twice(start):
    start("once", params=QUICK)
    run_until_idle(("cpu",))
    run = TrainingRun.objects.get(name="once")
    assert Job.objects.get(pk=run.job_id).result["report"] == run.report
    assert run.published_by == run.job_id


def test_a_regression_run_reports_scikit_learns_errors(project, editor, runs):
    make_training_set(project, name="values", task="regression")
    spec = {"training_set": "values", "trainer": "lightgbm", "task": "regression", "params": QUICK}
    editor.post(runs, {"name": "values", "spec": spec})
    run_until_idle(("cpu",))
    body = editor.get(f"{runs}/values").json()
    assert body["state"] == "succeeded", body["problem"]
    download = editor.get(f"{runs}/values/predictions")
    table = pq.read_table(io.BytesIO(body_of(download))).slice(SIZES["valid"])
    label, score = table["label"].to_numpy(), table["prediction"].to_numpy()
    found = {name: metric["value"] for name, metric in body["metrics"]["test"].items()}
    expected = {
        "mae": sk.mean_absolute_error(label, score),
        "rmse": sk.root_mean_squared_error(label, score),
        "r2": sk.r2_score(label, score),
    }
    assert found == pytest.approx(expected)
