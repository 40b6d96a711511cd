"""The model bundle: a content-addressed folder, its manifest the last file written.

Layout of a bundle folder::

    manifest.json        this document
    model.onnx           or model.txt (LightGBM text), or model.ubj (XGBoost)
    MLmodel              makes the folder loadable by MLflow

The bundle's digest is the sha256 of ``manifest.json``'s bytes; the manifest holds the sha256 of each file.
"""

from typing import Any, Literal

import msgspec

from bottega.specs.data import Column, DataType
from bottega.specs.features import ExpressionFeature, RequestField
from bottega.specs.training import TaskType

BUNDLE_FORMAT = 1
ModelFormat = Literal["lightgbm", "onnx", "xgboost"]


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the bundle: path inside it, sha256 in hex, size in bytes."""

    path: str
    sha256: str
    size: int


class OnlineView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One feature view as the serving tier reads it.

    ``view_id`` names it in online keys; ``key_fields`` are the request's names for its keys, in the entity's
    key order, typed; ``columns`` are all columns of the packed value in order (needed to decode it).
    """

    name: str
    view_id: str
    version: str
    key_fields: list[Column]
    columns: list[Column]
    ttl_seconds: int | None


class ModelInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One input of the model, in order. ``origin`` says where a request gets it from.

    ``categories`` (for categorical inputs) are in code order: the model sees the index, null and
    unseen values are NaN (an unseen one is also reported in ``degraded``).
    """

    name: str
    type: DataType
    origin: Literal["view", "key", "request", "expression"]
    view: str | None = None
    nullable: bool = True
    categories: list[str] | None = None
    low: float | None = None
    high: float | None = None


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a request may hold and what the answer is.

    A record holds either ``keys`` and ``request`` fields (features are looked up), or besides these every
    feature that comes from a view, by name (a full feature set skips the lookup).
    """

    keys: list[Column]
    request: list[RequestField]
    event_time: str | None
    inputs: list[ModelInput]
    views: list[OnlineView]
    expressions: list[ExpressionFeature]
    output: Literal["probability", "value"]
    sample: dict[str, Any]


class Stamps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the model comes from: code commit, data, environment, who and when."""

    code: str
    training_set: str
    training_run: str
    data: dict[str, int]
    environment: dict[str, str]
    created_by: str
    created_at: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bundle's manifest. ``golden`` rows are full input vectors (after encoding, NaN as null) with
    the expected outputs; a loader must reproduce them within 1e-6."""

    task: str
    format: ModelFormat
    model_file: str
    signature: Signature
    feature_service: str
    files: list[FileEntry]
    golden_inputs: list[list[float | None]]
    golden_outputs: list[float]
    metrics: dict[str, Any]
    measured: dict[str, float]
    stamps: Stamps
    bundle_format: int = BUNDLE_FORMAT


PACKAGE_FORMAT = 1
MAX_PACKAGE_BYTES = 1 << 30
PACKAGE_MANIFEST = "manifest.json"
#: How far a packaged model may be from its estimator, relative to answers above 1: what 32-bit sums of many trees need.
PACKAGE_TOLERANCE = 1e-5


class PackageInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One input of an uploaded model, a feature of its training set by name, in the order the model takes them.

    ``categories`` as in :class:`ModelInput`: the model sees the index, NaN for null and for what is not listed.
    """

    name: str
    type: DataType
    categories: list[str] | None = None
    nullable: bool = True


class PackageManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The manifest of a model package: a zip with ``manifest.json`` and the files it lists, nothing else.

    The model is ONNX with one input, double [rows, inputs], and as first output the predictions, double [rows]:
    the probability of 1 for a binary task, the value for a regression. ``golden_outputs`` are what the estimator
    itself answered for ``golden_inputs`` (encoded, NaN as null); the model must reproduce them. ``training_set``
    is the name of what it was fitted on.
    """

    task: TaskType
    format: str
    model_file: str
    inputs: list[PackageInput]
    files: list[FileEntry]
    golden_inputs: list[list[float | None]]
    golden_outputs: list[float]
    training_set: str = ""
    estimator: str = ""
    environment: dict[str, str] = {}
    package_format: int = PACKAGE_FORMAT
