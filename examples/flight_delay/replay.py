"""Replays some hours of October as live traffic: each flight is asked about at its scheduled departure."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

from loop import Loop, data_folder
from targets import Target

FIRST = datetime(2013, 10, 1, 12, tzinfo=UTC)
HOURS = 3  # as long as the loaded weather counts as fresh


def october_requests() -> list[tuple[datetime, dict[str, Any]]]:
    """Return the flights of the replayed hours as (moment, record), in order of time."""
    with zipfile.ZipFile(data_folder() / "flights.csv.zip") as archive:
        text = io.TextIOWrapper(archive.open("flights.csv"), encoding="utf-8")
        rows = [
            _request(row) for row in csv.DictReader(text) if (row["month"], row["day"]) in {("10", "1"), ("10", "2")}
        ]
    window = [(moment, record) for moment, record in rows if FIRST <= moment < FIRST + timedelta(hours=HOURS)]
    return sorted(window, key=lambda pair: pair[0])


def _request(row: dict[str, str]) -> tuple[datetime, dict[str, Any]]:
    hour = datetime.strptime(row["time_hour"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    moment = hour + timedelta(minutes=int(row["minute"]))
    record = {
        "carrier": row["carrier"],
        "tailnum": row["tailnum"],
        "origin": row["origin"],
        "dest": row["dest"],
        "scheduled_departure": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return moment, record


def replay(loop: Loop, target: Target) -> int:
    """Send the requests one by one to the target's endpoint and return how many were answered."""
    requests = october_requests()
    for number, (_, record) in enumerate(requests, start=1):
        loop.predict(target, [record])
        if number % 100 == 0:
            loop.reporter.say(f"{target.name}: {number:,} of {len(requests):,} departures asked about")
    return len(requests)
