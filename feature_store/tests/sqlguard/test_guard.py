"""The SQL guard: what passes, what is refused, and that it says why."""

import contextlib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bottega.specs import Column
from bottega_feature_store.sqlguard import SqlProblem, guard

SOURCES = {
    "visits": [Column("person", "string"), Column("at", "timestamp"), Column("minutes", "int64")],
    "people": [Column("person", "string"), Column("city", "string")],
}

ALLOWED = [
    "SELECT person, at, minutes FROM visits",
    "SELECT person, at, CAST(minutes AS DOUBLE) / 60 AS hours FROM visits WHERE minutes IS NOT NULL;",
    "WITH long AS (SELECT * FROM visits WHERE minutes > 5) SELECT l.person, l.at, p.city "
    "FROM long l LEFT JOIN people p ON p.person = l.person",
    "SELECT person, at, SUM(minutes) OVER (PARTITION BY person ORDER BY at) AS total FROM visits",
    "SELECT person, MAX(at) AS at, COUNT(*) AS n FROM visits GROUP BY person",
    "SELECT person, at + make_dt_interval(0, 0, 5) AS at, hour(from_utc_timestamp(at, 'UTC')) AS h FROM visits",
]

UNWANTED = {
    "two statements": ("SELECT person FROM visits; SELECT 1", "sql_not_allowed"),
    "drop": ("DROP TABLE visits", "sql_not_allowed"),
    "create": ("CREATE TABLE x AS SELECT person FROM visits", "sql_not_allowed"),
    "insert directory": ("INSERT OVERWRITE DIRECTORY '/tmp/x' SELECT person FROM visits", "sql_not_allowed"),
    "add jar": ("ADD JAR '/tmp/evil.jar'", "sql_not_allowed"),
    "set": ("SET spark.sql.ansi.enabled=false", "sql_not_allowed"),
    "reflect": ("SELECT reflect('java.lang.System', 'getenv') AS x FROM visits", "sql_not_allowed"),
    "try_reflect": ("SELECT try_reflect('java.lang.System', 'getenv') AS x FROM visits", "sql_not_allowed"),
    "java_method": ("SELECT java_method('java.lang.System', 'exit', 1) AS x FROM visits", "sql_not_allowed"),
    "transform": ("SELECT TRANSFORM(person) USING 'id' FROM visits", "sql_not_allowed"),
    "text path": ("SELECT * FROM text.`/etc/passwd`", "sql_not_allowed"),
    "parquet path": ("SELECT * FROM parquet.`/data/x`", "sql_not_allowed"),
    "read_files": ("SELECT * FROM read_files('/etc/passwd')", "sql_not_allowed"),
    "range": ("SELECT * FROM range(1000000000000)", "sql_not_allowed"),
    "identifier": ("SELECT * FROM IDENTIFIER('secrets')", "sql_not_allowed"),
    "other database": ("SELECT * FROM other.visits", "sql_not_allowed"),
    "undeclared table": ("SELECT * FROM secrets", "sql_not_allowed"),
    "undeclared in subquery": ("SELECT person FROM visits WHERE person IN (SELECT p FROM secrets)", "sql_not_allowed"),
    "hint": ("SELECT /*+ BROADCAST(visits) */ person FROM visits", "sql_not_allowed"),
    "cross join": ("SELECT v.person FROM visits v, people p", "sql_not_allowed"),
    "lateral view": ("SELECT x FROM visits LATERAL VIEW explode(person) t AS x", "sql_not_allowed"),
    "limit": ("SELECT person FROM visits LIMIT 10", "sql_not_allowed"),
    "recursive": ("WITH RECURSIVE c AS (SELECT person FROM c) SELECT person FROM c", "sql_not_allowed"),
    "variable": ("SELECT ${system:user.home} AS x FROM visits", "sql_syntax"),
    "no table": ("SELECT 1 AS x", "sql_not_allowed"),
    "hidden source": ("WITH visits AS (SELECT person FROM people) SELECT person FROM visits", "sql_not_allowed"),
    "duplicate column": ("SELECT person, city AS person FROM people", "sql_not_allowed"),
    "brackets": (f"SELECT {'(' * 500}minutes{')' * 500} AS x FROM visits", "sql_not_allowed"),
    "long chain": (f"SELECT {'NOT ' * 5000}true AS x FROM visits", "sql_not_allowed"),
    "rand": ("SELECT rand() AS x FROM visits", "nondeterministic"),
    "now": ("SELECT now() AS x FROM visits", "nondeterministic"),
    "current_timestamp": ("SELECT current_timestamp AS x FROM visits", "nondeterministic"),
    "current_date": ("SELECT current_date() AS x FROM visits", "nondeterministic"),
    "uuid": ("SELECT uuid() AS x FROM visits", "nondeterministic"),
    "input_file_name": ("SELECT input_file_name() AS x FROM visits", "nondeterministic"),
    "syntax": ("SELECT person FROM visits WHERE AND", "sql_syntax"),
    "unclosed": ("SELECT 'person FROM visits", "sql_syntax"),
    "empty": ("  ", "sql_syntax"),
    "unknown column": ("SELECT persn FROM visits", "unknown_column"),
    "unknown column of table": ("SELECT v.city FROM visits v", "unknown_column"),
    "no unit": ("SELECT date_trunc() AS at, person FROM visits", "sql_syntax"),
    "what the parser trips over": ("SELECT person FROM visits { MAP (10 named_struct(minutes)", "sql_syntax"),
    "placeholder as alias": ("SELECT person FROM visits ? at", "sql_syntax"),
}
RUBBISH = """
SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT JOIN LEFT ON USING NATURAL LATERAL VIEW explode( WITH AS ( ) , .
* visits people person at minutes 1 'a' "b" `c` ; UNION ALL VALUES TABLESAMPLE PIVOT ( QUALIFY WINDOW OVER
PARTITION ROWS CASE WHEN THEN END CAST( INT STRUCT< MAP ARRAY [ ] { } -> => :: @ ? % + - = NOT IN IS NULL
TRANSFORM reflect( date_trunc( extract( datediff( substring( INTERVAL DAY DISTINCT FILTER /*+ */ -- INTO SET
DROP INSERT EXPLAIN ADD JAR percentile( x named_struct( FOR OF
""".split()  # noqa: SIM905
SHAPES = [
    "{}",
    "SELECT person, {} FROM visits",
    "SELECT person FROM visits {}",
    "WITH q AS (SELECT {}) SELECT at FROM q",
]


