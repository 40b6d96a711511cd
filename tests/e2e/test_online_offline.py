"""What is read online equals the offline point-in-time join at the same moment."""

import random

import duckdb
import pytest

from bottega_feature_store.tables import Tables
from bottega_platform.config import env

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
PROJECT = "/projects/flights"
AS_OF = "2013-10-08T12:00:00Z"  # what the replay has loaded last
KEYS = 1000


@pytest.mark.parametrize("view", ["aircraft_delays", "aircraft_last_flight", "route_delays", "weather_at_origin"])
def test_a_thousand_random_keys_read_online_equal_the_offline_join(running_platform, view: str) -> None:
    client = running_platform.client
    detail = client.get(f"{PROJECT}/feature-views/{view}")
    keys = [column["name"] for column in detail["keys"]]
    table = client.get(f"{PROJECT}/tables/{view}")["current"]
    files = _files(running_platform, table)
    offline = duckdb.connect()
    offline.execute("SET TimeZone = 'UTC'")
    offline.execute(f"CREATE VIEW frame AS SELECT * FROM read_parquet({files!r})")
    everything = offline.sql(f"SELECT DISTINCT {', '.join(keys)} FROM frame").fetchall()
    chosen = random.Random(7).choices(everything, k=KEYS)
    asked = [dict(zip(keys, key, strict=True)) for key in chosen]
    answers = []
    for start in range(0, KEYS, 100):
        body = {"keys": asked[start : start + 100], "as_of": AS_OF}
        answers += client.post(f"{PROJECT}/feature-views/{view}/read", body)["rows"]
    features = [feature["name"] for feature in detail["features"]]
    expected = _offline(offline, keys, features, detail.get("ttl_seconds"))
    for key, answer in zip(chosen, answers, strict=True):
        wanted = expected.get(tuple(key))
        got = tuple(answer["values"][name] for name in features) if answer["status"] in {"present", "null"} else None
        assert got == (None if wanted is None else pytest.approx(wanted, nan_ok=True)), (key, answer)


def _files(platform, version: dict) -> list[str]:
    """The Parquet files of a published snapshot, read by the catalogue as any Iceberg client would."""
    settings = env.load(platform.environment)
    tables = Tables(settings.database("iceberg").url("psycopg2"), settings.artifacts)
    return [file.removeprefix("file://") for file in tables.files(version["identifier"], int(version["snapshot"]))]


def _offline(
    offline: duckdb.DuckDBPyConnection, keys: list[str], features: list[str], ttl_seconds: int | None
) -> dict[tuple, tuple]:
    """The latest row known at the moment, the plain way: greatest (event, created) among the known."""
    fresh = f"AND event_time >= TIMESTAMPTZ '{AS_OF}' - INTERVAL {ttl_seconds} SECOND" if ttl_seconds else ""
    rows = offline.sql(
        f"""SELECT {", ".join(keys)}, {", ".join(features)} FROM (
              SELECT *, row_number() OVER (PARTITION BY {", ".join(keys)} ORDER BY event_time DESC, created_time DESC) n
              FROM frame WHERE event_time <= TIMESTAMPTZ '{AS_OF}' AND created_time <= TIMESTAMPTZ '{AS_OF}'
            ) WHERE n = 1 {fresh}"""
    ).fetchall()
    return {row[: len(keys)]: row[len(keys) :] for row in rows}
