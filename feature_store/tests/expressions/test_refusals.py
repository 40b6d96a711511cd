"""What is no expression is refused with a code that says why."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bottega.problems import SpecProblem
from bottega.specs.data import DataType
from bottega_feature_store.expressions import ExpressionProblem, parse

TYPES: dict[str, DataType] = {"amount": "float64", "name": "string", "flag": "bool", "at": "timestamp"}
REFUSED = {
    "half": ("amount +", "sql_syntax"),
    "quote": ("'amount", "sql_syntax"),
    "nothing": ("", "sql_syntax"),
    "two statements": ("amount; DROP TABLE x", "sql_not_allowed"),
    "two columns": ("amount, name", "sql_not_allowed"),
    "table": ("amount FROM x", "sql_not_allowed"),
    "query": ("(SELECT 1)", "sql_not_allowed"),
    "query in list": ("amount IN (SELECT 1)", "sql_not_allowed"),
    "aggregate": ("sum(amount)", "sql_not_allowed"),
    "window": ("lag(amount) OVER (ORDER BY at)", "sql_not_allowed"),
    "reflection": ("reflect('java.lang.System', 'exit', 1)", "sql_not_allowed"),
    "star": ("*", "sql_not_allowed"),
    "mixed kinds": ("amount + name", "sql_not_allowed"),
    "mixed comparison": ("amount = name", "sql_not_allowed"),
    "number as truth": ("amount AND flag", "sql_not_allowed"),
    "unknown zone": ("hour(from_utc_timestamp(at, 'America/New_Yrok'))", "sql_not_allowed"),
    "zone from data": ("hour(from_utc_timestamp(at, name))", "sql_not_allowed"),
    "number as text": ("cast(amount AS STRING)", "sql_not_allowed"),
    "brackets": ("(" * 100 + "amount" + ")" * 100, "sql_not_allowed"),
    "chain of not": ("NOT " * 900 + "flag", "sql_not_allowed"),
    "chain of plus": ("amount" + "+amount" * 500, "sql_not_allowed"),
    "too long": ("amount + " * 1000 + "1", "sql_not_allowed"),
    "unknown column": ("amuont + 1", "unknown_column"),
    "random": ("rand()", "nondeterministic"),
    "clock": ("hour(now())", "nondeterministic"),
    "today": ("datediff(at, current_date())", "nondeterministic"),
    "identity": ("uuid()", "nondeterministic"),
    "argument missing": ("datediff(at)", "sql_syntax"),
    "start missing": ("substring(name)", "sql_syntax"),
    "infinite digits": ("round(amount, 1e999)", "sql_not_allowed"),
    "too large a number": ("amount + 1e999", "sql_not_allowed"),
    "no moment": ("at > TIMESTAMP 'yesterday'", "timestamp_invalid"),
    "moment before all time": ("at > TIMESTAMP '0001-01-01T00:00:00+14:00'", "timestamp_invalid"),
    "what the parser trips over": ("MAP(substr(name DAY 'x' abs(IN)))", "sql_syntax"),
}
RUBBISH = """
amount name flag at 1 0 -1 1e999 'x' NULL TRUE ( ) , + - * / % = < AND OR NOT IS IN BETWEEN CASE WHEN THEN
ELSE END CAST( AS INT DATE INTERVAL DAY substring( datediff( round( concat( if( nullif( greatest( hour(
date_trunc( pow( from_utc_timestamp( :: || LIKE extract( FROM TIME ZONE [ ] { } . "a" `b` ? :x DISTINCT OVER
EXISTS SELECT MAP ARRAY struct( isnan( TIMESTAMP DECIMAL(10,2) 'hour' 'America/New_York' -- /* */ ; 0x1F
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_expression_is_refused(name):
    text, code = REFUSED[name]
    with pytest.raises(ExpressionProblem) as caught:
        parse(text, TYPES)
    assert (caught.value.problem.code, caught.value.problem.status) == (code, 422)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(RUBBISH), min_size=1, max_size=10))
def test_rubbish_is_refused_by_a_problem_and_by_nothing_else(words):
    with contextlib.suppress(ExpressionProblem):
        parse(" ".join(words), TYPES)


def test_a_naive_timestamp_is_refused():
    with pytest.raises(SpecProblem) as caught:
        parse("at > TIMESTAMP '2024-01-01 00:00:00'", TYPES)
    assert caught.value.problem.code == "timestamp_naive"


def test_an_unknown_column_names_the_nearest():
    with pytest.raises(ExpressionProblem, match="did you mean 'amount'"):
        parse("amuont", TYPES)


def test_a_syntax_error_says_line_and_column():
    with pytest.raises(ExpressionProblem, match=r"^2:\d+: "):
        parse("amount +\n  * 2", TYPES)


def test_layers_of_rounding_do_not_explode_the_sql():
    with pytest.raises(ExpressionProblem, match="too large"):
        parse("round(" * 12 + "amount" + ", 1)" * 12, TYPES).to_duckdb_sql()
