"""The model of an uploaded package: does it take what it says, and answer as its estimator did?"""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from bottega.bundle import PACKAGE_TOLERANCE, ModelInput, PackageInput, PackageManifest
from bottega.problems import Fault
from bottega.specs.training import TaskType
from bottega_training.data import MAX_CATEGORIES, NUMERIC_TYPES, Encoding, Matrix
from bottega_training.packaging import runtimes
from bottega_training.packaging.archive import BadPackage
from bottega_training.packaging.runtimes import BrokenModel
from bottega_training.trainers.base import FittedModel

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
DOUBLE = onnx.TensorProto.DOUBLE


class UploadedModel(FittedModel):
    """A model that somebody else fitted."""

    format = "onnx"

    def __init__(self, path: Path, manifest: PackageManifest, features: list[dict[str, Any]]) -> None:
        self.task: TaskType = manifest.task
        self.curve: list[dict[str, float]] = []
        self.encoding = Encoding(_inputs(manifest.inputs, features))
        self._path = path
        _check_graph(path, len(manifest.inputs))
        self._predict = runtimes.load(path, "onnx")
        self._check_golden(manifest)

    def predict(self, matrix: Matrix) -> Matrix:
        """Return one float64 per row.

        Raises:
            BadPackage: an answer is no number, or no probability (``bad_prediction``).
        """
        found = self._predict(matrix)
        if found.shape != (len(matrix),):
            raise _signature(f"The model answers {found.shape} for {len(matrix)} rows; one number each is needed.")
        _check_answers(found, self.task)
        return found

    def export(self, folder: Path) -> list[Path]:
        """Write ``model.onnx`` as it was sent."""
        target = folder / "model.onnx"
        target.write_bytes(self._path.read_bytes())
        return [target]

    def _check_golden(self, manifest: PackageManifest) -> None:
        rows, outputs = manifest.golden_inputs, np.array(manifest.golden_outputs, dtype=np.float64)
        width = len(manifest.inputs)
        if not rows or len(rows) != len(outputs) or any(len(row) != width for row in rows):
            detail = f"The package needs golden rows of {width} inputs each, and one output for each of them."
            raise BadPackage(
                detail, code="golden_mismatch", errors=[Fault("golden_mismatch", detail, "/golden_inputs")]
            )
        matrix = np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float64)
        difference = np.abs(self.predict(matrix) - outputs) / np.maximum(1.0, np.abs(outputs))
        worst = int(np.argmax(np.where(np.isnan(difference), np.inf, difference)))
        if not difference[worst] <= PACKAGE_TOLERANCE:
            detail = (
                f"The model answers golden row {worst} with {self.predict(matrix)[worst]:.9g}, its estimator with "
                f"{outputs[worst]:.9g}. Convert it again."
            )
            raise BadPackage(detail, code="golden_mismatch", errors=[Fault("golden_mismatch", detail, row=worst)])


def _check_answers(found: Matrix, task: TaskType) -> None:
    wrong = ~np.isfinite(found)
    if task == "binary":
        wrong |= (found < 0) | (found > 1)
    if wrong.any():
        row = int(np.argmax(wrong))
        needed = "a probability" if task == "binary" else "a finite number"
        detail = f"The model answers row {row} with {found[row]:g}, which is not {needed}: does it take nulls?"
        raise BadPackage(detail, code="bad_prediction", errors=[Fault("bad_prediction", detail, row=row)])


def _inputs(wanted: list[PackageInput], features: list[dict[str, Any]]) -> list[ModelInput]:
    """Return the model's inputs as the training set knows them; refuse what differs, all faults at once."""
    known = {item["name"]: item for item in features}
    faults = [fault for place, item in enumerate(wanted) for fault in _input_faults(place, item, wanted, known)]
    if not wanted:
        faults.append(Fault("signature_mismatch", "The model takes no input.", pointer="/inputs"))
    if faults:
        raise BadPackage(faults[0].detail, code="signature_mismatch", errors=faults)
    return [_model_input(item, known[item.name]) for item in wanted]


