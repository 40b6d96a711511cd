"""The profile of a snapshot says what numpy says."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bottega.specs import Column
from bottega_feature_store.profile.table import profile
from bottega_feature_store.tables import arrow_schema
from bottega_feature_store.tables.duck import connect

COLUMNS = [Column("x", "float64"), Column("n", "int32"), Column("city", "string"), Column("at", "timestamp")]


def profiled(rows: list[dict[str, object]], folder: Path) -> dict[str, dict[str, object]]:
    pq.write_table(pa.Table.from_pylist(rows, arrow_schema(COLUMNS)), folder / "rows.parquet")
    with connect(folder) as connection:
        found = profile(connection, [str(folder / "rows.parquet")], COLUMNS)
    assert found["rows"] == len(rows)
    return {column["name"]: column for column in found["columns"]}


def test_moments_quantiles_histogram_and_top_values(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=2000)
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    rows = [
        {"x": float(x), "n": i % 10, "city": "Oslo" if i % 3 else "d'Or", "at": start + dt.timedelta(hours=i)}
        for i, x in enumerate(values)
    ]
    found = profiled(rows, tmp_path)
    assert np.isclose(found["x"]["mean"], values.mean())
    assert np.isclose(found["x"]["stddev"], values.std(ddof=1))
    assert (found["x"]["min"], found["x"]["max"]) == (values.min(), values.max())
    assert abs(found["x"]["quantiles"]["0.5"] - np.median(values)) < 0.1
    counts, _ = np.histogram(values, bins=20)
    assert sum(found["x"]["histogram"]["counts"]) == 2000
    assert np.abs(np.array(found["x"]["histogram"]["counts"]) - counts).sum() <= 2
    assert found["city"]["top"] == [{"value": "Oslo", "count": 1333}, {"value": "d'Or", "count": 667}]
    assert abs(found["n"]["distinct"] - 10) <= 1
    assert found["at"]["min"].startswith("2020-01-01 00:00:00")


def test_nulls_not_a_number_and_constants(tmp_path: Path) -> None:
    rows = [{"x": x, "n": None, "city": None, "at": None} for x in (5.0, 5.0, None, float("nan"), float("inf"))]
    found = profiled(rows, tmp_path)
    assert (found["x"]["nulls"], found["x"]["min"], found["x"]["max"], found["x"]["mean"]) == (1, 5.0, 5.0, 5.0)
    assert sum(found["x"]["histogram"]["counts"]) == 2
    assert (found["n"]["null_share"], found["n"]["min"], found["city"]["top"]) == (1.0, None, [])
