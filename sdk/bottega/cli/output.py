"""Printing what the API answers: a table for people, JSON and YAML for programs."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import typer
import yaml
from rich.console import Console
from rich.table import Table


class Output(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def show(value: Any, output: Output, columns: Sequence[str] = ()) -> None:
    """Print an object or a list of them; a table of a list shows ``columns``."""
    if output is Output.JSON:
        typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
    elif output is Output.YAML:
        typer.echo(yaml.safe_dump(value, sort_keys=False, allow_unicode=True).rstrip())
    elif isinstance(value, list):
        _list(value, columns)
    else:
        _object(value)


def _list(rows: list[dict[str, Any]], columns: Sequence[str]) -> None:
    if not rows:
        typer.echo("none")
        return
    shown = [name for name in columns if any(row.get(name) not in (None, "", [], {}) for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in shown))
    Console(width=None if Console().is_terminal else 200).print(table)


def _object(value: dict[str, Any]) -> None:
    width = max((len(name) for name in value), default=0)
    for name, part in value.items():
        typer.echo(f"{name:<{width}}  {_cell(part)}")


def _cell(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
