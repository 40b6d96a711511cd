"""Sweeping takes what lost attempts staged, and nothing that a published version or an attempt at work needs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bottega.ids import new_id
from bottega.specs import Column
from bottega_feature_store.tables import SnapshotNotFound, Tables, table_identifier
from bottega_feature_store.tables.staging import Staging
from bottega_feature_store.tables.sweep import Leftover, TableSweep

COLUMNS = [Column("n", "int64")]
LATER = datetime.now(UTC) + timedelta(hours=1)
Sweep = Callable[..., list[Leftover]]


@pytest.fixture
def project() -> str:
    return new_id("project")


@pytest.fixture
def table(project: str) -> str:
    return table_identifier(project, new_id("table"), COLUMNS)


@pytest.fixture
def tables(iceberg_url: str, artifacts_url: str) -> Tables:
    return Tables(iceberg_url, artifacts_url)


@pytest.fixture
def sweep(tables: Tables, project: str) -> Sweep:
    def _sweep(kept: set[str], *, before: datetime = LATER, dry_run: bool = False) -> list[Leftover]:
        return list(TableSweep(tables, kept=kept, before=before, dry_run=dry_run).project(project))

    return _sweep


def write(tables: Tables, table: str, name: str, scratch: Path) -> list[str]:
    staging = Staging(tables.staging_url(table, name), scratch)
    pq.write_table(pa.table({"n": pa.array([len(name)], pa.int64())}), staging.folder / "part-0.parquet")
    return staging.finish()


def stage(tables: Tables, table: str, name: str, scratch: Path) -> int:
    return tables.stage(table, write(tables, table, name, scratch), COLUMNS, f"job-{name}")


def stored(artifacts_url: str) -> set[str]:
    return {str(path) for path in Path(artifacts_url.removeprefix("file://")).rglob("*") if path.is_file()}


def attempts() -> tuple[str, str]:
    job = new_id("job")
    return f"{job}-1", f"{job}-2"


def test_what_a_lost_attempt_staged_goes_and_the_published_version_stays(
    tables: Tables, table: str, sweep: Sweep, tmp_path: Path
) -> None:
    lost, published = attempts()
    gone, kept = stage(tables, table, lost, tmp_path), stage(tables, table, published, tmp_path)
    found = sweep({published})
    assert {leftover.kind for leftover in found} == {"branch", "folder", "metadata"}
    assert tables.arrow(table, kept).column("n").to_pylist() == [len(published)]
    with pytest.raises(SnapshotNotFound):
        tables.files(table, gone)
    assert list(tables.catalog.load_table(table).refs()) == ["main", f"job-{published}"]
    assert sweep({published}) == []


def test_the_swept_table_takes_further_snapshots(tables: Tables, table: str, sweep: Sweep, tmp_path: Path) -> None:
    lost, published = attempts()
    stage(tables, table, lost, tmp_path)
    sweep(set())
    kept = stage(tables, table, published, tmp_path)
    assert tables.arrow(table, kept).num_rows == 1


def test_a_dry_run_tells_the_same_and_leaves_every_file(
    tables: Tables, table: str, sweep: Sweep, artifacts_url: str, tmp_path: Path
) -> None:
    lost, published = attempts()
    stage(tables, table, lost, tmp_path)
    stage(tables, table, published, tmp_path)
    before = stored(artifacts_url)
    told = sweep({published}, dry_run=True)
    assert stored(artifacts_url) == before
    assert {item.name for item in told} <= {item.name for item in sweep({published})}
    assert {item.kind for item in told} == {"branch", "folder", "metadata"}


def test_what_is_younger_than_the_grace_stays(
    tables: Tables, table: str, sweep: Sweep, artifacts_url: str, tmp_path: Path
) -> None:
    stage(tables, table, attempts()[0], tmp_path)
    before = stored(artifacts_url)
    assert sweep(set(), before=datetime.now(UTC) - timedelta(hours=1)) == []
    assert stored(artifacts_url) == before


def test_what_an_attempt_at_work_has_staged_stays(tables: Tables, table: str, sweep: Sweep, tmp_path: Path) -> None:
    working = attempts()[0]
    files = write(tables, table, working, tmp_path)
    assert sweep({working}) == []
    snapshot = tables.stage(table, files, COLUMNS, f"job-{working}")
    assert tables.arrow(table, snapshot).num_rows == 1


def test_files_staged_for_a_table_that_the_catalog_never_knew_go(
    tables: Tables, table: str, sweep: Sweep, artifacts_url: str, tmp_path: Path
) -> None:
    write(tables, table, attempts()[0], tmp_path)
    assert [item.kind for item in sweep(set())] == ["folder"]
    assert stored(artifacts_url) == set()


def test_tables_of_a_project_that_was_not_named_are_not_touched(
    tables: Tables, table: str, artifacts_url: str, tmp_path: Path
) -> None:
    stage(tables, table, attempts()[0], tmp_path)
    before = stored(artifacts_url)
    other = TableSweep(tables, kept=set(), before=LATER, dry_run=False)
    assert list(other.project(new_id("project"))) == []
    assert stored(artifacts_url) == before
