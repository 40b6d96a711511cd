"""How our objects show themselves: lines in a terminal, a small table in a notebook."""

from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec

MAX_ROWS = 20


class Table(msgspec.Struct, frozen=True):
    """A title and named values; ``link`` is where the console shows the same thing."""

    title: str
    rows: Sequence[tuple[str, Any]]
    link: str | None = None


class Grid(msgspec.Struct, frozen=True):
    """Several things in columns."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def text(table: Table) -> str:
    """Return the table as lines."""
    width = max((len(name) for name, _ in table.rows), default=0)
    return "\n".join([table.title, *(f"  {name:<{width}}  {_plain(value)}" for name, value in table.rows)])


def html(table: Table) -> str:
    """Return the table for a notebook; everything in it is escaped."""
    title = escape(table.title)
    if table.link:
        title = f'<a href="{escape(table.link, quote=True)}" target="_blank" rel="noopener">{title}</a>'
    cells = "".join(
        f'<tr><th style="text-align:left;font-weight:500;opacity:.65">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(_plain(value))}</td></tr>'
        for name, value in table.rows
    )
    return f'<table style="margin:0"><caption style="text-align:left;font-weight:600">{title}</caption>{cells}</table>'


def grid_text(grid: Grid) -> str:
    """Return the grid as lines."""
    rows = [[_plain(value) for value in row] for row in grid.rows[:MAX_ROWS]]
    widths = [max([len(name), *(len(row[place]) for row in rows)]) for place, name in enumerate(grid.columns)]
    lines = ["  ".join(f"{value:<{width}}" for value, width in zip(row, widths, strict=True)).rstrip()
             for row in [list(grid.columns), *rows]]  # fmt: skip
    more = [f"… {len(grid.rows) - MAX_ROWS} more"] if len(grid.rows) > MAX_ROWS else []
    return "\n".join([grid.title, *lines, *more])


def grid_html(grid: Grid) -> str:
    """Return the grid for a notebook; everything in it is escaped."""
    head = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in grid.columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{escape(_plain(value))}</td>' for value in row) + "</tr>"
        for row in grid.rows[:MAX_ROWS]
    )
    more = f"<p>… {len(grid.rows) - MAX_ROWS} more</p>" if len(grid.rows) > MAX_ROWS else ""
    caption = f'<caption style="text-align:left;font-weight:600">{escape(grid.title)}</caption>'
    return f"<table>{caption}<tr>{head}</tr>{body}</table>{more}"


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return str(value)
