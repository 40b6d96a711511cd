"""The encoding that trainers see and serving reproduces: inputs in order, float64, one column each.

A number is itself, a bool 0 or 1, a category its index in ``ModelInput.categories``; null, an unseen
category and a non-finite number are NaN. Parquet is read in Arrow batches.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bottega.bundle import ModelInput
from bottega.problems import DataProblem

Matrix = np.ndarray
NUMERIC_TYPES = frozenset({"int32", "int64", "float32", "float64", "bool"})
BATCH_ROWS = 65_536
MAX_CATEGORIES = 20_000


class Encoding(msgspec.Struct, frozen=True):
    """The model's inputs, in order."""

    inputs: list[ModelInput]

    @property
    def names(self) -> list[str]:
        """The names of the inputs, in order."""
        return [item.name for item in self.inputs]

    @property
    def categorical(self) -> list[int]:
        """Positions of the categorical inputs."""
        return [place for place, item in enumerate(self.inputs) if item.categories is not None]

    def encode(self, batch: pa.RecordBatch | pa.Table) -> Matrix:
        """Encode one Arrow batch as a C-ordered float64 matrix."""
        matrix = np.empty((batch.num_rows, len(self.inputs)), dtype=np.float64)
        for place, item in enumerate(self.inputs):
            matrix[:, place] = encode_column(item, batch.column(item.name))
        return matrix

    def encode_record(self, record: dict[str, Any]) -> list[float]:
        """Encode one record of plain values: the reference for the serving tier's encoder."""
        return [_encode_value(item, record.get(item.name)) for item in self.inputs]


def encode_column(item: ModelInput, column: pa.Array | pa.ChunkedArray) -> Matrix:
    """Encode one Arrow column as float64."""
    if item.categories is not None:
        codes = pc.index_in(column.cast(pa.string()), value_set=pa.array(item.categories, pa.string()))
        return np.asarray(codes.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values = np.array(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def _encode_value(item: ModelInput, value: Any) -> float:
    if value is None:
        return float("nan")
    if item.categories is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return float(item.categories.index(text)) if text in item.categories else float("nan")
    number = float(value)
    return number if np.isfinite(number) else float("nan")


class Dataset(msgspec.Struct):
    """One split in memory: the encoded matrix, the label, and how its inputs are encoded."""

    encoding: Encoding
    matrix: Matrix
    label: Matrix

    def __len__(self) -> int:
        return len(self.label)


def batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield a Parquet file's batches with only these columns."""
    with pq.ParquetFile(path) as file:
        missing = sorted(set(columns) - set(file.schema_arrow.names))
        if missing:
            raise DataProblem(
                f"The training set lacks the columns {', '.join(missing)}; build it again from its service.",
                code="column_missing",
            )
        yield from file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns))


def load(path: Path, encoding: Encoding, label: str = "label") -> Dataset:
    """Read one split, batch by batch, into a preallocated matrix."""
    rows = pq.read_metadata(path).num_rows
    matrix = np.empty((rows, len(encoding.inputs)), dtype=np.float64)
    target = np.empty(rows, dtype=np.float64)
    start = 0
    for batch in batches(path, [*dict.fromkeys([*encoding.names, label])]):
        end = start + batch.num_rows
        matrix[start:end] = encoding.encode(batch)
        target[start:end] = batch.column(label).cast(pa.float64()).to_numpy(zero_copy_only=False)
        start = end
    return Dataset(encoding, matrix, target)


def make_encoding(features: Sequence[dict[str, Any]], train: Path) -> Encoding:
    """Build the encoding of a training set's ``features``, learning categories and ranges from the training split.

    A feature with ``categorical`` (or ``categories``) is a category; other text and times are no model inputs.
    """
    chosen = [item for item in features if _is_input(item)]
    if not chosen:
        raise DataProblem(
            "The training set has no numeric or categorical feature; add one to its feature service.",
            code="no_inputs",
        )
    table = pq.read_table(train, columns=[item["name"] for item in chosen])
    return Encoding([_model_input(item, table.column(item["name"])) for item in chosen])


def _is_input(item: dict[str, Any]) -> bool:
    return item["type"] in NUMERIC_TYPES or bool(item.get("categorical") or item.get("categories"))


def _model_input(item: dict[str, Any], column: pa.ChunkedArray) -> ModelInput:
    common: dict[str, Any] = {
        "name": item["name"],
        "type": item["type"],
        "origin": item.get("origin", "view"),
        "view": item.get("view"),
        "nullable": True,
    }
    if item.get("categorical") or item.get("categories"):
        return ModelInput(**common, categories=_categories(item, column))
    low, high = _range(column)
    return ModelInput(**common, low=low, high=high)


def _categories(item: dict[str, Any], column: pa.ChunkedArray) -> list[str]:
    if item.get("categories"):
        return [str(value) for value in item["categories"]]
    seen = sorted(value for value in pc.unique(column.cast(pa.string())).to_pylist() if value is not None)
    if len(seen) > MAX_CATEGORIES:
        raise DataProblem(
            f"{item['name']} has {len(seen)} categories; at most {MAX_CATEGORIES} can be passed to a model. "
            "Take it out of the service's categorical list.",
            code="too_many_categories",
        )
    return seen


def _range(column: pa.ChunkedArray) -> tuple[float | None, float | None]:
    ends = pc.min_max(column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column).as_py()
    low, high = ends["min"], ends["max"]
    finite = low is not None and np.isfinite(low) and np.isfinite(high)
    return (float(low), float(high)) if finite else (None, None)
