"""Where the prediction log lies: the shipper of a serving node writes it, the control plane reads it.

``<artifacts>/predictions/<project id>/<endpoint id>/date=2024-05-01/<first>-<last>-<segment>.parquet``: days in
UTC, first and last the microseconds since 1970 of the earliest and latest answer in the file, 20 digits each.
"""

import datetime as dt
import re
from typing import NamedTuple

_NAME = re.compile(r"(\d{20})-(\d{20})-([0-9a-z-]+)\.parquet")


class LogFile(NamedTuple):
    """One file of the log: its name, and the microseconds of its first and last answer."""

    name: str
    first: int
    last: int


def folder_of(root: str, project_id: str, endpoint_id: str, day: dt.date | None = None) -> str:
    """Return an endpoint's folder, or that of one of its days."""
    folder = f"{root}/predictions/{project_id}/{endpoint_id}"
    return folder if day is None else f"{folder}/date={day.isoformat()}"


def file_name(first: int, last: int, segment: str) -> str:
    """Return the name of the file that holds a segment's answers between two moments (µs)."""
    return f"{first:020d}-{last:020d}-{segment}.parquet"


def parse_name(name: str) -> LogFile | None:
    """Read a file's name; None when it is none of the log's."""
    match = _NAME.fullmatch(name)
    return None if match is None else LogFile(name, int(match[1]), int(match[2]))
