"""The profile of a snapshot: what each column holds, from two scans of its Parquet files."""

from typing import Any

import duckdb

from bottega.specs import Column
from bottega_feature_store.quoting import name
from bottega_feature_store.tables.duck import parquet

BINS = 20
TOP = 10
PROFILED_COLUMNS = 200
_NUMBERS = {"int32", "int64", "float32", "float64"}
_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def profile(connection: duckdb.DuckDBPyConnection, files: list[str], columns: list[Column]) -> dict[str, Any]:
    """Return ``{"rows", "columns": [...]}`` as JSON values: nulls, distinct, range, moments, quantiles,
    histogram of :data:`BINS` bins, most frequent values."""
    shown = columns[:PROFILED_COLUMNS]
    source = parquet(connection, files)
    parts = ["count(*) AS rows"] + [f"{_statistics(column)} AS c{i}" for i, column in enumerate(shown)]
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {source}").fetchone()  # noqa: S608
    rows, *found = row if row is not None else (0,)
    described = [_described(column, rows, values) for column, values in zip(shown, found, strict=True)]
    _add_histograms(connection, source, shown, described)
    return {"rows": rows, "columns": described, "truncated": len(columns) > len(shown)}


def _statistics(column: Column) -> str:
    text = name(column.name)
    fields = [f"present: count({text})", f"uniques: approx_count_distinct({text})"]
    if column.type in _NUMBERS:
        number = f"CASE WHEN isfinite(CAST({text} AS DOUBLE)) THEN CAST({text} AS DOUBLE) END"
        listed = ", ".join(str(q) for q in _QUANTILES)
        fields += [
            f"low: min({number})",
            f"high: max({number})",
            f"mean: avg({number})",
            f"stddev: stddev_samp({number})",
            f"quantiles: approx_quantile({number}, [{listed}])",
        ]
    elif column.type in {"timestamp", "date"}:
        fields += [f"low: CAST(min({text}) AS VARCHAR)", f"high: CAST(max({text}) AS VARCHAR)"]
    else:
        fields.append(f"top: approx_top_k(left(CAST({text} AS VARCHAR), 100), {TOP})")
    return "{" + ", ".join(fields) + "}"


def _described(column: Column, rows: int, found: dict[str, Any]) -> dict[str, Any]:
    described = {
        "name": column.name,
        "type": column.type,
        "nulls": rows - found["present"],
        "null_share": (rows - found["present"]) / rows if rows else 0.0,
        "distinct": min(found["uniques"], found["present"]),
    }
    if "low" in found:
        described |= {"min": found["low"], "max": found["high"]}
    if "mean" in found:
        described |= {"mean": found["mean"], "stddev": found["stddev"]}
        values = found["quantiles"] or [None] * len(_QUANTILES)
        described["quantiles"] = {str(q): v for q, v in zip(_QUANTILES, values, strict=True)}
    if "top" in found:
        described["top"] = found["top"] or []
    return described


def _add_histograms(
    connection: duckdb.DuckDBPyConnection, source: str, columns: list[Column], described: list[dict[str, Any]]
) -> None:
    numeric = [i for i, column in enumerate(columns) if column.type in _NUMBERS and described[i]["min"] is not None]
    texts = [i for i, column in enumerate(columns) if described[i].get("top")]
    parts = [_bins(columns[i], described[i]) for i in numeric] + [_counts(columns[i], described[i]) for i in texts]
    if not parts:
        return
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {source}").fetchone() or ()  # noqa: S608
    for place, counts in zip(numeric, row, strict=False):
        described[place]["histogram"] = _histogram(described[place], counts)
    for place, counts in zip(texts, row[len(numeric) :], strict=True):
        top = [{"value": v, "count": n} for v, n in zip(described[place]["top"], counts, strict=True)]
        described[place]["top"] = sorted(top, key=lambda entry: -entry["count"])


def _bins(column: Column, described: dict[str, Any]) -> str:
    low, width = described["min"], _width(described)
    number = f"CAST({name(column.name)} AS DOUBLE)"
    place = f"least(TRY_CAST(floor(({number} - ({low!r}::DOUBLE)) / ({width!r}::DOUBLE)) AS INTEGER), {BINS - 1})"
    return f"histogram({place}) FILTER ({number} IS NOT NULL AND isfinite({number}))"


def _counts(column: Column, described: dict[str, Any]) -> str:
    text = f"left(CAST({name(column.name)} AS VARCHAR), 100)"
    values = [value.replace("'", "''") for value in described["top"]]
    return "[" + ", ".join(f"count(*) FILTER ({text} = '{value}')" for value in values) + "]"


def _width(described: dict[str, Any]) -> float:
    return float((described["max"] - described["min"]) / BINS) or 1.0


def _histogram(described: dict[str, Any], counts: dict[int, int]) -> dict[str, Any]:
    low, width = described["min"], _width(described)
    edges = [low + width * place for place in range(BINS + 1)]
    return {"edges": edges, "counts": [counts.get(place, 0) for place in range(BINS)]}
