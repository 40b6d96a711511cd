"""Frames for the point-in-time tests, and one way to run each engine."""

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bottega.specs import Column
from bottega_feature_store.materialize.session import spark_session
from bottega_feature_store.point_in_time import duckdb as duck_engine
from bottega_feature_store.point_in_time import spark as spark_engine
from bottega_feature_store.point_in_time.plan import Join
from bottega_feature_store.tables import arrow_schema
from bottega_feature_store.tables.duck import connect

Row = dict[str, Any]
Engine = Callable[..., list[Row]]
LABEL_COLUMNS = [Column("row_id", "int64"), Column("at", "timestamp"), Column("a", "int64"), Column("b", "string")]


def view_columns(join: Join) -> list[Column]:
    """The columns of a view's files."""
    times = [Column("event_time", "timestamp"), Column("created_time", "timestamp")]
    return [Column("a", "int64"), Column("b", "string"), *times, *(Column(name, "float64") for name in join.features)]


def row_ids(rows: list[Row]) -> list[Row]:
    """Give rows the ids that :func:`write` gives them: the place of the file, then the place in it."""
    half = len(rows) // 2
    return [{**row, "row_id": p if p < half else (1 << 40) + p - half} for p, row in enumerate(rows)]


def at(hour: float) -> dt.datetime:
    """The moment this many hours after the epoch of the tests."""
    return dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=hour)


def write(rows: list[Row], columns: list[Column], folder: Path) -> list[str]:
    """Write rows as two Parquet files; their order in the files is their row id."""
    schema = arrow_schema(columns)
    files = []
    for place, part in enumerate((rows[: len(rows) // 2], rows[len(rows) // 2 :])):
        path = folder / f"part-{place}.parquet"
        pq.write_table(pa.Table.from_pylist([{c.name: r.get(c.name) for c in columns} for r in part], schema), path)
        files.append(str(path))
    return files


def run_duckdb(labels: list[Row], views: list[tuple[Join, list[Row]]], *, known_at: bool = True) -> list[Row]:
    """Join in DuckDB."""
    with tempfile.TemporaryDirectory() as folder, connect(folder, threads=1) as connection:
        table = pa.Table.from_pylist(labels, arrow_schema(LABEL_COLUMNS))
        connection.register("labels", table)
        sources = []
        for place, (join, rows) in enumerate(views):
            (Path(folder) / str(place)).mkdir()
            files = write(rows, view_columns(join), Path(folder) / str(place))
            sources.append((join, duck_engine.scan_sql(connection, files)))
        query = duck_engine.join_sql("labels", "at", sources, known_at=known_at)
        found: list[Row] = connection.sql(query).to_arrow_table().to_pylist()
        return found


def spark_runner(url: str) -> Engine:
    """Return a function that joins on the Spark server at ``url``."""

    def run(labels: list[Row], views: list[tuple[Join, list[Row]]], *, known_at: bool = True) -> list[Row]:
        with tempfile.TemporaryDirectory() as folder, spark_session(url) as session:
            Path(folder).chmod(0o755)
            sources = []
            for place, (join, rows) in enumerate(views):
                (Path(folder) / str(place)).mkdir()
                files = write(rows, view_columns(join), Path(folder) / str(place))
                sources.append((join, spark_engine.scan_files(session, files, view_columns(join))))
            path = Path(folder) / "labels.parquet"
            pq.write_table(pa.Table.from_pylist(labels, arrow_schema(LABEL_COLUMNS)), path)
            frame = session.read.parquet(str(path))
            joined = spark_engine.join(session, frame, "at", sources, known_at=known_at).orderBy("row_id")
            found: list[Row] = joined.toArrow().to_pylist()
            return found

    return run


@pytest.fixture(scope="session", params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    if request.param == "duckdb":
        return run_duckdb
    return spark_runner(request.getfixturevalue("spark_url"))


@pytest.fixture(scope="session", name="row_ids")
def row_ids_fixture() -> Callable[[list[Row]], list[Row]]:
    """The function that numbers a view's rows."""
    return row_ids


@pytest.fixture(scope="session", name="at")
def at_fixture() -> Callable[[float], dt.datetime]:
    """The function that makes moments."""
    return at


@pytest.fixture
def examples(engine: Engine) -> int:
    """How many generated cases an engine gets: a Spark query takes about a second."""
    return 80 if engine is run_duckdb else 12
