"""The predictions file: what every number of the report can be recomputed from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

#: Columns every predictions file has; the model's categorical inputs follow.
COLUMNS = ("row_id", "event_time", "label", "prediction", "baseline", "split")


def table(source: Path, split: str, prediction: np.ndarray, baseline: np.ndarray, segments: Sequence[str]) -> pa.Table:
    """Return one split's rows with the predictions beside them."""
    own = [name for name in segments if name not in COLUMNS]
    rows = pq.read_table(source, columns=["row_id", "event_time", "label", *own])
    columns = {
        "row_id": rows["row_id"],
        "event_time": rows["event_time"],
        "label": rows["label"].cast(pa.float64()),
        "prediction": pa.array(prediction),
        "baseline": pa.array(baseline),
        "split": pa.array([split] * len(prediction)).dictionary_encode(),
    }
    return pa.table(columns | {name: rows[name].cast(pa.string()) for name in own})


def write(path: Path, parts: Sequence[pa.Table]) -> Path:
    """Write the splits one after the other."""
    with pq.ParquetWriter(path, parts[0].schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(part)
    return path
