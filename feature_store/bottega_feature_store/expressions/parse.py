"""From SQL text to our tree: sqlglot's parser, then only what the closed list knows."""

import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any

from bottega.problems import SpecProblem
from bottega.specs.data import DataType
from bottega_feature_store.expressions import clock
from bottega_feature_store.expressions.functions import FUNCTIONS
from bottega_feature_store.expressions.tree import Call, Column, ExpressionProblem, Kind, Literal, Node
from bottega_feature_store.types import parse_timestamp, type_row

MAX_TEXT = 4_000
MAX_DEPTH = 60
NOT_DETERMINISTIC = frozenset(
    {
        *("Rand", "Randn", "Uuid", "CurrentUser", "CurrentDate", "CurrentTime", "CurrentDatetime"),
        *("CurrentTimestamp", "Localtime", "Localtimestamp"),
    }
)
NOT_DETERMINISTIC_NAMES = frozenset(
    {"now", "uuid", "random", "shuffle", "monotonically_increasing_id", "input_file_name", "curdate"}
)
_BINARY = {"Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "Mod": "mod", "Pow": "pow"}
_COMPARE = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_UNARY = {
    "Neg": "negate", "Abs": "abs", "Floor": "floor", "Ceil": "ceil", "Ln": "ln", "Sqrt": "sqrt", "Exp": "exp",
    "Sin": "sin", "Cos": "cos", "IsNan": "is_nan", "Lower": "lower", "Upper": "upper", "Length": "length",
    "Hour": "hour", "Minute": "minute", "Second": "second", "Year": "year", "Quarter": "quarter",
    "Month": "month", "Day": "day", "DayOfMonth": "day", "DayOfYear": "dayofyear", "DayOfWeek": "dayofweek",
    "UnixSeconds": "unix_seconds",
}  # fmt: skip
_NAMED = {"weekday": "weekday", "isnan": "is_nan", "unix_seconds": "unix_seconds", "second": "second"}
_CASTS: dict[tuple[Kind, str], tuple[str, Kind]] = {
    (Kind.NUMBER, "float32"): ("single", Kind.NUMBER),
    (Kind.NUMBER, "int32"): ("int32", Kind.NUMBER),
    (Kind.NUMBER, "int64"): ("int64", Kind.NUMBER),
    (Kind.NUMBER, "bool"): ("bool_of_number", Kind.BOOL),
    (Kind.BOOL, "float64"): ("number_of_bool", Kind.NUMBER),
    (Kind.STRING, "float64"): ("number_of_string", Kind.NUMBER),
    (Kind.TIMESTAMP, "date"): ("trunc_day", Kind.TIMESTAMP),
}
_TYPE_NAMES: dict[str, DataType] = {
    "DOUBLE": "float64", "FLOAT": "float32", "INT": "int32", "BIGINT": "int64", "BOOLEAN": "bool",
    "TEXT": "string", "VARCHAR": "string", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamp", "DATE": "date",
}  # fmt: skip


def parse_tree(sql: str, types: Mapping[str, DataType]) -> Node:
    """Return the typed tree of one scalar SQL expression over columns of the given types."""
    import sqlglot
    from sqlglot.errors import ParseError, TokenError

    if len(sql) > MAX_TEXT:
        raise _refuse("sql_not_allowed", f"an expression has at most {MAX_TEXT} characters, this has {len(sql)}")
    if not sql.strip():
        raise _refuse("sql_syntax", "1:1: the expression is empty")
    check_nesting(sql, MAX_DEPTH)
    try:
        statements = sqlglot.parse(f"SELECT {sql}", read="spark")
    except ParseError as error:
        raise _syntax(error) from error
    except TokenError as error:
        raise _refuse("sql_syntax", f"the expression cannot be read: {str(error)[:200]}") from error
    except RecursionError as error:
        raise _refuse("sql_not_allowed", "the expression is nested too deeply") from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:  # what sqlglot raises on some rubbish
        raise _refuse("sql_syntax", "the expression cannot be read as SQL") from error
    return Converter(types).convert(_only_expression(statements), 0)


def check_nesting(sql: str, limit: int) -> None:
    """Refuse text whose brackets nest deeper than ``limit``, before any recursive parser sees it."""
    depth = deepest = 0
    for character in sql:
        if character in "([":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]":
            depth -= 1
    if deepest > limit:
        raise _refuse("sql_not_allowed", f"brackets nest {deepest} deep; at most {limit} are read")


