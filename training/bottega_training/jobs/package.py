"""The ``package`` job: build a bundle from a finished run, check and measure it, store it."""

import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bottega.bundle import FileEntry, Manifest, ModelFormat, ModelInput, Signature, Stamps
from bottega.faults import fault_point
from bottega.problems import ProblemError
from bottega.protocol import JobContext
from bottega.specs.resolved import ResolvedService
from bottega.specs.training import TaskType
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.figures import size
from bottega_training.data import Encoding
from bottega_training.packaging import bundle, checks, mlmodel, runtimes, signature
from bottega_training.packaging.runtimes import BrokenModel


class PackageInputs(msgspec.Struct, frozen=True):
    """What the platform resolves: the run's results, its hold-out, its service as trained, and the stamps."""

    run: str
    task: TaskType
    files: list[FileEntry]
    inputs: list[ModelInput]
    test: str
    predictions: str
    metrics: dict[str, Any]
    fit_for_registration: bool
    service: ResolvedService
    stamps: Stamps
    format: ModelFormat | None = None


def run(context: JobContext) -> dict[str, Any]:
    """Return the bundle's digest, its signature and what was measured."""
    inputs = msgspec.convert(context.inputs, PackageInputs)
    _refuse_unregistrable(inputs)
    blobs, folder = BlobStore(context.connection("artifacts")), _folder(context)
    for item in inputs.files:
        blobs.copy_to(item.sha256, folder / item.path)
        context.log(f"{item.path} of run {inputs.run}: {size(item.size)}, sha256 {item.sha256}")
    context.progress(1, 4, "checking parity with the trainer", "steps")
    chosen = _choose(context, inputs, _Holdout(inputs, blobs, Path(context.start.scratch)), folder)
    manifest = _manifest(inputs, chosen, folder)
    _log_checks(context, manifest)
    context.progress(2, 4, "checking the golden rows", "steps")
    bundle.open_checked(folder, manifest)
    context.log(f"the model read back answers its {len(manifest.golden_outputs)} golden rows")
    context.progress(3, 4, "storing", "steps")
    stored = bundle.store(blobs, folder, manifest)
    context.log(f"bundle {stored.sha256} stored: {len(manifest.files)} files, manifest of {size(stored.size)}")
    fault_point("after_manifest_before_commit")
    return {
        "bundle": stored.sha256,
        "format": manifest.format,
        "signature": msgspec.to_builtins(manifest.signature),
        "measured": manifest.measured,
        "files": msgspec.to_builtins(manifest.files),
        "stamps": msgspec.to_builtins(manifest.stamps),
    }


def _log_checks(context: JobContext, manifest: Manifest) -> None:
    measured, signature = manifest.measured, manifest.signature
    context.log(
        f"{manifest.model_file} is served (format {manifest.format}); on {measured['parity_rows']:,.0f} hold-out rows "
        f"it differs from the trainer by {measured['parity_difference']:.3g} at most"
    )
    context.log(f"a row takes {measured['predict_us_p50']:.1f} µs (p50), {measured['predict_us_p99']:.1f} µs (p99)")
    context.log(
        f"signature: keys {', '.join(key.name for key in signature.keys)}; {len(signature.inputs)} inputs, "
        f"{len(signature.views)} views, {len(signature.expressions)} expressions"
    )


def _refuse_unregistrable(inputs: PackageInputs) -> None:
    if not inputs.fit_for_registration:
        raise ProblemError(
            "The training set was built with the known-at filter off, so its features hold what could not be "
            "known; build it again with known_at and train on that.",
            code="not_registrable",
            title="This run cannot be registered",
            status=409,
        )
    if inputs.format is None or not inputs.files:
        raise ProblemError(
            "This run's trainer makes a baseline that cannot be served; register another run.",
            code="not_registrable",
            title="This run cannot be registered",
            status=409,
        )


def _folder(context: JobContext) -> Path:
    folder = Path(context.start.scratch) / "bundle"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class _Holdout:
    """The rows that every form of the model must answer as the trainer did."""

    def __init__(self, inputs: PackageInputs, blobs: BlobStore, scratch: Path) -> None:
        self.encoding = Encoding(inputs.inputs)
        self.test, self.predictions = (blobs.path_or_copy(one, scratch) for one in (inputs.test, inputs.predictions))


class _Chosen(msgspec.Struct, frozen=True):
    """The form of the model that is served: the first that passed the parity check."""

    file: FileEntry
    format: ModelFormat
    predict: Any
    holdout: Any
    matrix: np.ndarray
    difference: float


def _choose(context: JobContext, inputs: PackageInputs, holdout: _Holdout, folder: Path) -> _Chosen:
    """Return the first form that answers as the trainer did.

    Raises:
        BrokenModel: none does.
    """
    refused: BrokenModel | None = None
    for file in inputs.files:
        model_format = runtimes.format_of(file.path)
        if model_format is None:
            continue
        try:
            predict = runtimes.load(folder / file.path, model_format)
            matrix, difference = checks.parity(predict, holdout.encoding, holdout.test, holdout.predictions)
        except BrokenModel as error:
            context.log(f"{file.path} is not served: {error}")
            refused = refused or error
        else:
            return _Chosen(file, model_format, predict, holdout, matrix, difference)
    raise refused or BrokenModel("The run has no file of a format that can be served.")


def _manifest(inputs: PackageInputs, chosen: _Chosen, folder: Path) -> Manifest:
    encoding, matrix = chosen.holdout.encoding, chosen.matrix
    golden = checks.golden_rows(matrix, encoding)
    measured = {"parity_difference": chosen.difference, "parity_rows": float(len(matrix))}
    measured |= checks.latency(chosen.predict, matrix) | {"model_bytes": float(chosen.file.size)}
    described = signature.build(
        service=inputs.service, inputs=inputs.inputs, task=inputs.task, test=chosen.holdout.test
    )
    _write_mlmodel(inputs, chosen, folder)
    return _fill(inputs, chosen, folder, described, golden, measured)


def _write_mlmodel(inputs: PackageInputs, chosen: _Chosen, folder: Path) -> None:
    created_at = inputs.stamps.created_at
    content = mlmodel.document(chosen.format, chosen.file.path, run=inputs.run, created_at=created_at)
    (folder / mlmodel.FILE_NAME).write_bytes(content)


def _fill(
    inputs: PackageInputs,
    chosen: _Chosen,
    folder: Path,
    described: Signature,
    golden: np.ndarray,
    measured: dict[str, float],
) -> Manifest:
    return Manifest(
        task=inputs.task,
        format=chosen.format,
        model_file=chosen.file.path,
        signature=described,
        feature_service=inputs.service.name,
        files=[chosen.file, bundle.entry(folder, mlmodel.FILE_NAME)],
        golden_inputs=[[None if math.isnan(value) else value for value in row] for row in golden.tolist()],
        golden_outputs=chosen.predict(golden).tolist(),
        metrics=inputs.metrics,
        measured=measured,
        stamps=inputs.stamps,
    )
