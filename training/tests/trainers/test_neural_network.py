"""The network trainer: the contract, its device, early stopping, and a fit that is killed and goes on."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from sklearn import metrics as sk

from bottega.problems import ProblemError
from bottega_training.data import Dataset, Encoding
from bottega_training.network import metric
from bottega_training.network.preparation import learn
from bottega_training.network.settings import Columns
from bottega_training.packaging.runtimes import load
from bottega_training.trainers import Pruned, Resources, trainer
from bottega_training.trainers.testing import ENCODING, TrainerContract, dataset, never_prune

torch = pytest.importorskip("torch", reason="scripts/install_torch installs it")

QUICK = {"epochs": 8, "width": 32, "batch_size": 256}
KILLED = """
import os, signal, sys
from pathlib import Path
from bottega_training.trainers import Resources, trainer
from bottega_training.trainers.testing import dataset, never_prune

class Slot:
    path, saved = Path(sys.argv[1]), 0
    def load(self):
        return self.path.read_bytes() if self.path.exists() else None
    def save(self, content):
        self.path.write_bytes(content)
        self.saved += 1
        if self.saved == 3:
            os.kill(os.getpid(), signal.SIGKILL)

trainer("neural_network").fit(dataset(seed=1), dataset(seed=2), task="binary", params={params!r},
                              resources=Resources(checkpoint=Slot()), report=never_prune)
