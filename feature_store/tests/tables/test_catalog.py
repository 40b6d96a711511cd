"""Snapshots are staged on branches of their own: complete, apart from each other, and never on main."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bottega.problems import DataProblem
from bottega.specs import Column
from bottega_feature_store.tables import SnapshotNotFound, Tables, columns_of_arrow, table_identifier
from bottega_feature_store.tables.schema import type_of_duckdb, type_of_spark
from bottega_feature_store.tables.staging import Staging

COLUMNS = [Column("n", "int64"), Column("text", "string")]
TABLE = table_identifier("prj_catalog", "tbl_one", COLUMNS)


@pytest.fixture
def tables(iceberg_url: str, artifacts_url: str) -> Tables:
    return Tables(iceberg_url, artifacts_url)


def stage(tables: Tables, scratch: Path, numbers: list[int], name: str, table: str = TABLE) -> int:
    staging = Staging(tables.staging_url(table, name), scratch)
    rows = pa.table({"n": pa.array(numbers, pa.int64()), "text": pa.array([str(n) for n in numbers])})
    pq.write_table(rows, staging.folder / "part-0.parquet")
    return tables.stage(table, staging.finish(), COLUMNS, f"job-{name}")


def test_each_snapshot_has_exactly_the_files_of_its_job(tables: Tables, tmp_path: Path) -> None:
    table = table_identifier("prj_catalog", "tbl_exact", COLUMNS)
    first = stage(tables, tmp_path, [1, 2], "job_a-1", table)
    second = stage(tables, tmp_path, [3], "job_b-1", table)
    assert tables.arrow(table, first).column("n").to_pylist() == [1, 2]
    assert tables.arrow(table, second, ["n"]).column("n").to_pylist() == [3]
    assert [url.rsplit("/", 2)[1] for url in tables.files(table, second)] == ["job_b-1"]
    assert tables.columns(table) == COLUMNS
    assert tables.size(table, first) > 0


def test_commits_at_the_same_time_all_arrive(iceberg_url: str, artifacts_url: str, tmp_path: Path) -> None:
    table = table_identifier("prj_catalog", "tbl_busy", COLUMNS)

    def one(number: int) -> tuple[int, int]:
        tables = Tables(iceberg_url, artifacts_url)
        snapshot = stage(tables, tmp_path, [number], f"job_{number}-1", table)
        return number, snapshot

    with ThreadPoolExecutor(4) as pool:
        staged = list(pool.map(one, range(8)))
    tables = Tables(iceberg_url, artifacts_url)
    for number, snapshot in staged:
        assert tables.arrow(table, snapshot).column("n").to_pylist() == [number]


def test_a_snapshot_that_is_not_there_is_named(tables: Tables, tmp_path: Path) -> None:
    table = table_identifier("prj_catalog", "tbl_gone", COLUMNS)
    stage(tables, tmp_path, [1], "job_a-1", table)
    with pytest.raises(SnapshotNotFound):
        tables.files(table, 12345)


def test_a_table_with_other_columns_is_another_iceberg_table() -> None:
    more = [*COLUMNS, Column("extra", "bool")]
    assert table_identifier("prj_catalog", "tbl_one", more) != TABLE
    assert TABLE.startswith("prj_catalog.tbl_one_")


def test_types_outside_the_type_table_are_refused() -> None:
    assert type_of_duckdb("DECIMAL(10,2)") == type_of_spark("decimal(10,2)") == "float64"
    for refused in (lambda: type_of_duckdb("INTEGER[]"), lambda: type_of_spark("array<int>")):
        with pytest.raises(DataProblem) as caught:
            refused()
        assert caught.value.problem.code == "unsupported_type"
    with pytest.raises(DataProblem):
        columns_of_arrow(pa.schema([("naive", pa.timestamp("us"))]))
