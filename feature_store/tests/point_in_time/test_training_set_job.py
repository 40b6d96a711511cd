"""The training-set job: rows as of their time, splits, categories of the training split only, leaks refused."""

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bottega.problems import DataProblem
from bottega.specs import Column, ExpressionFeature, FeatureViewSpec, RequestField, TableRead
from bottega.specs.resolved import ResolvedKey, ResolvedService, ResolvedView
from bottega_feature_store.blobs import BlobStore
from bottega_feature_store.point_in_time.job import run
from bottega_feature_store.tables import Tables, arrow_schema, table_identifier
from bottega_feature_store.tables.staging import Staging

START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
ROWS = 600
LABELS = [Column("shop", "string"), Column("at", "timestamp"), Column("size", "float64"), Column("sold", "int32")]
VIEW = [
    Column("shop", "string"),
    Column("event_time", "timestamp"),
    Column("created_time", "timestamp"),
    Column("stock", "float64"),
    Column("outcome", "float64"),
]


def hour(number: int) -> str:
    return (START + dt.timedelta(hours=number)).isoformat()


def sold(number: int) -> int | None:
    return None if number % 50 == 7 else int(number * 7919 % 13 < 5)


def publish(context: Any, table: str, columns: list[Column], rows: list[dict[str, Any]]) -> TableRead:
    identifier = table_identifier("prj_sets", f"tbl_{table}", columns)
    tables = Tables(context.connection("iceberg"), context.connection("artifacts"))
    name = f"{table}-{context.staging_name}"
    staging = Staging(tables.staging_url(identifier, name), context.start.scratch)
    pq.write_table(pa.Table.from_pylist(rows, arrow_schema(columns)), staging.folder / "part.parquet")
    snapshot = tables.stage(identifier, staging.finish(), columns, f"job-{name}")
    return TableRead(f"tbl_{table}", table, identifier, snapshot, columns)


def inputs(context: Any, *, leaking: bool = False, **spec: Any) -> dict[str, Any]:
    shops = ["north", "south", "west"]
    labels = [
        {
            "shop": "east" if n > 550 else shops[n % 3],
            "at": START + dt.timedelta(hours=n),
            "size": float(n % 5),
            "sold": sold(n),
        }
        for n in range(ROWS)
    ]
    view = [
        {
            "shop": row["shop"],
            "event_time": row["at"],
            "created_time": row["at"] + dt.timedelta(hours=1),
            "stock": float(n % 17),
            "outcome": float(row["sold"] or 0),
        }
        for n, row in enumerate(labels)
    ]
    features = ["stock", "outcome"] if leaking else ["stock"]
    service = ResolvedService(
        name="shopping",
        service_id="fs_1",
        version="v1",
        views=[
            ResolvedView(
                name="stocks",
                view_id="fv_1",
                version="v1",
                entity="shop",
                keys=[ResolvedKey("shop", "shop", "string")],
                columns=VIEW[3:],
                features=features,
                ttl_seconds=12 * 3600,
                hop_seconds=None,
                read=publish(context, "stocks", VIEW, view),
                spec=FeatureViewSpec(sql="SELECT 1", sources=[]),
            )
        ],
        request=[RequestField("size", "float64")],
        expressions=[ExpressionFeature("ratio", "stock / (size + 1)", "float64")],
        categorical=["shop"],
        event_time="at",
    )
    time_split = {"kind": "time", "valid_from": hour(400), "test_from": hour(500), "end": hour(590)}
    wanted = {"labels": "sales", "label": "sold", "event_time": "at", "feature_service": "shopping"}
    return {
        "spec": {**wanted, "start": hour(10), "split": time_split, **spec},
        "service": msgspec.to_builtins(service),
        "labels": msgspec.to_builtins(publish(context, "sales", LABELS, labels)),
        "project_id": "prj_sets",
    }


def build(job_context: Any, *, leaking: bool = False, spark: str = "", **spec: Any) -> tuple[Any, dict[str, pa.Table]]:
    context = job_context({}, spark=spark)
    context.start.inputs.update(inputs(context, leaking=leaking, **spec))
    found = run(context)
    store = BlobStore(context.connection("artifacts"))
    folder = Path(context.start.scratch)
    return found, {split: pq.read_table(store.path_or_copy(d, folder)) for split, d in found["splits"].items()}


