"""A small ready training set (rentals of a shop) for tests and for trying trainers out, without any pipeline."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bottega.specs import RequestField, TableRead
from bottega.specs.data import Column
from bottega.specs.features import ExpressionFeature, FeatureViewSpec
from bottega.specs.resolved import ResolvedKey, ResolvedService, ResolvedView
from bottega_platform.artifacts.services import blobs
from bottega_platform.projects.models import Project
from bottega_platform.training_sets.models import TrainingSet, TrainingSetState

SIZES = {"train": 3_000, "valid": 1_500, "test": 1_500}
SHOPS = ("north", "south", "east", "west")
START_MICROSECONDS = 1_700_000_000_000_000
HOUR = 3_600_000_000


def service() -> ResolvedService:
    """Return the resolved service behind :func:`make_training_set`."""
    columns = [Column("rentals_7d", "float64"), Column("mean_price_7d", "float64"), Column("age", "int64")]
    view = ResolvedView(
        name="shop_stats",
        view_id="fv_00000000000000000000000000",
        version="0123456789ab",
        entity="shop",
        keys=[ResolvedKey("shop", "shop", "string")],
        columns=columns,
        features=["rentals_7d", "mean_price_7d"],
        ttl_seconds=None,
        hop_seconds=3600,
        read=TableRead("tbl_00000000000000000000000000", "shop_stats", "p.t", 1, columns),
        spec=FeatureViewSpec(sql="SELECT 1", sources=["rentals"], entity="shop"),
    )
    return ResolvedService(
        name="rental_features",
        service_id="fs_00000000000000000000000000",
        version="0123456789ab",
        views=[view],
        request=[RequestField("price", "float64"), RequestField("at", "timestamp")],
        expressions=[ExpressionFeature("hour", "hour(at)", "int32")],
        categorical=["shop"],
        event_time="at",
    )


def rows(split: str, task: str = "binary") -> pa.Table:
    """Return one split with a known signal, nulls, and shops that only the hold-out has."""
    size, place = SIZES[split], list(SIZES).index(split)
    random = np.random.default_rng(place)
    shop = random.choice(SHOPS if split != "test" else (*SHOPS, "new"), size)
    rentals, price = random.gamma(4, 5, size), random.normal(30, 8, size)
    mean_price, hour = random.normal(30, 5, size), random.integers(0, 24, size)
    signal = 0.1 * (rentals - 20) + 0.15 * (mean_price - price) + 0.1 * np.abs(hour - 12) - 0.6
    noisy = signal + (shop == "north") + random.normal(size=size)
    rentals[random.random(size) < 0.1] = np.nan
    times = START_MICROSECONDS + (place * 4_000 + np.arange(size)) * HOUR
    return pa.table(
        {
            "row_id": pa.array(np.arange(size) + place * 10_000),
            "event_time": pa.array(times, pa.timestamp("us", tz="UTC")),
            "label": pa.array(noisy > 0) if task == "binary" else pa.array(noisy),
            "shop": pa.array(shop),
            "price": pa.array(price),
            "at": pa.array(times, pa.timestamp("us", tz="UTC")),
            "rentals_7d": pa.array(rentals, from_pandas=True),
            "mean_price_7d": pa.array(mean_price),
            "hour": pa.array(hour, pa.int32()),
        }
    )


def make_training_set(
    project: Project, *, name: str = "rentals", task: str = "binary", fit_for_registration: bool = True
) -> TrainingSet:
    """Store the splits and create a ready training set that names them."""
    import msgspec

    resolved = service()
    features: list[dict[str, Any]] = msgspec.to_builtins(resolved.features())
    return TrainingSet.objects.create(
        project=project,
        name=name,
        spec={},
        service=msgspec.to_builtins(resolved),
        state=TrainingSetState.READY,
        counts=dict(SIZES),
        meta={"features": features, "label": {"name": "rented"}},
        splits={split: _store(rows(split, task)) for split in SIZES},
        data={"shop_stats": "1"},
        fit_for_registration=fit_for_registration,
    )


def _store(table: pa.Table) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "split.parquet"
        pq.write_table(table, path)
        return blobs().put_file(path).sha256
