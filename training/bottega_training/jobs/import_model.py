"""The ``import_model`` job: check an uploaded package, then evaluate and report its model like any other."""

from typing import Any

import pyarrow as pa

from bottega.bundle import PackageManifest
from bottega.protocol import JobContext
from bottega_training.data import Encoding
from bottega_training.jobs import results
from bottega_training.jobs.inputs import FitJob
from bottega_training.packaging.archive import BadPackage, open_package
from bottega_training.packaging.uploaded import UploadedModel
from bottega_training.report import environment, predictions
from bottega_training.trainers import FittedModel


def run(context: JobContext) -> dict[str, Any]:
    """Return what ``train`` returns: digests of files, predictions and report, and the metrics."""
    job = FitJob(context)
    clock = results.Clock(context)
    manifest, model = _open(job)
    clock.done("check", 1)
    full = job.encoding()
    baseline = results.baseline(job, job.load("train", full), job.load("valid", full))
    clock.done("baseline", 2)
    parts = [_score(job, split, model, baseline, full) for split in ("valid", "test")]
    clock.done("predict", 3)
    train, valid = (job.load(split, model.encoding) for split in ("train", "valid"))
    made_with = environment.versions() | manifest.environment
    document = results.report(
        job, model, train, valid, parts, params={"estimator": manifest.estimator}, made_with=made_with
    )
    clock.done("evaluate", 4)
    return results.store(job, model, parts, document, clock.seconds)


def _open(job: FitJob) -> tuple[PackageManifest, UploadedModel]:
    digest = job.spec.package
    if digest is None:
        raise BadPackage("The run names no package.", code="manifest_missing")
    folder = job.folder("package")
    archive = job.blobs.copy_to(digest, job.scratch / "package.zip")
    manifest = open_package(archive, folder)
    if manifest.task != job.spec.task:
        detail = f"The package's model is for {manifest.task}, the run for {job.spec.task}."
        raise BadPackage(detail, code="signature_mismatch")
    features = job.inputs.training_set.features
    return manifest, UploadedModel(folder / manifest.model_file, manifest, features)


def _score(job: FitJob, split: str, model: FittedModel, baseline: FittedModel, full: Encoding) -> pa.Table:
    """Predict one split; the baseline sees every feature, the model those that it takes."""
    segments = [item.name for item in full.inputs if item.categories is not None]
    expected = baseline.predict(job.load(split, full).matrix)
    found = model.predict(job.load(split, model.encoding).matrix)
    return predictions.table(job.path(split), split, found, expected, segments)
