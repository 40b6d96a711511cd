"""A version against another one, both on the same rows."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

from bottega.ids import new_id
from bottega_feature_store.blobs import BlobStore
from bottega_platform.api.testing import client_as
from bottega_platform.artifacts.services import blobs
from bottega_platform.config import env
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Role
from bottega_platform.registry.models import Alias, Comparison, ModelVersion
from bottega_platform.runs.models import TrainingRun
from bottega_platform.runs.testing import make_training_set
from bottega_platform.training_sets.models import TrainingSet
from bottega_training.data import Encoding, load
from bottega_training.packaging import bundle


@pytest.fixture
def versions(deployer, models, model, fit):
    """Version 1, the champion, is linear; version 2 has trees."""
    for name, trainer, alias in (("plain", "logistic_regression", "champion"), ("trees", "lightgbm", "challenger")):
        body = {"training_run": fit(name, trainer=trainer).name, "alias": alias}
        assert deployer.post(f"{models}/{model.name}/versions", body).status_code == 202
        run_until_idle(("cpu",))
    return f"{models}/{model.name}/versions"


@pytest.fixture
def rows(project, models, model):
    """Versions 1 (the champion) and 2 as rows alone: enough for what is refused before any job."""
    made = make_training_set(project, name="set_trees")
    for number in (1, 2):
        run = TrainingRun.objects.create(
            project=project, training_set=made, name=f"run-{number}", spec={}, trainer="lightgbm", task="binary",
            job_id=new_id("job"),
        )  # fmt: skip
        version = ModelVersion.objects.create(
            project=project, model=model, number=number, training_run=run, bundle="0" * 64, format="lightgbm",
            signature={}, files=[], metrics={}, measured={}, stamps={}, job_id=new_id("job"), fence=1,
        )  # fmt: skip
        if number == 1:
            Alias.objects.create(project=project, model=model, name="champion", version=version)
    return f"{models}/{model.name}/versions"


def scores(number, tmp_path):
    """What a version says of the hold-out, asked by its bundle."""
    version = ModelVersion.objects.get(number=number)
    folder = tmp_path / str(number)
    folder.mkdir()
    manifest = bundle.fetch(BlobStore(env.current().artifacts), version.bundle, folder)
    test = TrainingSet.objects.get(name="set_trees").splits["test"]
    rows = blobs().path_or_copy(test, folder)
    label = pq.read_table(rows)["label"].to_numpy().astype(float)
    return label, bundle.open_checked(folder, manifest)(load(rows, Encoding(manifest.signature.inputs)).matrix)


def test_both_versions_are_measured_on_the_same_rows_and_the_difference_is_theirs(deployer, versions, tmp_path):
    asked = deployer.post(f"{versions}/2/comparisons", {})
    assert asked.status_code == 202, asked.content
    assert asked.headers["Location"] == f"/api/v1/jobs/{asked.json()['job']}"
    assert (asked.json()["state"], asked.json()["difference"]) == ("queued", None)
    run_until_idle(("cpu",))
    found = deployer.get(f"{versions}/2/comparisons").json()["results"][0]
    assert (found["state"], found["challenger"], found["champion"], found["rows"]) == ("succeeded", 2, 1, 1500)
    label, champion = scores(1, tmp_path)
    _, challenger = scores(2, tmp_path)
    expected = {"champion": roc_auc_score(label, champion), "challenger": roc_auc_score(label, challenger)}
    assert {role: measured["auc"]["value"] for role, measured in found["metrics"].items()} == pytest.approx(expected)
    difference = found["difference"]
    assert difference["gain"]["value"] == pytest.approx(expected["challenger"] - expected["champion"])
    assert difference["gain"]["low"] < difference["gain"]["value"] < difference["gain"]["high"]
    above = np.sign(difference["gain"]["low"]) + np.sign(difference["gain"]["high"])
    assert difference["verdict"] == {2: "better", 0: "undecided", -2: "worse"}[int(above)]


def test_what_was_found_stays_and_is_answered_again_when_the_champion_has_moved(deployer, versions):
    first = deployer.post(f"{versions}/2/comparisons", {"against": "champion"}).json()
    run_until_idle(("cpu",))
    before = deployer.get(f"{versions}/2/comparisons").json()["results"]
    deployer.put(f"{versions.removesuffix('/versions')}/aliases/champion", {"version": 2})
    again = deployer.post(f"{versions}/2/comparisons", {"against": 1}).json()
    assert (again["id"], again["state"]) == (first["id"], "succeeded")
    assert run_until_idle(("cpu",)) == []
    assert deployer.get(f"{versions}/2/comparisons").json()["results"] == before


def test_a_version_is_not_compared_with_itself(deployer, rows):
    answer = deployer.post(f"{rows}/1/comparisons", {"against": "champion"})
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == ("same_version", "/against")


@pytest.mark.parametrize(
    ("against", "status"), [("nobody", 404), (7, 404), (0, 404), (-1, 404), (None, 422), (1.5, 422), ([1], 422)]
)
def test_what_is_no_version_is_refused(deployer, rows, against, status):
    assert deployer.post(f"{rows}/2/comparisons", {"against": against}).status_code == status


def test_a_viewer_reads_comparisons_and_starts_none(project, rows):
    viewer = client_as(Role.VIEWER, project)
    assert viewer.get(f"{rows}/2/comparisons").json()["results"] == []
    assert viewer.post(f"{rows}/2/comparisons", {}).status_code == 403


def test_without_the_rows_there_is_nothing_to_compare_on(deployer, rows):
    TrainingSet.objects.get(name="set_trees").soft_delete()
    answer = deployer.post(f"{rows}/2/comparisons", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_gone")


def test_rows_that_the_champion_cannot_read_fail_the_comparison_with_the_reason(deployer, versions, tmp_path):
    row = TrainingSet.objects.get(name="set_trees")
    test = pq.read_table(blobs().path_or_copy(row.splits["test"], tmp_path))
    narrow = tmp_path / "narrow.parquet"
    pq.write_table(test.drop_columns(["price"]), narrow)
    row.splits |= {"test": blobs().put_file(narrow).sha256}
    row.save()
    job = deployer.post(f"{versions}/2/comparisons", {}).json()["job"]
    run_until_idle(("cpu",))
    assert Job.objects.get(pk=job).state == "failed"
    found = deployer.get(f"{versions}/2/comparisons").json()["results"][0]
    assert (found["state"], found["problem"]["code"], found["metrics"]) == ("failed", "column_missing", {})
    assert Comparison.objects.get().finished_at is not None
