"""A stock feast.FeatureStore over our classes: exact joins, and what was loaded online."""

import datetime as dt
import uuid

import pandas as pd
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redis

from bottega.specs import Column
from bottega_feature_store.codec import ViewCodec
from bottega_feature_store.feast.definitions import ExportService, ExportView, Layout
from bottega_feature_store.feast.export import export, settings
from bottega_feature_store.online.writer import Writer, flip
from bottega_feature_store.types import to_micros

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]
NOON = dt.datetime(2024, 5, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
KEYS = [Column("person", "int64"), Column("shop", "int64")]
COLUMNS = [Column("spent", "float64"), Column("note", "string")]
ROWS = [
    # person, shop, event, created, spent, note
    (1, 12, NOON - 3 * HOUR, NOON - 3 * HOUR, 100.0, "right"),
    (11, 2, NOON - 2 * HOUR, NOON - 2 * HOUR, 200.0, "other key"),
    (1, 12, NOON - 1 * HOUR, NOON + 5 * HOUR, 300.0, "known later"),
    (5, 5, NOON - 40 * HOUR, NOON - 40 * HOUR, 400.0, "stale"),
    (7, 7, NOON - 2 * HOUR, NOON - 2 * HOUR, 1.0, "first"),
    (7, 7, NOON - 2 * HOUR, NOON - 1 * HOUR, 2.0, "corrected"),
]


@pytest.fixture
def registry_url(postgres_admin_url):
    name = f"feast_{uuid.uuid4().hex[:8]}"
    admin = psycopg2.connect(postgres_admin_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield postgres_admin_url.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg2://") + f"/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


@pytest.fixture
def store(registry_url, online_store_url, tmp_path):
    from feast import FeatureStore
    from feast.repo_config import RepoConfig

    moment = pa.timestamp("us", tz="UTC")
    kinds = [pa.int64(), pa.int64(), moment, moment, pa.float64(), pa.string()]
    names = ["person", "shop", "event_time", "created_time", "spent", "note"]
    columns = [pa.array(values, kind) for values, kind in zip(zip(*ROWS, strict=True), kinds, strict=True)]
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), tmp_path / "part-0.parquet")
    project = f"prj_{uuid.uuid4().hex}"
    layout = Layout(project, "fv_spending.abc", KEYS, COLUMNS, 24 * 3600)
    views = [ExportView("spending", "buyer", layout, str(tmp_path))]
    services = [ExportService("buying", {"spending": ["spent", "note"]})]
    for _ in range(2):
        made = export(
            project_id=project, registry_url=registry_url, online_url=online_store_url, views=views, services=services
        )
    assert made == {"entities": 2, "feature_views": 1, "feature_services": 1}
    yield FeatureStore(config=RepoConfig(**settings(project, registry_url, online_store_url, as_of=NOON.isoformat())))
    left = export(project_id=project, registry_url=registry_url, online_url=online_store_url, views=[], services=[])
    assert left == {"entities": 0, "feature_views": 0, "feature_services": 0}


def put(url, store):
    with redis.Redis.from_url(url) as client:
        codec = ViewCodec(COLUMNS)
        rows = {(row[0], row[1]): row for row in (ROWS[0], ROWS[1], ROWS[3], ROWS[5])}
        values = [codec.pack(to_micros(row[2]), row[4:]) for row in rows.values()]
        Writer(client, store.project, "fv_spending.abc", "one").load(list(rows), values)
        flip(client, store.project, "fv_spending.abc", "one")


def test_stock_feast_joins_point_in_time_right_and_reads_what_was_loaded(store, online_store_url):
    asked = [(1, 12), (11, 2), (5, 5), (7, 7), (9, 9), (1, 12)]
    frame = pd.DataFrame(
        {"person": [p for p, _ in asked], "shop": [s for _, s in asked], "event_timestamp": [NOON] * len(asked)}
    )
    service = store.get_feature_service("buying")
    found = store.get_historical_features(frame, service).to_df()
    wanted = ["right", "other key", None, "corrected", None, "right"]
    assert [(p, s) for p, s in zip(found["person"], found["shop"], strict=True)] == asked
    assert [None if pd.isna(note) else note for note in found["note"]] == wanted
    named = store.get_historical_features(frame, ["spending:spent"], full_feature_names=True).to_df()
    assert named["spending__spent"].fillna(-1).tolist() == [100.0, 200.0, -1, 2.0, -1, 100.0]

    put(online_store_url, store)
    rows = [{"person": person, "shop": shop} for person, shop in asked]
    online = store.get_online_features(service, rows).to_dict()
    assert online["note"] == wanted
    assert online["spent"] == [100.0, 200.0, None, 2.0, None, 100.0]

    frame = pd.DataFrame(
        [{"person": 9, "shop": 9, "event_time": NOON, "created_time": NOON, "spent": 9.0, "note": "pushed"}]
    )
    store.write_to_online_store("spending", frame)
    assert store.get_online_features(service, [{"person": 9, "shop": 9}]).to_dict()["note"] == ["pushed"]
