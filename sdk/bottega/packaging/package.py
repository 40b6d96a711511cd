"""A model package: one zip with the ONNX model and its manifest, ready to be uploaded."""

import hashlib
import io
import platform
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bottega.bundle import (
    MAX_PACKAGE_BYTES,
    PACKAGE_MANIFEST,
    PACKAGE_TOLERANCE,
    FileEntry,
    PackageInput,
    PackageManifest,
)
from bottega.display import Table, html, text
from bottega.extras import need
from bottega.packaging.inputs import choose
from bottega.problems import ProblemError

if TYPE_CHECKING:
    import pandas as pd

    from bottega.client.training_sets import TrainingSet
    from bottega.packaging.parity import Parity

MODEL_FILE = "model.onnx"
PARITY_ROWS = 5_000
ESTIMATOR_TEXT = 2_000
PACKAGES = ("scikit-learn", "skl2onnx", "onnx", "onnxruntime", "numpy", "pandas")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Package:
    """A converted and compared model. ``content`` is the zip; ``parity`` is None for one that was read from a file."""

    def __init__(self, manifest: PackageManifest, content: bytes, parity: "Parity | None" = None) -> None:
        self.manifest = manifest
        self.content = content
        self.parity = parity

    @property
    def digest(self) -> str:
        """The sha256 of the zip: what an upload of it is called."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def inputs(self) -> list[str]:
        """The names of the model's inputs, in order."""
        return [item.name for item in self.manifest.inputs]

    def save(self, path: str | Path) -> Path:
        """Write the zip, for ``bottega register --package``."""
        target = Path(path)
        target.write_bytes(self.content)
        return target

    @classmethod
    def read(cls, path: str | Path) -> "Package":
        """Read a zip that :meth:`save` wrote; the platform checks it again, and trusts nothing of it.

        Raises:
            ProblemError: ``package_unreadable``, or ``too_large``.
        """
        source = Path(path)
        if source.stat().st_size > MAX_PACKAGE_BYTES:
            raise ProblemError(f"{source} is over {MAX_PACKAGE_BYTES >> 20} MiB.", code="too_large", status=413)
        content = source.read_bytes()
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                manifest = msgspec.json.decode(archive.read(PACKAGE_MANIFEST), type=PackageManifest)
        except (zipfile.BadZipFile, KeyError, msgspec.DecodeError, NotImplementedError, RuntimeError) as error:
            detail = f"{source} is no model package ({error}). Make one with bottega.package(...)."
            raise ProblemError(detail, code="package_unreadable", title="This file is no model package") from error
        return cls(manifest, content)

    def predict(self, rows: "pd.DataFrame") -> "pd.Series[float]":
        """Return what the packaged model answers for rows of a training set, by their index."""
        need("numpy", "pandas", "onnxruntime", extra="package")
        import pandas as pd

        from bottega.packaging import convert
        from bottega.packaging.inputs import encode

        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            answers = convert.load(archive.read(self.manifest.model_file))(encode(rows, self.manifest.inputs))
        return pd.Series(answers, index=rows.index, name="prediction")

    def _table(self) -> Table:
        rows = [
            ("task", self.manifest.task),
            ("estimator", self.manifest.estimator.split("(")[0]),
            ("inputs", f"{len(self.inputs)}: {', '.join(self.inputs[:8])}{', …' if len(self.inputs) > 8 else ''}"),
            ("size", f"{len(self.content) / 1e6:.2f} MB"),
            ("digest", self.digest[:12]),
        ]
        if self.parity is not None:
            same = f"within {self.parity.difference:.2g} of the estimator on {self.parity.rows:,} rows"
            rows.append(("parity", f"{same}, in {self.parity.precision}"))
        return Table("Model package", rows)

    def __repr__(self) -> str:
        return text(self._table())

    def _repr_html_(self) -> str:
        return html(self._table())


def package(
    estimator: Any,
    *,
    training_set: "TrainingSet",
    inputs: Sequence[str] | None = None,
    tolerance: float = PACKAGE_TOLERANCE,
) -> Package:
    """Convert a fitted scikit-learn estimator to ONNX and compare both on the hold-out of its training set.

    Args:
        estimator: a fitted classifier of two classes (0 and 1) with ``predict_proba``, or a regressor; or a pipeline
            that ends in one. It is called with a frame as ``training_set.xy()`` gives it.
        training_set: what it was fitted on.
        inputs: the features it takes, in order; by default the columns that it was fitted on, or all.
        tolerance: how far the model may be from the estimator on any row, at most 1e-5.

    Raises:
        MissingExtra: ``bottega[package]`` is not installed.
        NotConvertible: the estimator, or a step of it, has no form in ONNX, or refuses nulls that the rows have.
        ParityFailed: the model answers differently; the greatest difference and its row are named.
    """
    need("sklearn", "skl2onnx", "onnxruntime", "pandas", "pyarrow", extra="package")
    named = inputs if inputs is not None else getattr(estimator, "feature_names_in_", None)
    chosen = choose(training_set.features, named)
    rows = training_set.to_pandas("test", columns=["row_id", *(item.name for item in chosen)]).set_index("row_id")
    return build(estimator, inputs=chosen, rows=rows, tolerance=tolerance, training_set=training_set.name)


def build(
    estimator: Any,
    *,
    inputs: list[PackageInput],
    rows: "pd.DataFrame",
    tolerance: float = PACKAGE_TOLERANCE,
    training_set: str = "",
) -> Package:
    """Do what :func:`package` does, with rows at hand; they are named by their index."""
    from bottega.packaging import estimators, golden, parity

    allowed = min(tolerance, PACKAGE_TOLERANCE)
    task, answer = estimators.task_of(estimator), estimators.answers(estimator)
    held = golden.spread(rows, PARITY_ROWS)
    edges = golden.edges(rows, inputs)
    takes_nulls = estimators.takes(answer, edges, inputs)
    if not takes_nulls:
        estimators.refuse_nulls(held, inputs)
    compared = golden.joined(held, edges) if takes_nulls else held
    declared = inputs if takes_nulls else golden.not_nullable(inputs)
    converted = parity.best(estimator, answer, declared, compared, allowed)
    golden_rows = golden.joined(golden.spread(held, golden.GOLDEN_ROWS), edges) if takes_nulls else held
    golden_inputs, golden_outputs = golden.values(golden.spread(golden_rows, golden.LARGEST), declared, answer)
    manifest = PackageManifest(
        task=task,
        format="onnx",
        model_file=MODEL_FILE,
        inputs=declared,
        files=[FileEntry(MODEL_FILE, hashlib.sha256(converted.model).hexdigest(), len(converted.model))],
        golden_inputs=golden_inputs,
        golden_outputs=golden_outputs,
        training_set=training_set,
        estimator=repr(estimator)[:ESTIMATOR_TEXT],
        environment={"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
    )
    return Package(manifest, _zip(manifest, converted.model), converted.parity)


def _zip(manifest: PackageManifest, model: bytes) -> bytes:
    """Return the zip; the same model gives the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in ((MODEL_FILE, model), (PACKAGE_MANIFEST, msgspec.json.encode(manifest))):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), body, zipfile.ZIP_DEFLATED)
    return content.getvalue()
