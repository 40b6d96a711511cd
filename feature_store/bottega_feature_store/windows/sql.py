"""Windowed aggregates as SQL: tiles of mergeable partials, windows as merges of tiles, rows at change points.

An event enters when it is known: at the later of its event time and created time. Tile ``e`` holds the
events in (e - hop, e]; the value at a hop end ``e`` of a window ``w`` merges the tiles in (e - w, e], never by
subtraction. There is one row per key and hop end at which any window changes: where a tile ends, and where
one leaves a window. Between two such rows nothing changes, so a value at t is that of the last row at or
before floor(t, hop), and covers (floor(t, hop) - w, floor(t, hop)].
"""

from dataclasses import dataclass

from bottega.problems import SpecProblem
from bottega.specs import Aggregate, Column
from bottega_feature_store.types import parse_duration

MICROS = 1_000_000


@dataclass(frozen=True)
class Dialect:
    """Where Spark and DuckDB differ: quoting, times as microseconds, whole division."""

    quote: str
    micros: str
    timestamp: str
    divide: str
    explode: str

    def name(self, text: str) -> str:
        """Quote a name."""
        return self.quote + text.replace(self.quote, self.quote * 2) + self.quote


SPARK = Dialect("`", "unix_micros({})", "timestamp_micros({})", "({} div {})", "explode(array({}))")
DUCKDB = Dialect('"', "epoch_us({})", "make_timestamptz({})", "({} // {})", "unnest([{}])")

_PARTIALS: dict[str, tuple[str, ...]] = {
    "count": ("n",),
    "sum": ("n", "s"),
    "mean": ("n", "s"),
    "stddev": ("n", "s", "q"),
    "min": ("n", "l"),
    "max": ("n", "h"),
}
_TILE = {
    "n": "count({value})",
    "s": "sum({value})",
    "q": "sum({value} * {value})",
    "l": "min({value})",
    "h": "max({value})",
}
_MERGE = {"n": "sum", "s": "sum", "q": "sum", "l": "min", "h": "max"}
_FINAL = {
    "count": "coalesce({n}, 0)",
    "sum": "{s}",
    "mean": "CASE WHEN {n} > 0 THEN {s} / {n} END",
    "stddev": "CASE WHEN {n} > 1 THEN sqrt(greatest({q} - {s} * {s} / {n}, 0.0) / ({n} - 1)) END",
    "min": "{l}",
    "max": "{h}",
}


def feature_columns(aggregates: list[Aggregate]) -> list[Column]:
    """Return the features of the aggregates: one per window, counts whole, everything else float64."""
    return [
        Column(f"{aggregate.name}_{window}", "int64" if aggregate.function == "count" else "float64")
        for aggregate in aggregates
        for window in aggregate.windows
    ]


def window_sql(
    source: str, *, keys: list[str], event: str, created: str, aggregates: list[Aggregate], hop: str, dialect: Dialect
) -> str:
    """Return SQL over the relation ``source``: keys, ``event_time``, ``created_time`` and the features."""
    return _Windows(source, keys, event, created, aggregates, parse_duration(hop), dialect).sql()


