"""The October flights: what is asked about them at scheduled departure, and what is known of them after landing."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from loop import PATH, data_folder, stamp
from targets import TARGETS

from bottega.client import Client, rows

KEYS = ["carrier", "tailnum", "origin", "dest"]
TIME = "scheduled_departure"
LABELS = [target.label for target in TARGETS]


class Request(NamedTuple):
    """One flight: the moment at which it is asked about, and the record that is sent."""

    moment: datetime
    record: dict[str, Any]


class Landing(NamedTuple):
    """What became known of a flight, and when: its keys, and the value of each label."""

    scheduled: datetime
    landed: datetime
    keys: dict[str, Any]
    values: dict[str, Any]

    def label(self, name: str) -> dict[str, Any]:
        """Return one of its labels as the API takes it, named by keys and scheduled departure."""
        return {"keys": self.keys, "event_time": stamp(self.scheduled), "value": self.values[name]}


def requests(first: datetime, last: datetime) -> list[Request]:
    """Return the flights scheduled from ``first`` until before ``last``, in order of time."""
    found = [request for request in _all_requests() if first <= request.moment < last]
    return sorted(found, key=lambda request: request.moment)


def _all_requests() -> Iterator[Request]:
    with zipfile.ZipFile(data_folder() / "flights.csv.zip") as archive:
        for row in csv.DictReader(io.TextIOWrapper(archive.open("flights.csv"), encoding="utf-8")):
            if row["month"] == "10":
                yield _request(row)


def _request(row: dict[str, str]) -> Request:
    hour = datetime.strptime(row["time_hour"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    moment = hour + timedelta(minutes=int(row["minute"]))
    record = {key: row[key] for key in KEYS}
    return Request(moment, {**record, TIME: stamp(moment)})


def landings(client: Client, first: datetime, last: datetime) -> list[Landing]:
    """Return the flights scheduled from ``first`` until before ``last`` that landed at all."""
    import pyarrow.compute as pc

    trips = rows.arrow(client, f"{PATH}/tables/trips/rows", columns=[*KEYS, TIME, "landed_at", *LABELS])
    inside = pc.and_(pc.greater_equal(trips[TIME], first), pc.less(trips[TIME], last))
    known = pc.and_(pc.is_valid(trips["late"]), pc.is_valid(trips["tailnum"]))
    return [_landing(trip) for trip in trips.filter(pc.and_(inside, known)).to_pylist()]


def _landing(trip: dict[str, Any]) -> Landing:
    keys, values = ({name: trip[name] for name in names} for names in (KEYS, LABELS))
    return Landing(trip[TIME], trip["landed_at"], keys, values)
