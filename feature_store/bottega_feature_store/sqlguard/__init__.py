"""Checks a feature view's SQL before Spark sees it: one SELECT, declared tables, known functions.

The decision is made on the syntax tree against an allow-list; what is not known is refused.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bottega.problems import Fault, SpecProblem
from bottega.specs.data import Column
from bottega_feature_store.sqlguard.allowed import (
    NAMED_FUNCTIONS,
    NOT_DETERMINISTIC,
    NOT_DETERMINISTIC_NAMES,
    STRUCTURE,
    TYPED_FUNCTIONS,
)
from bottega_feature_store.types import type_row

MAX_TEXT = 100_000
MAX_NESTING = 60
MAX_NODES = 20_000
_NAMES = re.compile(r"'([^']+)'")
_TRAILING = re.compile(r"[;\s]+$")
Sources = Mapping[str, Sequence[Column] | None]


class SqlProblem(SpecProblem):
    """The SQL of a view is refused: ``sql_syntax``, ``sql_not_allowed``, ``unknown_column``, ``nondeterministic``."""

    title = "The SQL of this view cannot be used"

    def __init__(self, code: str, detail: str, where: str = "") -> None:
        fault = Fault(code=code, detail=detail, pointer="/sql", got=where[:200] or None)
        super().__init__(detail, code=code, errors=[fault])


@dataclass(frozen=True, slots=True)
class Guarded:
    """SQL that passed: its canonical text (comments and layout gone) and its output columns, if known."""

    canonical: str
    columns: list[str] | None
    tables: list[str]


def guard(sql: str, sources: Sources) -> Guarded:
    """Check one view's SQL against its declared sources.

    Args:
        sql: text in Spark's dialect.
        sources: columns of each declared table, or None where it has no published version yet.

    Raises:
        SqlProblem: what is wrong, where, and what to write instead.
    """
    try:
        return _guarded(_TRAILING.sub("", sql), sources)
    except (AttributeError, LookupError, TypeError, ValueError) as error:  # what sqlglot raises on some rubbish
        raise SqlProblem("sql_syntax", "the SQL cannot be read as one SELECT of Spark SQL") from error


def _guarded(sql: str, sources: Sources) -> Guarded:
    tree = _parse(sql)
    tables = _check_tables(tree, sources)
    _check_nodes(tree)
    columns = _output(tree, sources)
    return Guarded(tree.sql(dialect="spark", comments=False, normalize=True), columns, tables)


def _parse(sql: str) -> Any:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    _check_size(sql)
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="spark") if statement is not None]
    except ParseError as error:
        raise _syntax(error) from error
    except TokenError as error:
        raise SqlProblem("sql_syntax", f"the SQL cannot be read: {str(error)[:200]}") from error
    except RecursionError as error:
        raise SqlProblem("sql_not_allowed", "the SQL is nested too deeply") from error
    if len(statements) != 1:
        raise SqlProblem("sql_not_allowed", f"write exactly one SELECT; this has {len(statements)} statements")
    if not isinstance(statements[0], exp.Select):
        what = type(statements[0]).__name__.upper()
        raise SqlProblem("sql_not_allowed", f"write exactly one SELECT; {what} is not allowed", what)
    return statements[0]


def _check_size(sql: str) -> None:
    if len(sql) > MAX_TEXT:
        raise SqlProblem("sql_not_allowed", f"the SQL has {len(sql)} characters; at most {MAX_TEXT} are read")
    if not sql.strip():
        raise SqlProblem("sql_syntax", "1:1: the SQL is empty; write one SELECT")
    depth = 0
    for character in sql:
        depth += (character in "([") - (character in ")]")
        if depth > MAX_NESTING:
            raise SqlProblem("sql_not_allowed", f"brackets nest deeper than {MAX_NESTING}")


def _check_tables(tree: Any, sources: Sources) -> list[str]:
    from sqlglot import exp

    known = {name.lower(): name for name in sources}
    made = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    used: dict[str, None] = {}
    for cte in tree.find_all(exp.CTE):
        if cte.alias_or_name.lower() in known:
            raise SqlProblem("sql_not_allowed", f"the WITH name '{cte.alias}' hides a source; choose another")
    for table in tree.find_all(exp.Table):
        name = table.name.lower()
        if not isinstance(table.this, exp.Identifier) or table.args.get("db") or table.args.get("catalog"):
            raise SqlProblem(
                "sql_not_allowed",
                "only declared sources may be read, not paths, functions or other databases",
                table.sql(),
            )
        if name in made:
            continue
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean '{known[near[0]]}'?" if near else ""
            raise SqlProblem(
                "sql_not_allowed",
                f"'{table.name}' is not among this view's sources{hint}; declare it first",
                table.name,
            )
        used[known[name]] = None
    return list(used)


def _check_nodes(tree: Any) -> None:
    for number, node in enumerate(tree.walk()):
        if number > MAX_NODES:
            raise SqlProblem("sql_not_allowed", "the SQL is too large")
        _check_node(node)


def _check_node(node: Any) -> None:
    from sqlglot import exp

    name = type(node).__name__
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        _check_named(str(node.this).lower())
    elif name in NOT_DETERMINISTIC:
        raise _random(node.sql(dialect="spark"))
    elif name == "Hint" or "hint" in name.lower():
        raise SqlProblem("sql_not_allowed", "hints are not allowed; Spark plans by itself", name)
    elif name == "Join":
        _check_join(node)
    elif name == "With" and node.args.get("recursive"):
        raise SqlProblem("sql_not_allowed", "WITH RECURSIVE is not allowed")
    elif name not in STRUCTURE and name not in TYPED_FUNCTIONS:
        text = node.sql(dialect="spark")[:80]
        raise SqlProblem("sql_not_allowed", f"{name.upper()} is not allowed here: {text}", text)
    _check_args(node, name)


def _check_args(node: Any, name: str) -> None:
    if name == "Select" and (node.args.get("kind") or node.args.get("into") or node.args.get("hint")):
        raise SqlProblem("sql_not_allowed", "write a plain SELECT: no INTO, no STRUCT, no hint")
    if name == "Select" and not node.args.get("from_") and not node.args.get("from"):
        raise SqlProblem("sql_not_allowed", "every SELECT reads a declared source: add FROM")


def _check_named(name: str) -> None:
    if name in NOT_DETERMINISTIC_NAMES:
        raise _random(name)
    if name not in NAMED_FUNCTIONS:
        near = difflib.get_close_matches(name, NAMED_FUNCTIONS, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise SqlProblem("sql_not_allowed", f"the function '{name}' is not allowed{hint}", name)


def _check_join(node: Any) -> None:
    if node.args.get("on") is None and not node.args.get("using") and node.args.get("method") != "NATURAL":
        raise SqlProblem("sql_not_allowed", "a join needs ON or USING: cross joins are not allowed", node.sql()[:80])


def _output(tree: Any, sources: Sources) -> list[str] | None:
    from sqlglot.errors import OptimizeError, SchemaError
    from sqlglot.optimizer.qualify import qualify

    if any(columns is None for columns in sources.values()):
        names = tree.named_selects
        return None if "*" in names else list(names)
    schema = {
        name: {column.name: type_row(column.type).spark for column in columns or []}
        for name, columns in sources.items()
    }
    try:
        qualified = qualify(tree.copy(), dialect="spark", schema=schema, quote_identifiers=False)
    except (OptimizeError, SchemaError) as error:
        raise _unknown(str(error), sources) from error
    return _distinct(list(qualified.named_selects))


def _distinct(names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or "" in names:
        what = f"'{twice[0]}' comes out twice" if twice and twice[0] else "a column has no name"
        raise SqlProblem("sql_not_allowed", f"{what}; name every column once with AS")
    return names


def _unknown(message: str, sources: Sources) -> SqlProblem:
    found = _NAMES.search(message)
    name = found[1].split(".")[-1] if found else ""
    known = sorted({column.name for columns in sources.values() for column in columns or []})
    near = difflib.get_close_matches(name, known, 1, 0.5)
    hint = f"; did you mean '{near[0]}'?" if near else f"; the sources have {', '.join(known[:20])}"
    if "ambiguous" in message.lower():
        return SqlProblem("sql_not_allowed", f"'{name}' is in several tables; write table.{name}", name)
    return SqlProblem("unknown_column", f"there is no column '{name}'{hint}", name)


def _random(what: str) -> SqlProblem:
    return SqlProblem(
        "nondeterministic",
        f"'{what[:60]}' gives another value each time, so the view could not be computed again",
        what,
    )


def _syntax(error: Any) -> SqlProblem:
    first = error.errors[0] if error.errors else {}
    place = f"{first.get('line', 1)}:{first.get('col', 1)}"
    detail = f"{place}: {first.get('description', 'cannot be read')}"
    return SqlProblem("sql_syntax", detail, str(first.get("highlight") or ""))
