"""Per-minute traffic from the shared counters: each cell holds one minute's totals so far.

A cell is sent again with its growing totals until its minute is over and acknowledged, so a report that is
lost or doubled changes nothing. What was counted before a restart of the agent stays in ``reported.json``.
"""

import datetime as dt
from pathlib import Path

import msgspec

from bottega.serving_contract import TrafficCell
from bottega_serving.metrics import Board, SeriesKey, Totals
from bottega_serving.state import write_atomically

KEPT_MINUTES = 120


class _Series(msgspec.Struct):
    endpoint_id: str
    version: int
    label: str
    counts: list[int]


class _Kept(msgspec.Struct):
    base: list[_Series]
    cells: list[TrafficCell]


def _flat(totals: Totals) -> list[int]:
    return [totals.requests, totals.errors, totals.degraded, *totals.buckets]


def minute_of(moment: dt.datetime) -> str:
    """Return the minute as RFC 3339 UTC."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:00Z")


class Traffic:
    """Turns growing counters into cells."""

    def __init__(self, board: Board, path: Path) -> None:
        self._board = board
        self._path = path
        self._base: dict[SeriesKey, list[int]] = {}
        self._cells: dict[tuple[str, int, str], TrafficCell] = {}
        self._load()

    def _load(self) -> None:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except (FileNotFoundError, msgspec.MsgspecError):
            return
        self._base = {SeriesKey(one.endpoint_id, one.version, one.label): one.counts for one in kept.base}
        self._cells = {(cell.endpoint_id, cell.version, cell.minute): cell for cell in kept.cells}

    def collect(self, moment: dt.datetime) -> list[TrafficCell]:
        """Add what was counted since the last call to this minute's cells; return all not yet settled."""
        minute = minute_of(moment)
        for key, totals in self._board.totals().items():
            now = _flat(totals)
            before = self._base.get(key, [0] * len(now))
            delta = [new - old for new, old in zip(now, before, strict=True)]
            if any(delta):
                self._add(key, minute, delta)
            self._base[key] = now
        self._save()
        return list(self._cells.values())

    def _add(self, key: SeriesKey, minute: str, delta: list[int]) -> None:
        name = (key.endpoint_id, key.version, minute)
        old = self._cells.get(name)
        counts = [0] * len(delta) if old is None else [old.requests, old.errors, old.degraded, *old.buckets]
        summed = [have + more for have, more in zip(counts, delta, strict=True)]
        self._cells[name] = TrafficCell(*name, summed[0], summed[1], summed[2], summed[3:])

    def settled(self, sent: list[TrafficCell], moment: dt.datetime) -> None:
        """The control plane has these; forget the minutes that cannot grow any more."""
        current = minute_of(moment)
        for cell in sent:
            name = (cell.endpoint_id, cell.version, cell.minute)
            if cell.minute < current and self._cells.get(name) == cell:
                del self._cells[name]
        for name in sorted(self._cells, key=lambda item: item[2])[: -KEPT_MINUTES * 8]:
            del self._cells[name]
        self._save()

    def _save(self) -> None:
        base = [_Series(key.endpoint_id, key.version, key.label, counts) for key, counts in self._base.items()]
        write_atomically(self._path, msgspec.json.encode(_Kept(base, list(self._cells.values()))))
