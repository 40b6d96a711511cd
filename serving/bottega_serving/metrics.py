"""Counters in shared memory: each edge worker owns a region, everybody may read all of them.

Layout of the file: ``workers`` regions of ``SERIES`` series. A series is 128 bytes of name
(``endpoint_id|version|label``, zero padded) and 128 unsigned 64-bit cells: requests, errors, degraded and,
from cell 8, 96 latency buckets (``buckets[i]`` counts microseconds in [2**(i/4), 2**((i+1)/4))). One
writer per region, so a counter needs no lock; a reader may see a request counted a moment late.
"""

import math
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SERIES = 256
NAME_BYTES = 128
CELLS = 128
BUCKETS = 96
REQUESTS, ERRORS, DEGRADED, DROPPED, FIRST_BUCKET = 0, 1, 2, 3, 8
SERIES_BYTES = NAME_BYTES + CELLS * 8
REGION_BYTES = SERIES * SERIES_BYTES


def bucket_of(microseconds: float) -> int:
    """Return the index of the bucket that counts a latency."""
    if microseconds <= 1.0:
        return 0
    return min(BUCKETS - 1, int(4.0 * math.log2(microseconds)))


def bucket_edge(index: int) -> float:
    """Return the upper edge of a bucket, in microseconds."""
    return float(2.0 ** ((index + 1) / 4))


@dataclass(frozen=True)
class SeriesKey:
    """What a series counts: one version behind one endpoint. ``label`` is ``<project>.<endpoint>``."""

    endpoint_id: str
    version: int
    label: str

    def pack(self) -> bytes:
        """Return the zero-padded name bytes."""
        return f"{self.endpoint_id}|{self.version}|{self.label}".encode()[:NAME_BYTES].ljust(NAME_BYTES, b"\0")

    @classmethod
    def unpack(cls, raw: bytes) -> "SeriesKey":
        """Read name bytes back."""
        endpoint_id, version, label = raw.rstrip(b"\0").decode(errors="replace").split("|", 2)
        return cls(endpoint_id, int(version), label)


@dataclass
class Totals:
    """Counts of one series over all workers."""

    requests: int = 0
    errors: int = 0
    degraded: int = 0
    dropped: int = 0
    buckets: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def add(self, cells: list[int]) -> None:
        """Add one worker's cells."""
        self.requests += cells[REQUESTS]
        self.errors += cells[ERRORS]
        self.degraded += cells[DEGRADED]
        self.dropped += cells[DROPPED]
        counts = cells[FIRST_BUCKET : FIRST_BUCKET + BUCKETS]
        self.buckets = [mine + more for mine, more in zip(self.buckets, counts, strict=True)]


def create(path: Path, *, workers: int) -> None:
    """Make the zeroed file (the supervisor does, before any worker starts)."""
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        file.truncate(workers * REGION_BYTES)
    temporary.replace(path)


class Counter:
    """One series as its worker writes it."""

    __slots__ = ("_cells",)

    def __init__(self, cells: memoryview) -> None:
        self._cells = cells

    def count(self, microseconds: float, *, degraded: bool) -> None:
        """Count one answered request."""
        cells = self._cells
        cells[REQUESTS] += 1
        cells[FIRST_BUCKET + bucket_of(microseconds)] += 1
        if degraded:
            cells[DEGRADED] += 1

    def error(self) -> None:
        """Count one request that got an error answer."""
        self._cells[REQUESTS] += 1
        self._cells[ERRORS] += 1

    def dropped(self) -> None:
        """Count one log entry that was dropped because the ring was full."""
        self._cells[DROPPED] += 1


class Board:
    """The shared file, mapped; ``slot`` is this worker's region (readers pass none)."""

    def __init__(self, path: Path, *, slot: int | None = None) -> None:
        descriptor = os.open(path, os.O_RDWR)
        try:
            self._map = mmap.mmap(descriptor, 0)
        finally:
            os.close(descriptor)
        self._slot = slot
        self._counters: dict[SeriesKey, Counter] = {}

    def counter(self, key: SeriesKey) -> Counter:
        """Return this worker's counter of a series, making it; the last series takes the overflow."""
        if key not in self._counters:
            self._counters[key] = Counter(self._claim(key.pack()))
        return self._counters[key]

    def _claim(self, name: bytes) -> memoryview:
        start = (self._slot or 0) * REGION_BYTES
        for index in range(SERIES):
            at = start + index * SERIES_BYTES
            found = self._map[at : at + NAME_BYTES]
            if found == name or not found.strip(b"\0") or index == SERIES - 1:
                self._map[at : at + NAME_BYTES] = name
                break
        return memoryview(self._map)[at + NAME_BYTES : at + SERIES_BYTES].cast("Q")

    def totals(self) -> dict[SeriesKey, Totals]:
        """Return every series summed over all workers."""
        found: dict[SeriesKey, Totals] = {}
        for key, cells in self._series():
            found.setdefault(key, Totals()).add(cells)
        return found

    def _series(self) -> Iterator[tuple[SeriesKey, list[int]]]:
        for region in range(0, len(self._map), REGION_BYTES):
            for at in range(region, region + REGION_BYTES, SERIES_BYTES):
                name = self._map[at : at + NAME_BYTES]
                if not name.strip(b"\0"):
                    break
                cells = memoryview(self._map)[at + NAME_BYTES : at + SERIES_BYTES].cast("Q")
                yield SeriesKey.unpack(name), cells.tolist()


PROMETHEUS_EDGES = [100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000]


def render(totals: dict[SeriesKey, Totals]) -> bytes:
    """Return all series in Prometheus' text format."""
    lines = ["# TYPE bottega_requests_total counter", "# TYPE bottega_errors_total counter"]
    lines += ["# TYPE bottega_degraded_total counter", "# TYPE bottega_log_dropped_total counter"]
    lines.append("# TYPE bottega_latency_seconds histogram")
    for key, total in sorted(totals.items(), key=lambda item: (item[0].label, item[0].version)):
        labels = f'endpoint="{key.label}",version="{key.version}"'
        lines.append(f"bottega_requests_total{{{labels}}} {total.requests}")
        lines.append(f"bottega_errors_total{{{labels}}} {total.errors}")
        lines.append(f"bottega_degraded_total{{{labels}}} {total.degraded}")
        lines.append(f"bottega_log_dropped_total{{{labels}}} {total.dropped}")
        lines += _histogram(labels, total)
    return ("\n".join(lines) + "\n").encode()


def _histogram(labels: str, total: Totals) -> list[str]:
    lines = []
    for edge in PROMETHEUS_EDGES:
        below = sum(count for index, count in enumerate(total.buckets) if bucket_edge(index) <= edge)
        lines.append(f'bottega_latency_seconds_bucket{{{labels},le="{edge / 1e6:g}"}} {below}')
    everything = sum(total.buckets)
    lines.append(f'bottega_latency_seconds_bucket{{{labels},le="+Inf"}} {everything}')
    lines.append(f"bottega_latency_seconds_count{{{labels}}} {everything}")
    middle = sum(count * bucket_edge(index) * 0.917 for index, count in enumerate(total.buckets))
    lines.append(f"bottega_latency_seconds_sum{{{labels}}} {middle / 1e6:.6f}")
    return lines
