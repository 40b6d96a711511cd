"""The example's notebook, run from its first cell to its last as a reader would, and what it leaves on the platform."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
NOTEBOOK = Path(__file__).parents[2] / "examples" / "flight_delay" / "notebook.ipynb"
BOTTEGA = Path(sys.executable).parent / "bottega"
CELL_SECONDS = 600
# What the notebook's own names hold at its end, told by one more cell.
FACTS = """
import json
print(json.dumps({
    "tables": list(trips.columns),
    "online": delays.read([{"carrier": "UA"}, {"carrier": "nobody"}])["status"].to_list(),
    "counts": training_set.counts,
    "parity": package.parity.difference,
    "rows_compared": package.parity.rows,
    "auc": version.metrics["auc"]["value"],
    "aliases": version.data["aliases"],
    "prediction": list(answer),
    "request_id": answer.request_id,
    "receipt": receipt,
}))
"""


@pytest.fixture(scope="module")
def environment(running_platform: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A reader's environment: signed in by a link, nothing else."""
    folder = tmp_path_factory.mktemp("notebook")
    environment = {**os.environ, "BOTTEGA_CONFIG": str(folder), "IPYTHONDIR": str(folder / "ipython")}
    command = [str(BOTTEGA), "login", running_platform.signin_link()]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    return environment


@pytest.fixture(scope="module")
def facts(running_platform: Any, environment: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What a run of the whole notebook gave."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(FACTS))
    NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3").execute(env=environment)
    yield json.loads(notebook.cells[-1]["outputs"][0]["text"])
    running_platform.client.delete("/projects/flights/endpoints/own_delay")


def test_tables_and_features_are_read_as_frames(facts: dict[str, Any]) -> None:
    assert facts["tables"] == ["origin", "scheduled_departure", "late"]
    assert facts["online"] == ["present", "not_found"]


def test_the_training_set_has_rows_in_every_split(facts: dict[str, Any]) -> None:
    assert all(facts["counts"][split] > 10_000 for split in ("train", "valid", "test"))


def test_the_packaged_model_answers_as_the_estimator_does(facts: dict[str, Any]) -> None:
    assert facts["parity"] <= 1e-5
    assert facts["rows_compared"] >= 5_000


def test_the_registered_version_is_champion_and_knows_more_than_chance(facts: dict[str, Any]) -> None:
    assert facts["aliases"] == ["champion"]
    assert 0.6 < facts["auc"] < 0.95


def test_the_endpoint_answers_a_probability(facts: dict[str, Any]) -> None:
    assert len(facts["prediction"]) == 1
    assert 0 < facts["prediction"][0] < 1


def test_the_label_is_kept_and_names_its_prediction(facts: dict[str, Any], running_platform: Any) -> None:
    assert (facts["receipt"]["received"], facts["receipt"]["new"]) == (1, 1)
    path = "/projects/flights/endpoints/own_delay/labels"
    kept = running_platform.client.get(path, request_id=facts["request_id"])["results"]
    assert [label["value"] for label in kept] == [0.0]


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell for cell in code if cell.outputs or cell.execution_count is not None] == []
