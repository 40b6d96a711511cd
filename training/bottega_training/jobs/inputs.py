"""What the training jobs are given, and how they open it."""

import os
import shutil
from pathlib import Path
from typing import Any

import msgspec

from bottega.faults import fault_point
from bottega.protocol import JobContext
from bottega.specs.training import TrainingRunSpec
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.checkpoints import Checkpoints
from bottega_training import data
from bottega_training.trainers.base import Resources


class TrainingSetInput(msgspec.Struct, frozen=True):
    """A training set as the platform resolves it: split name → Parquet digest, and its features in order."""

    id: str
    splits: dict[str, str]
    features: list[dict[str, Any]]


class Other(msgspec.Struct, frozen=True):
    """An earlier run on the same training set, to compare with."""

    name: str
    trainer: str
    predictions: str


class FitInputs(msgspec.Struct, frozen=True):
    """Inputs of the jobs ``train`` and ``trial``."""

    training_set: TrainingSetInput
    threads: int = 1
    others: list[Other] = []


class _KeptCheckpoint:
    """The slot of one attempt: it writes under its own fence and reads what any earlier one left."""

    def __init__(self, context: JobContext) -> None:
        start = context.start
        self._fence = start.fence
        self._checkpoints = Checkpoints(context.connection("artifacts"), project=start.project_id, job=start.job_id)

    def load(self) -> bytes | None:
        """Return the newest checkpoint."""
        return self._checkpoints.newest(self._fence)

    def save(self, content: bytes) -> None:
        """Replace this attempt's checkpoint."""
        self._checkpoints.write(self._fence, content)
        fault_point("after_checkpoint")


class FitJob:
    """Opens the splits of one job; blobs that are local are read in place."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self.spec = msgspec.convert(context.spec["run"], TrainingRunSpec)
        self.inputs = msgspec.convert(context.inputs, FitInputs)
        self.blobs = BlobStore(context.connection("artifacts"))
        self.scratch = Path(context.start.scratch)
        self.scratch.mkdir(parents=True, exist_ok=True)

    @property
    def resources(self) -> Resources:
        """Threads, seed, device, and where checkpoints and log lines go."""
        return Resources(
            threads=max(1, self.inputs.threads),
            seed=self.spec.seed,
            device=self.spec.device,
            checkpoint=_KeptCheckpoint(self._context),
            say=self._context.log,
        )

    def path(self, split: str) -> Path:
        """Return a local path of a split's Parquet."""
        return self.blobs.path_or_copy(self.inputs.training_set.splits[split], self.scratch)

    def encoding(self) -> data.Encoding:
        """Return the encoding, learnt on the training split."""
        return data.make_encoding(self.inputs.training_set.features, self.path("train"))

    def load(self, split: str, encoding: data.Encoding) -> data.Dataset:
        """Read one split."""
        return data.load(self.path(split), encoding)

    def folder(self, name: str) -> Path:
        """Return an empty folder below the job's scratch."""
        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path
