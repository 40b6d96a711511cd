"""The nested-loop reference of the point-in-time join: slow, short, and what the engines are held to."""

import datetime as dt
from typing import Any

from bottega_feature_store.point_in_time.plan import MISSING, ROW_ID, STALE, Join

Row = dict[str, Any]


def join(labels: list[Row], time: str, views: list[tuple[Join, list[Row]]], *, known_at: bool = True) -> list[Row]:
    """Return one row per label row, in order, with every view's features and reason."""
    joined = []
    for label in labels:
        row = dict(label)
        for view, rows in views:
            row |= _answer(label, label[time], view, rows, known_at)
        joined.append(row)
    return joined


def _answer(label: Row, moment: dt.datetime, join: Join, rows: list[Row], known_at: bool) -> Row:
    best: Row | None = None
    for row in rows:
        matches = all(label[mine] is not None and label[mine] == row[theirs] for mine, theirs in join.keys)
        event, created = row[join.event], row[join.created]
        known = event <= moment and (not known_at or created <= moment)
        if matches and known and (best is None or _rank(join, row) > _rank(join, best)):
            best = row
    nulls: Row = dict.fromkeys(join.features)
    if best is None:
        return {**nulls, join.reason: MISSING}
    if join.ttl_seconds is not None and moment - best[join.event] > dt.timedelta(seconds=join.ttl_seconds):
        return {**nulls, join.reason: STALE}
    return {**{feature: best[feature] for feature in join.features}, join.reason: None}


def _rank(join: Join, row: Row) -> tuple[Any, ...]:
    return row[join.event], row[join.created], row[ROW_ID]
