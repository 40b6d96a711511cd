"""The sample of a signature is a request that works: a real row, as full as there is one."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bottega.problems import DataProblem
from bottega.specs import FeatureViewSpec, RequestField, TableRead
from bottega.specs.resolved import ResolvedKey, ResolvedService, ResolvedView
from bottega_training.packaging.signature import sample


def service(*, keyed: bool = False) -> ResolvedService:
    """A service with two request fields, and a view with a key where it is asked for."""
    read = TableRead("tbl_1", "shops", "p.t", 1, [])
    keys = [ResolvedKey("shop", "shop", "string")]
    view = ResolvedView("shops", "fv_1", "v1", "shop", keys, [], [], None, None, read, FeatureViewSpec("SELECT 1", []))
    fields = [RequestField("plan", "string"), RequestField("visits", "int32")]
    return ResolvedService("s", "fs_1", "v1", [view] if keyed else [], fields, [], [], None)


def rows(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "test.parquet"
    pq.write_table(pa.Table.from_pylist(list(records)), path)
    return path


def test_the_first_row_that_has_everything_is_taken(tmp_path: Path) -> None:
    path = rows(tmp_path, {"plan": None, "visits": 1}, {"plan": "pro", "visits": 2}, {"plan": "plus", "visits": 3})
    assert sample(service(), path) == {"plan": "pro", "visits": 2}


def test_where_every_row_lacks_something_the_fullest_is_taken(tmp_path: Path) -> None:
    path = rows(tmp_path, {"plan": None, "visits": None}, {"plan": None, "visits": 4}, {"plan": "pro", "visits": None})
    assert sample(service(), path) == {"plan": None, "visits": 4}


def test_a_row_without_its_key_is_no_sample(tmp_path: Path) -> None:
    path = rows(tmp_path, {"shop": None, "plan": "pro", "visits": 1}, {"shop": "north", "plan": None, "visits": 2})
    assert sample(service(keyed=True), path) == {"shop": "north", "plan": None, "visits": 2}
    with pytest.raises(DataProblem, match="keys") as caught:
        sample(service(keyed=True), rows(tmp_path, {"shop": None, "plan": "pro", "visits": 1}))
    assert caught.value.problem.code == "no_sample"