def _input_faults(
    place: int, item: PackageInput, wanted: list[PackageInput], known: dict[str, dict[str, Any]]
) -> Iterable[Fault]:
    def fault(detail: str) -> Fault:
        return Fault("signature_mismatch", detail, pointer=f"/inputs/{place}", got=item.name[:80])

    feature = known.get(item.name)
    if feature is None:
        yield fault(f"The training set has no feature “{item.name[:80]}”; it has {', '.join(known)}.")
        return
    if item.name in [other.name for other in wanted[:place]]:
        yield fault(f"The input “{item.name}” comes twice.")
    if feature["type"] != item.type:
        yield fault(f"“{item.name}” is {feature['type']} in the training set, {item.type} in the package.")
    if item.categories is None and (feature.get("categorical") or item.type not in NUMERIC_TYPES):
        yield fault(f"“{item.name}” is a category: list its categories.")
    if item.categories is not None:
        if not feature.get("categorical"):
            yield fault(f"“{item.name}” is a number in the training set, and has categories in the package.")
        if len(set(item.categories)) != len(item.categories) or len(item.categories) > MAX_CATEGORIES:
            yield fault(f"The categories of “{item.name}” repeat, or are more than {MAX_CATEGORIES}.")


def _model_input(item: PackageInput, feature: dict[str, Any]) -> ModelInput:
    return ModelInput(
        name=item.name,
        type=item.type,
        origin=feature.get("origin", "view"),
        view=feature.get("view"),
        nullable=item.nullable,
        categories=item.categories,
        low=feature.get("low") if item.categories is None else None,
        high=feature.get("high") if item.categories is None else None,
    )


def _check_graph(path: Path, width: int) -> None:
    """Look at the graph before any runtime does: nothing outside the file, nothing but the standard operators."""
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except (DecodeError, ValueError) as error:
        raise BrokenModel(f"{path.name} is no ONNX model: {error}") from error
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in _tensors(model.graph)):
        detail = "The model keeps its weights in other files. Save it as one file."
        raise BadPackage(detail, code="format_not_allowed")
    foreign = sorted({item.domain for item in model.opset_import} - DOMAINS)
    if foreign:
        raise BadPackage(f"The model uses operators of {foreign[0]!r}, which are not run.", code="format_not_allowed")
    _check_ends(model.graph, width)


def _tensors(graph: onnx.GraphProto) -> Iterable[onnx.TensorProto]:
    """Yield every stored tensor, those of subgraphs and of attributes too."""
    yield from graph.initializer
    yield from itertools.chain.from_iterable((item.values, item.indices) for item in graph.sparse_initializer)
    for node in graph.node:
        for attribute in node.attribute:
            yield from [attribute.t, *attribute.tensors]
            for inner in [attribute.g, *attribute.graphs]:
                yield from _tensors(inner)


def _check_ends(graph: onnx.GraphProto, width: int) -> None:
    stored = {tensor.name for tensor in graph.initializer}
    inputs = [item for item in graph.input if item.name not in stored]
    if len(inputs) != 1 or not graph.output:
        raise _signature(f"The model has {len(inputs)} inputs and {len(graph.output)} outputs; one input is needed.")
    kinds = [item.type.tensor_type.elem_type for item in (inputs[0], graph.output[0])]
    if kinds != [DOUBLE, DOUBLE]:
        raise _signature("Input and first output of the model have to be tensors of doubles.")
    shape = [size.dim_value for size in inputs[0].type.tensor_type.shape.dim]
    if len(shape) != 2 or shape[1] not in {0, width}:
        raise _signature(f"The model's input has the shape {shape}; the package has {width} inputs.")


def _signature(detail: str) -> BadPackage:
    return BadPackage(detail, code="signature_mismatch")