def _only_expression(statements: list[Any]) -> Any:
    from sqlglot import exp

    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        raise _refuse("sql_not_allowed", "write exactly one scalar expression, without ';'")
    select = statements[0]
    extra = [name for name, value in select.args.items() if value and name not in {"expressions", "kind"}]
    if extra or len(select.expressions) != 1:
        raise _refuse("sql_not_allowed", "write one scalar expression: no FROM, no WHERE, no second column")
    return select.expressions[0]


class Converter:
    """Turns sqlglot's nodes into ours; whatever has no method or table entry is refused."""

    def __init__(self, types: Mapping[str, DataType]) -> None:
        self._types = types
        self._lower = {name.lower(): name for name in types}

    def convert(self, node: Any, depth: int) -> Node:
        """Return our node for one of sqlglot's."""
        if depth > MAX_DEPTH * 3:
            raise _refuse("sql_not_allowed", "the expression is nested too deeply")
        if node is None:
            raise _refuse("sql_syntax", "an argument is missing")
        name = type(node).__name__
        if name in NOT_DETERMINISTIC:
            raise _random(node.sql())
        special: Callable[[Any, int], Node] | None = getattr(self, f"_on_{name.lower()}", None)
        if special is not None:
            return special(node, depth + 1)
        if name in _BINARY:
            return self._strict(_BINARY[name], depth, node.this, node.expression)
        if name in _COMPARE:
            return self._compare(_COMPARE[name], self._both(node, depth))
        if name in _UNARY:
            return self._strict(_UNARY[name], depth, node.this)
        raise _refuse("sql_not_allowed", f"'{node.sql(dialect='spark')[:80]}' is not in the expression language")

    def _both(self, node: Any, depth: int) -> tuple[Node, Node]:
        return self.convert(node.this, depth + 1), self.convert(node.expression, depth + 1)

    def _strict(self, name: str, depth: int, *arguments: Any, option: str = "") -> Node:
        return strict(name, *(self.convert(argument, depth + 1) for argument in arguments), option=option)

    def _on_paren(self, node: Any, depth: int) -> Node:
        return self.convert(node.this, depth)

    def _on_tsordstodate(self, node: Any, depth: int) -> Node:
        return self.convert(node.this, depth)

    def _on_column(self, node: Any, _: int) -> Node:
        if node.table:
            raise _refuse("sql_not_allowed", f"write '{node.name}' without '{node.table}.'")
        name = node.name if node.name in self._types else self._lower.get(node.name.lower())
        if name is None:
            raise unknown_column(node.name, self._types)
        return Column(name, self._types[name])

    def _on_literal(self, node: Any, _: int) -> Node:
        if node.is_string:
            return Literal(node.this, Kind.STRING)
        return Literal(_number(node.this), Kind.NUMBER)

    def _on_boolean(self, node: Any, _: int) -> Node:
        return Literal(bool(node.this), Kind.BOOL)

    def _on_null(self, _: Any, __: int) -> Node:
        return Literal(None, Kind.NULL)

    def _on_and(self, node: Any, depth: int) -> Node:
        return self._logic("and", *self._both(node, depth))

    def _on_or(self, node: Any, depth: int) -> Node:
        return self._logic("or", *self._both(node, depth))

    def _on_not(self, node: Any, depth: int) -> Node:
        return self._logic("not", self.convert(node.this, depth))

    def _logic(self, name: str, *arguments: Node) -> Node:
        for argument in arguments:
            _expect(argument, Kind.BOOL, name.upper())
        return Call(name, arguments, Kind.BOOL)

    def _compare(self, operator: str, sides: tuple[Node, Node]) -> Node:
        _same_kind(sides, operator)
        return Call("compare", sides, Kind.BOOL, operator)

    def _on_is(self, node: Any, depth: int) -> Node:
        value, other = self._both(node, depth)
        if not (isinstance(other, Literal) and other.value is None):
            raise _refuse("sql_not_allowed", "only IS NULL and IS NOT NULL are in the expression language")
        return Call("is_null", (value,), Kind.BOOL)

    def _on_in(self, node: Any, depth: int) -> Node:
        if not node.expressions:
            raise _refuse("sql_not_allowed", "IN takes a list of values, not a query")
        value = self.convert(node.this, depth)
        tests = [self._compare("=", (value, self.convert(item, depth))) for item in node.expressions]
        found = tests[0]
        for test in tests[1:]:
            found = self._logic("or", found, test)
        return found

    def _on_between(self, node: Any, depth: int) -> Node:
        value = self.convert(node.this, depth)
        low = self._compare(">=", (value, self.convert(node.args.get("low"), depth)))
        return self._logic("and", low, self._compare("<=", (value, self.convert(node.args.get("high"), depth))))

    def _on_case(self, node: Any, depth: int) -> Node:
        arguments: list[Node] = []
        subject = None if node.this is None else self.convert(node.this, depth)
        for branch in node.args.get("ifs", []):
            test = self.convert(branch.this, depth)
            arguments.append(test if subject is None else self._compare("=", (subject, test)))
            arguments.append(self.convert(branch.args.get("true"), depth))
        default = node.args.get("default")
        arguments.append(self.convert(default, depth) if default is not None else Literal(None, Kind.NULL))
        return case(arguments)

    def _on_if(self, node: Any, depth: int) -> Node:
        parts = [node.this, node.args.get("true"), node.args.get("false")]
        found = [Literal(None, Kind.NULL) if part is None else self.convert(part, depth) for part in parts]
        return case(found)

    def _on_coalesce(self, node: Any, depth: int) -> Node:
        return self._choice("coalesce", node, depth)

    def _on_greatest(self, node: Any, depth: int) -> Node:
        return self._choice("greatest", node, depth)

    def _on_least(self, node: Any, depth: int) -> Node:
        return self._choice("least", node, depth)

    def _choice(self, name: str, node: Any, depth: int) -> Node:
        arguments = tuple(self.convert(part, depth) for part in [node.this, *node.expressions])
        return Call(name, arguments, _same_kind(arguments, name.upper()))

    def _on_nullif(self, node: Any, depth: int) -> Node:
        sides = self._both(node, depth)
        return case([self._compare("=", sides), Literal(None, Kind.NULL), sides[0]])

    def _on_concat(self, node: Any, depth: int) -> Node:
        parts = [self.convert(part, depth) for part in node.expressions]
        found = parts[0]
        for part in parts[1:]:
            found = strict("concat", found, part)
        return found

    def _on_dpipe(self, node: Any, depth: int) -> Node:
        return strict("concat", *self._both(node, depth))

    def _on_round(self, node: Any, depth: int) -> Node:
        digits = node.args.get("decimals")
        count = 0.0 if digits is None else _whole_literal(self.convert(digits, depth), "ROUND", 0, 9)
        return strict("round", self.convert(node.this, depth), Literal(10.0**count, Kind.NUMBER))

    def _on_substring(self, node: Any, depth: int) -> Node:
        start = _whole_literal(self.convert(node.args.get("start"), depth), "SUBSTR", 1, 100_000)
        length = node.args.get("length")
        count = 100_000.0 if length is None else _whole_literal(self.convert(length, depth), "SUBSTR", 0, 100_000)
        numbers = (Literal(start, Kind.NUMBER), Literal(count, Kind.NUMBER))
        return strict("substring", self.convert(node.this, depth), *numbers)

    def _on_datediff(self, node: Any, depth: int) -> Node:
        return strict("datediff", *self._both(node, depth))

    def _on_attimezone(self, node: Any, depth: int) -> Node:
        moment = node.this
        if type(moment).__name__ in {"Cast", "TryCast"} and type(moment.this).__name__ != "Literal":
            moment = moment.this
        return self._local(moment, node.args.get("zone"), depth)

    def _local(self, moment: Any, zone: Any, depth: int) -> Node:
        name = self.convert(zone, depth)
        if not isinstance(name, Literal) or not isinstance(name.value, str) or name.value not in clock.zones():
            near = difflib.get_close_matches(str(getattr(name, "value", "")), sorted(clock.zones()), 1)
            hint = f"; did you mean '{near[0]}'?" if near else ", for example 'America/New_York'"
            raise _refuse("sql_not_allowed", f"the time zone must be a known name in quotes{hint}")
        return strict("local", self.convert(moment, depth), option=name.value)

    def _on_timestamptrunc(self, node: Any, depth: int) -> Node:
        unit = str(getattr(node.args.get("unit"), "name", "")).lower()
        if unit not in {"hour", "day"}:
            raise _refuse("sql_not_allowed", "date_trunc knows 'hour' and 'day'")
        return self._strict(f"trunc_{unit}", depth, node.this)

    def _on_cast(self, node: Any, depth: int) -> Node:
        name = _TYPE_NAMES.get(node.to.this.name)
        if name is None:
            raise _refuse("sql_not_allowed", f"CAST to {node.to.sql()} is not in the expression language")
        inner = self.convert(node.this, depth)
        if name == "timestamp" and isinstance(inner, Literal) and isinstance(inner.value, str):
            return _moment(inner.value)
        return cast(inner, name)

    def _on_trycast(self, node: Any, depth: int) -> Node:
        return self._on_cast(node, depth)

    def _on_anonymous(self, node: Any, depth: int) -> Node:
        name = str(node.this).lower()
        if name in {"at_timezone", "from_utc_timestamp"} and len(node.expressions) == 2:
            return self._local(node.expressions[0], node.expressions[1], depth)
        if name in NOT_DETERMINISTIC_NAMES:
            raise _random(name)
        if name in _NAMED:
            return self._strict(_NAMED[name], depth, *node.expressions)
        known = sorted({*FUNCTIONS, "coalesce", "greatest", "least", "nullif", "from_utc_timestamp"})
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise _refuse("sql_not_allowed", f"there is no function '{name}' in the expression language{hint}")


