"""Percentiles from latency buckets: bucket i counts microseconds in [2**(i/4), 2**((i+1)/4)). Knows no Django."""

from collections.abc import Sequence

BUCKETS = 96


def add(into: list[int], counts: Sequence[int]) -> None:
    """Add counts to a running sum of buckets."""
    for index, count in enumerate(counts[:BUCKETS]):
        into[index] += count


def percentile(buckets: Sequence[int], share: float) -> float | None:
    """Return the milliseconds below which this share of the requests lies; None without requests."""
    total = sum(buckets)
    if total == 0:
        return None
    wanted, seen = share * total, 0
    for index, count in enumerate(buckets):
        if count and seen + count >= wanted:
            inside = (wanted - seen) / count
            return round(float(2 ** ((index + inside) / 4)) / 1000, 4)
        seen += count
    return None