def test_rows_are_split_by_time_and_nothing_outside_the_bounds_is_read(job_context: Any) -> None:
    found, splits = build(job_context)
    numbers = {
        name: [int((t - START).total_seconds()) // 3600 for t in table.column("event_time").to_pylist()]
        for name, table in splits.items()
    }
    expected = {"train": range(10, 400), "valid": range(400, 500), "test": range(500, 590)}
    for name, span in expected.items():
        assert numbers[name] == [n for n in span if sold(n) is not None]
        assert found["counts"][name] == len(numbers[name])
    assert (found["counts"]["rows"], found["counts"]["null_labels"]) == (580, 11)
    assert found["fit_for_registration"] is True


def test_features_are_those_known_at_the_labels_time(job_context: Any) -> None:
    found, splits = build(job_context)
    row = splits["train"].to_pylist()[90]
    number = int((row["event_time"] - START).total_seconds()) // 3600
    assert row["stock"] == float((number - 3) % 17)
    assert row["ratio"] == pytest.approx(row["stock"] / (row["size"] + 1))
    assert row["label"] == sold(number)
    names = [(f["name"], f["origin"]) for f in found["meta"]["features"]]
    assert names == [("stock", "view"), ("ratio", "expression"), ("size", "request"), ("shop", "key")]
    assert found["meta"]["views"]["stocks"]["missing"] == 1


def test_categories_and_ranges_come_from_the_training_split_alone(job_context: Any) -> None:
    found, splits = build(job_context)
    by_name = {feature["name"]: feature for feature in found["meta"]["features"]}
    assert sorted(by_name["shop"]["categories"]) == ["north", "south", "west"]
    assert "east" in splits["test"].column("shop").to_pylist()
    assert (by_name["size"]["low"], by_name["size"]["high"]) == (0.0, 4.0)


def test_a_leaking_feature_is_refused_by_name(job_context: Any) -> None:
    context = job_context({})
    wanted = inputs(context, leaking=True, known_at=True)
    rows = [
        {"shop": "north", "event_time": START + dt.timedelta(hours=n), "created_time": START, "stock": 1.0,
         "outcome": float(sold(n) or 0)}
        for n in range(ROWS)
    ]  # fmt: skip
    for row, n in zip(rows, range(ROWS), strict=True):
        row["shop"] = "east" if n > 550 else ["north", "south", "west"][n % 3]
        row["created_time"] = row["event_time"]
    leaky = publish(context, "leaky", VIEW, rows)
    wanted["service"]["views"][0]["read"] = msgspec.to_builtins(leaky)
    context.start.inputs.update(wanted)
    with pytest.raises(DataProblem) as caught:
        run(context)
    assert caught.value.problem.code == "leakage_risk"
    assert [fault.column for fault in caught.value.problem.errors] == ["outcome"]


def test_switching_the_known_at_filter_off_is_flagged_and_unfit(job_context: Any) -> None:
    found, _ = build(job_context, leaking=True, known_at=False)
    assert [leak["column"] for leak in found["meta"]["leaks"]] == ["outcome"]
    assert found["fit_for_registration"] is False


def test_a_hash_split_is_stable_and_near_its_fractions(job_context: Any) -> None:
    split = {"kind": "hash", "by": ["shop", "at"], "valid": 0.2, "test": 0.2}
    first, again = build(job_context, split=split)[0], build(job_context, split=split)[0]
    assert first["splits"] == again["splits"]
    assert 70 < first["counts"]["test"] < 160


def test_an_empty_split_is_refused(job_context: Any) -> None:
    late = {"kind": "time", "valid_from": hour(400), "test_from": hour(5000)}
    with pytest.raises(DataProblem) as caught:
        build(job_context, split=late)
    assert caught.value.problem.code == "empty_split"


@pytest.mark.spark
def test_spark_builds_the_same_rows(job_context: Any, spark_url: str) -> None:
    mine, my_rows = build(job_context)
    theirs, their_rows = build(job_context, engine="spark", spark=spark_url)
    assert mine["counts"] == theirs["counts"]
    for split, table in my_rows.items():
        assert table.to_pylist() == their_rows[split].to_pylist()


def test_the_log_says_what_was_joined_split_and_stored(job_context: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = build(job_context)
    log = capsys.readouterr().out
    assert "labels sold of sales, snapshot" in log
    assert f"left out: {found['counts']['null_labels']} × null_labels" in log
    assert "stocks: " in log
    assert f"split: train {found['counts']['train']}, valid {found['counts']['valid']}" in log
    assert "leakage: none found" in log
    assert f"blob {found['splits']['test'][:12]}" in log
