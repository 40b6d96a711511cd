"""The ``compare`` job: two model versions answer the same hold-out rows, each as its bundle is served."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bottega.bundle import Manifest
from bottega.protocol import JobContext
from bottega.specs.training import TaskType
from bottega_feature_store.blobs import BlobStore
from bottega_training.data import Encoding, load
from bottega_training.evaluate import metrics
from bottega_training.jobs import lines
from bottega_training.packaging import bundle

HALF = 0.5


class CompareInputs(msgspec.Struct, frozen=True):
    """What the platform resolves: the digest of the hold-out's rows, and of both bundles."""

    task: TaskType
    test: str
    challenger: str
    champion: str


class Answers(msgspec.Struct, frozen=True):
    """What one version says of the rows, and the threshold that its run chose for decisions."""

    prediction: np.ndarray
    threshold: float


def run(context: JobContext) -> dict[str, Any]:
    """Return both versions' metrics on the same rows, and the paired difference of the main one.

    Raises:
        DataProblem: the rows lack an input of one of the models (``column_missing``), are none, or of one class.
        BrokenModel: a bundle is damaged.
    """
    inputs = msgspec.convert(context.inputs, CompareInputs)
    blobs, scratch = BlobStore(context.connection("artifacts")), Path(context.start.scratch)
    test = blobs.path_or_copy(inputs.test, scratch)
    label = load(test, Encoding([])).label
    answers = {}
    for place, (role, digest) in enumerate((("champion", inputs.champion), ("challenger", inputs.challenger))):
        context.progress(place, 3, f"asking the {role}", "steps")
        answers[role] = _ask(blobs, digest, test, scratch / role)
    context.progress(2, 3, "comparing", "steps")
    return _compared(context, inputs.task, label, answers)


def _ask(blobs: BlobStore, digest: str, test: Path, folder: Path) -> Answers:
    folder.mkdir(parents=True)
    manifest: Manifest = bundle.fetch(blobs, digest, folder)
    predict = bundle.open_checked(folder, manifest)
    rows = load(test, Encoding(manifest.signature.inputs))
    threshold = manifest.metrics.get("threshold")
    return Answers(predict(rows.matrix), HALF if threshold is None else threshold)


def _compared(context: JobContext, task: TaskType, label: np.ndarray, answers: dict[str, Answers]) -> dict[str, Any]:
    found = {
        role: msgspec.to_builtins(metrics.evaluate(task, label, one.prediction, one.threshold))
        for role, one in answers.items()
    }
    difference = metrics.difference(task, label, answers["challenger"].prediction, answers["champion"].prediction)
    for role, measured in found.items():
        context.log(lines.metrics(role, measured))
    context.log(lines.comparison({"name": "champion", "trainer": "served", **difference}))
    return {"rows": len(label), "metrics": found, "difference": difference}