@pytest.mark.parametrize("sql", ALLOWED)
def test_ordinary_feature_sql_passes(sql: str) -> None:
    assert guard(sql, SOURCES).columns


@pytest.mark.parametrize("name", UNWANTED)
def test_unwanted_sql_is_refused_with_its_code(name: str) -> None:
    sql, code = UNWANTED[name]
    with pytest.raises(SqlProblem) as caught:
        guard(sql, SOURCES)
    assert caught.value.problem.code == code
    assert caught.value.problem.status == 422


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(RUBBISH), min_size=1, max_size=10), st.sampled_from(SHAPES))
def test_rubbish_is_refused_by_a_problem_and_by_nothing_else(words: list[str], shape: str) -> None:
    with contextlib.suppress(SqlProblem):
        guard(shape.format(" ".join(words)), SOURCES)


def test_an_unknown_column_names_the_nearest_one() -> None:
    with pytest.raises(SqlProblem, match="did you mean 'person'"):
        guard("SELECT persn FROM visits", SOURCES)


def test_a_syntax_error_says_line_and_column() -> None:
    with pytest.raises(SqlProblem, match=r"^2:\d+"):
        guard("SELECT person\nFROM visits WHERE AND", SOURCES)


def test_columns_come_out_in_order_with_stars_expanded() -> None:
    assert guard("SELECT *, minutes * 2 AS twice FROM visits", SOURCES).columns == ["person", "at", "minutes", "twice"]


def test_layout_and_comments_do_not_change_the_canonical_text() -> None:
    one = guard("SELECT person, at FROM visits", SOURCES)
    two = guard("select  person ,\n at -- when\nfrom visits ;", SOURCES)
    assert one.canonical == two.canonical


def test_a_source_without_data_is_not_checked_for_columns() -> None:
    assert guard("SELECT anything FROM later", {"later": None}).columns == ["anything"]


def test_the_examples_views_pass() -> None:
    with open("examples/flight_delay/specs/features.yaml") as file:
        views = yaml.safe_load(file)["feature_views"]
    for view in views:
        guard(view["spec"]["sql"], dict.fromkeys(view["spec"]["sources"]))