def strict(name: str, *arguments: Node, option: str = "") -> Node:
    """Return a call of a strict function, its arguments checked."""
    function = FUNCTIONS[name]
    if len(arguments) != len(function.takes):
        raise _refuse("sql_not_allowed", f"{name} takes {len(function.takes)} arguments, not {len(arguments)}")
    for argument, kind in zip(arguments, function.takes, strict=True):
        _expect(argument, kind, name)
    return Call(name, tuple(arguments), function.gives, option)


def case(arguments: list[Node]) -> Node:
    """Return CASE: test, value, test, value, …, default."""
    for test in arguments[:-1:2]:
        _expect(test, Kind.BOOL, "CASE WHEN")
    values = (*arguments[1::2], arguments[-1])
    return Call("case", tuple(arguments), _same_kind(values, "CASE"))


def cast(node: Node, name: DataType) -> Node:
    """Return the node's value as a type; a value that has no place there becomes null."""
    type_row(name)
    if node.kind is Kind.NULL:
        return Call("cast_null", (node,), _kind(name))
    if node.kind is Kind.BOOL and name in {"int32", "int64", "float32"}:
        return strict("number_of_bool", node)
    if node.kind is Kind.STRING and name in {"int32", "int64", "float32"}:
        return cast(strict("number_of_string", node), name)
    if (node.kind, name) in _CASTS:
        return strict(_CASTS[node.kind, name][0], node)
    if node.kind is _kind(name):
        return node
    raise _refuse("sql_not_allowed", f"a {node.kind} cannot be cast to {name}")


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _refuse("sql_syntax", f"'{text[:40]}' is no number") from None
    if math.isinf(number):
        raise _refuse("sql_not_allowed", f"the number {text[:40]} is larger than a double holds")
    return number


