"""The MLflow ledger against a real MLflow server."""

import hashlib
import json
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command
from mlflow import MlflowClient

from bottega.specs import ModelSpec
from bottega_platform.api.testing import make_user
from bottega_platform.config import env
from bottega_platform.embedded import run as programs
from bottega_platform.embedded.mlflow import Mlflow
from bottega_platform.jobs.models import OutboxMessage
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.registry import ledger as registry_ledger
from bottega_platform.registry import services as registry
from bottega_platform.runs.ledger import handlers
from bottega_platform.runs.models import TrainingRun


@pytest.fixture(scope="module")
def mlflow(services):
    program = programs.start(Mlflow(env.current()))
    yield env.current().mlflow_url
    program.kill()


def ask(url, path, **body):
    return httpx.post(f"{url}/api/2.0/mlflow/{path}", json=body, trust_env=False).json()


def deliver_all():
    """Deliver what the outbox holds, twice: the relay promises at least once."""
    for message in OutboxMessage.objects.filter(topic__startswith="mlflow.").order_by("id"):
        deliver = handlers.deliver if message.topic == handlers.TOPIC else registry_ledger.deliver
        deliver(message.payload)
        deliver(message.payload)


@pytest.mark.slow
def test_runs_trials_and_versions_are_in_the_ledger_once(start, project, mlflow):
    start("tuned", params={"iterations": 20}, tune={"trials": 3, "startup_trials": 2})
    run_until_idle(("control", "cpu"))
    model = registry.create_model(
        actor=make_user("owner"), project=project, name="rented", spec=ModelSpec(task="binary")
    )
    registry.register(actor=make_user("owner"), model=model, run_reference="tuned", alias="champion")
    run_until_idle(("cpu",))
    deliver_all()
    run = TrainingRun.objects.get(name="tuned")
    found = ask(mlflow, "experiments/search", filter=f"name LIKE '%({project.id})'", max_results=10)["experiments"]
    assert len(found) == 1
    runs = ask(mlflow, "runs/search", experiment_ids=[found[0]["experiment_id"]], max_results=100)["runs"]
    by_key = {tag["value"]: item for item in runs for tag in item["data"]["tags"] if tag["key"] == "bottega_run_id"}
    assert by_key.keys() == {run.id, *(f"{run.study.id}.{number}" for number in range(3))}
    assert len(runs) == 4
    metrics = {item["key"]: item["value"] for item in by_key[run.id]["data"]["metrics"]}
    assert metrics["test.auc"] == pytest.approx(run.metrics["test"]["auc"]["value"])
    assert by_key[run.id]["info"]["status"] == "FINISHED"
    name = f"{project.slug}.rented"
    version = httpx.get(
        f"{mlflow}/api/2.0/mlflow/registered-models/alias",
        params={"name": name, "alias": "champion"},
        trust_env=False,
    ).json()["model_version"]
    assert version["version"] == "1"


@pytest.mark.slow
def test_the_stock_client_reads_a_run_back_with_metrics_parameters_and_files(start, editor, runs, mlflow, tmp_path):
    start("read-back", params={"iterations": 20})
    run_until_idle(("cpu",))
    deliver_all()
    run = TrainingRun.objects.get(name="read-back")
    client = MlflowClient(mlflow)
    experiment = next(one for one in client.search_experiments() if one.tags["bottega_project_id"] == run.project_id)
    (found,) = client.search_runs([experiment.experiment_id], f"tags.bottega_run_id = '{run.id}'")
    assert found.info.status == "FINISHED"
    assert found.data.metrics == {
        f"{split}.{name}": metric["value"] for split, metrics in run.metrics.items() for name, metric in metrics.items()
    }
    assert (found.data.params["trainer"], found.data.params["iterations"]) == ("lightgbm", "20")
    listed = client.list_artifacts(found.info.run_id)
    assert {item.path for item in listed} == {"report.json", "model"}
    report = Path(client.download_artifacts(found.info.run_id, "report.json", str(tmp_path)))
    assert json.loads(report.read_text()) == editor.get(f"{runs}/read-back/report").json()
    model = Path(client.download_artifacts(found.info.run_id, "model/model.txt", str(tmp_path)))
    assert hashlib.sha256(model.read_bytes()).hexdigest() == run.files[0]["sha256"]


@pytest.mark.slow
def test_a_deleted_version_leaves_the_ledger(start, project, mlflow):
    start("short-lived", params={"iterations": 20})
    run_until_idle(("cpu",))
    owner = make_user("owner")
    model = registry.create_model(actor=owner, project=project, name="gone", spec=ModelSpec(task="binary"))
    registry.register(actor=owner, model=model, run_reference="short-lived")
    run_until_idle(("cpu",))
    deliver_all()
    client, name = MlflowClient(mlflow), f"{project.slug}.gone"
    assert len(client.search_model_versions(f"name = '{name}'")) == 1
    registry.delete_version(actor=owner, version=model.versions.get())
    deliver_all()
    assert not client.search_model_versions(f"name = '{name}'")


@pytest.mark.slow
def test_a_lost_ledger_is_written_again_from_the_rows_and_a_second_time_changes_nothing(start, project, mlflow):
    start("rebuilt", params={"iterations": 20}, tune={"trials": 2, "startup_trials": 2})
    run_until_idle(("control", "cpu"))
    owner = make_user("owner")
    model = registry.create_model(actor=owner, project=project, name="again", spec=ModelSpec(task="binary"))
    registry.register(actor=owner, model=model, run_reference="rebuilt", alias="champion")
    run_until_idle(("cpu",))
    client = MlflowClient(mlflow)

    def written():
        experiments = [one for one in client.search_experiments() if one.tags.get("bottega_project_id") == project.id]
        found = client.search_runs([one.experiment_id for one in experiments]) if experiments else []
        keys = sorted(item.data.tags["bottega_run_id"] for item in found)
        versions = client.search_model_versions(f"name = '{project.slug}.again'")
        return keys, [(version.version, version.aliases, version.run_id) for version in versions]

    assert written() == ([], [])
    call_command("mlflow_rebuild")
    first = written()
    run = TrainingRun.objects.get(name="rebuilt")
    assert first[0] == sorted([run.id, *(f"{run.study.id}.{number}" for number in range(2))])
    assert len(first[1]) == 1
    call_command("mlflow_rebuild")
    assert written() == first


def test_a_run_succeeds_while_mlflow_is_down(start):
    start("alone", params={"iterations": 20})
    run_until_idle(("cpu",))
    assert TrainingRun.objects.get(name="alone").state == "succeeded"
    assert OutboxMessage.objects.filter(topic=handlers.TOPIC).exists()