@dataclass(frozen=True)
class _Windows:
    source: str
    keys: list[str]
    event: str
    created: str
    aggregates: list[Aggregate]
    hop: int
    dialect: Dialect

    def sql(self) -> str:
        """Tiles, then the tiles with the points at which they expire, then one merge per window."""
        keys = self._keys()
        steps = sorted({self._steps(window) for aggregate in self.aggregates for window in aggregate.windows})
        partials = ", ".join(f"{self._tile(*part)} AS {self._partial(*part)}" for part in self._parts())
        merged = ", ".join(
            f"{_MERGE[part]}({self._partial(column, part)}) OVER w{count} AS {self._merged(column, part, count)}"
            for column, part, count in self._merges()
        )
        empties = ", ".join(f"{_MERGE[part]}({name}) AS {name}" for name, part in self._names())
        frames = ", ".join(
            f"w{count} AS (PARTITION BY {keys} ORDER BY tile RANGE BETWEEN {count - 1} PRECEDING AND CURRENT ROW)"
            for count in steps
        )
        nulls = ", ".join(f"NULL AS {name}" for name, _ in self._names())
        shifts = ", ".join(f"CAST({count} AS BIGINT)" for count in steps)
        at = self.dialect.timestamp.format(f"tile * {self.hop * MICROS}")
        names = ", ".join(name for name, _ in self._names())
        return (
            f"WITH known AS (SELECT *, greatest({self._micros(self.event)}, {self._micros(self.created)}) AS __known"  # noqa: S608
            f" FROM {self.source}),"
            f" tiles AS (SELECT {keys}, {self._tile_of('__known')} AS tile, {partials} FROM known"
            f" GROUP BY {keys}, {self._tile_of('__known')}),"
            f" expiries AS (SELECT {keys}, tile, {self.dialect.explode.format(shifts)} AS shift FROM tiles),"
            f" points AS (SELECT {keys}, tile, {names} FROM tiles"
            f" UNION ALL SELECT {keys}, tile + shift AS tile, {nulls} FROM expiries),"
            f" timeline AS (SELECT {keys}, tile, {empties} FROM points GROUP BY {keys}, tile),"
            f" merged AS (SELECT {keys}, tile, {merged} FROM timeline WINDOW {frames})"
            f" SELECT {keys}, {at} AS event_time, {at} AS created_time, {self._finals()} FROM merged"
        )

    def _keys(self) -> str:
        return ", ".join(self.dialect.name(key) for key in self.keys)

    def _steps(self, window: str) -> int:
        seconds = parse_duration(window)
        if seconds % self.hop:
            raise SpecProblem(
                f"window {window} is no multiple of the hop of {self.hop} s: change one of them", code="window_invalid"
            )
        return seconds // self.hop

    def _micros(self, column: str) -> str:
        return self.dialect.micros.format(self.dialect.name(column))

    def _tile_of(self, micros: str) -> str:
        """The hop end at or after a time: whole division of what is a multiple of the hop, so exact below 1970 too."""
        width = self.hop * MICROS
        rest = f"((((-{micros}) % {width}) + {width}) % {width})"
        return self.dialect.divide.format(f"({micros} + {rest})", width)

    def _parts(self) -> list[tuple[str, str]]:
        found = {
            (aggregate.column, part): None for aggregate in self.aggregates for part in _PARTIALS[aggregate.function]
        }
        return list(found)

    def _merges(self) -> list[tuple[str, str, int]]:
        found = {
            (aggregate.column, part, self._steps(window)): None
            for aggregate in self.aggregates
            for window in aggregate.windows
            for part in _PARTIALS[aggregate.function]
        }
        return list(found)

    def _names(self) -> list[tuple[str, str]]:
        return [(self._partial(column, part), part) for column, part in self._parts()]

    def _tile(self, column: str, part: str) -> str:
        value = self.dialect.name(column)
        return _TILE[part].format(value=value if part == "n" else f"CAST({value} AS DOUBLE)")

    def _partial(self, column: str, part: str) -> str:
        return self.dialect.name(f"__{part}_{column}")

    def _merged(self, column: str, part: str, count: int) -> str:
        return self.dialect.name(f"__{part}{count}_{column}")

    def _finals(self) -> str:
        finals = []
        for aggregate in self.aggregates:
            for window in aggregate.windows:
                count = self._steps(window)
                parts = {part: self._merged(aggregate.column, part, count) for part in _PARTIALS[aggregate.function]}
                kind = "BIGINT" if aggregate.function == "count" else "DOUBLE"
                value = _FINAL[aggregate.function].format(**parts)
                finals.append(f"CAST({value} AS {kind}) AS {self.dialect.name(f'{aggregate.name}_{window}')}")
        return ", ".join(finals)