def _moment(text: str) -> Literal:
    try:
        return Literal(parse_timestamp(text), Kind.TIMESTAMP)
    except SpecProblem as problem:
        raise _refuse(problem.problem.code, str(problem), text) from problem


def _kind(name: DataType) -> Kind:
    return Column("", name).kind


def unknown_column(name: str, known: Mapping[str, Any]) -> ExpressionProblem:
    """Return the problem of a name that is not there, with the nearest that is."""
    near = difflib.get_close_matches(name, list(known), 1, 0.5)
    hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(sorted(known)) or 'none'}"
    return _refuse("unknown_column", f"there is no column '{name}'{hint}", name)


def _expect(node: Node, kind: Kind, where: str) -> None:
    if node.kind not in {kind, Kind.NULL}:
        raise _refuse("sql_not_allowed", f"{where} needs a {kind}, but got a {node.kind}")


def _same_kind(nodes: tuple[Node, ...], where: str) -> Kind:
    kinds = {node.kind for node in nodes} - {Kind.NULL}
    if len(kinds) > 1:
        names = " and ".join(sorted(kinds))
        raise _refuse("sql_not_allowed", f"{where} mixes {names}; use CAST on one side")
    return kinds.pop() if kinds else Kind.NULL


def _whole_literal(node: Node, where: str, low: int, high: int) -> float:
    value = node.value if isinstance(node, Literal) else None
    if isinstance(value, float) and value == int(value) and low <= value <= high:
        return value
    raise _refuse("sql_not_allowed", f"{where} needs a whole number from {low} to {high} written out")


def _refuse(code: str, detail: str, where: str = "") -> ExpressionProblem:
    return ExpressionProblem(code, detail, where)


def _random(what: str) -> ExpressionProblem:
    return _refuse(
        "nondeterministic",
        f"'{what[:60]}' gives another value each time; use a request field such as the event time",
        what[:60],
    )


def _syntax(error: Any) -> ExpressionProblem:
    first = error.errors[0] if error.errors else {}
    column = max(1, int(first.get("col") or 8) - 7)
    detail = f"{first.get('line', 1)}:{column}: {first.get('description', 'cannot be read')}"
    return _refuse("sql_syntax", detail, str(first.get("highlight") or ""))