"""


class TestNeuralNetwork(TrainerContract):
    trainer = trainer("neural_network")
    params = QUICK


class TestNeuralNetworkOfValues(TrainerContract):
    trainer = trainer("neural_network")
    task = "regression"
    params = QUICK


def fit(*, report=never_prune, resources=Resources(), train=None, **params):  # noqa: B008 - frozen
    return trainer("neural_network").fit(
        train or dataset(seed=1),
        dataset(seed=2) if train is None else train,
        task="binary",
        params={**QUICK, **params},
        resources=resources,
        report=report,
    )


class Slot:
    """A checkpoint in memory, and how often it was written."""

    def __init__(self, content: bytes | None = None) -> None:
        self.content, self.saved = content, 0

    def load(self) -> bytes | None:
        return self.content

    def save(self, content: bytes) -> None:
        self.content, self.saved = content, self.saved + 1


class Steps:
    """A reporter that keeps what it was told and stops a fit at an epoch."""

    def __init__(self, until: int = 0) -> None:
        self.seen: list[int] = []
        self._until = until

    def __call__(self, step: int, value: float, total: int) -> bool:
        self.seen.append(step)
        return step == self._until


def test_a_killed_fit_goes_on_from_its_checkpoint_and_ends_as_if_nothing_had_happened(tmp_path):
    path = tmp_path / "checkpoint"
    killed = subprocess.run([sys.executable, "-c", KILLED.replace("{params!r}", repr(QUICK)), path], check=False)
    assert killed.returncode == -signal.SIGKILL
    said, reported = [], Steps()
    slot = Slot(path.read_bytes())
    resumed = fit(
        resources=Resources(checkpoint=slot, say=said.append),
        report=reported,
    )
    assert "resumed after epoch 3 from the checkpoint of an earlier attempt" in said
    assert (slot.saved, reported.seen) == (5, [1, 2, 3, 4, 5, 6, 7, 8])
    whole, matrix = fit(), dataset(seed=3).matrix
    assert resumed.curve == whole.curve
    np.testing.assert_array_equal(resumed.predict(matrix), whole.predict(matrix))


def test_a_finished_fit_is_not_done_again(tmp_path):
    slot = Slot()
    first = fit(resources=Resources(checkpoint=slot))
    again = Slot(slot.content)
    second, matrix = fit(resources=Resources(checkpoint=again)), dataset(seed=3).matrix
    assert again.saved == 0
    np.testing.assert_array_equal(first.predict(matrix), second.predict(matrix))


@pytest.mark.parametrize("other", [{"width": 64}, {"learning_rate": 0.5}])
def test_the_checkpoint_of_another_fit_is_left_alone(other):
    slot = Slot()
    fit(resources=Resources(checkpoint=slot), **other)
    said: list[str] = []
    model = fit(resources=Resources(checkpoint=Slot(slot.content), say=said.append))
    assert not any("resumed" in line for line in said)
    assert model.curve == fit().curve


def test_the_weights_of_the_best_epoch_are_kept_and_a_fit_without_gain_stops():
    model = fit(epochs=60, early_stopping=3, learning_rate=0.05, dropout=0.0)
    values = [point["valid"] for point in model.curve]
    best = int(np.argmax(values))
    assert len(values) == best + 1 + 3 < 60
    valid = dataset(seed=2)
    assert sk.roc_auc_score(valid.label, model.predict(valid.matrix)) == pytest.approx(values[best], abs=1e-6)


def test_a_pruned_fit_stops_at_the_epoch_that_was_refused():
    steps = Steps(until=2)
    with pytest.raises(Pruned) as pruned:
        fit(report=steps)
    assert (steps.seen, pruned.value.step) == ([1, 2], 2)


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_without_a_gpu_auto_takes_the_cpu_and_says_why_and_gpu_is_refused():
    said: list[str] = []
    model = fit(resources=Resources(device="auto", say=said.append), epochs=1)
    assert (model.device.asked, model.device.kind, model.device.name) == ("auto", "cpu", "CPU")
    assert model.device.note.endswith("Trained on the CPU.")
    assert said[0] == f"device: CPU. {model.device.note}"
    with pytest.raises(ProblemError) as refused:
        fit(resources=Resources(device="gpu"))
    assert refused.value.problem.code == "no_gpu"
    assert fit(resources=Resources(device="cpu"), epochs=1).device.note == ""


def test_labels_of_one_class_are_refused():
    train = dataset(seed=1)
    train.label[:] = 1.0
    with pytest.raises(ProblemError) as refused:
        fit(train=train)
    assert refused.value.problem.code == "one_class"


@pytest.mark.parametrize("kept", [[0, 1, 2], [3]])
def test_a_table_of_numbers_alone_or_of_categories_alone_is_fitted_and_exported(kept, tmp_path):
    parts = []
    for seed in (1, 2):
        whole = dataset(seed=seed)
        parts.append(Dataset(Encoding([ENCODING.inputs[place] for place in kept]), whole.matrix[:, kept], whole.label))
    model = trainer("neural_network").fit(
        *parts, task="binary", params=QUICK, resources=Resources(), report=never_prune
    )
    (path,) = model.export(tmp_path)
    np.testing.assert_allclose(load(path, "onnx")(parts[1].matrix), model.predict(parts[1].matrix), atol=1e-12)


def test_the_graph_answers_outliers_nulls_and_unseen_categories_as_the_model_does(tmp_path):
    model = fit()
    (path,) = model.export(tmp_path)
    edges = [-1e300, -50.0, 0.0, 50.0, 1e300, np.nan]
    matrix = np.array([[a, b, c, d] for a in edges for b in edges for c in edges for d in (0.0, 3.0, np.nan)])
    np.testing.assert_allclose(load(path, "onnx")(matrix), model.predict(matrix), atol=1e-12)


def test_the_watched_auc_is_scikit_learns_with_equal_scores_too():
    random = np.random.default_rng(5)
    label, score = random.integers(0, 2, 3_000), random.integers(0, 40, 3_000) / 40
    assert metric.auc(label, score) == pytest.approx(sk.roc_auc_score(label, score), abs=1e-12)


def test_numbers_are_scaled_and_the_missing_ones_marked_and_at_the_median():
    matrix = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, np.nan], [np.nan, 5.0, np.nan], [100.0, 5.0, np.nan]])
    prepared = learn(Columns(3, {}), matrix)
    numbers = prepared.numbers(matrix)
    assert numbers.shape == (4, 5)
    assert numbers[2, 0] == pytest.approx((3.0 - prepared.means[0]) / prepared.scales[0])
    np.testing.assert_array_equal(numbers[:, 1:3], 0.0)
    np.testing.assert_array_equal(numbers[:, 3:], [[0, 1], [0, 1], [1, 1], [0, 1]])


def test_the_network_needs_nothing_but_numpy_and_torch():
    code = (
        "import sys; import bottega_training.network.fit; "
        "print([n for n in ('msgspec', 'pyarrow', 'sklearn', 'onnx', 'bottega') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_many_categories_get_longer_embeddings_up_to_a_limit():
    assert Columns(3, {0: 2, 1: 20, 2: 20_000}).dimensions == {0: 2, 1: 9, 2: 32}
