"""Cases that other stores get wrong, by name."""

from collections.abc import Callable
from typing import Any

from bottega_feature_store.point_in_time.plan import Join

Row = dict[str, Any]
Engine = Callable[..., list[Row]]


def label(row_id: int, at: Any, a: int | None = 1, b: str | None = "x") -> Row:
    return {"row_id": row_id, "at": at, "a": a, "b": b}


def row(event: Any, value: float, *, created: Any = None, a: int = 1, b: str = "x") -> Row:
    return {"a": a, "b": b, "event_time": event, "created_time": created or event, "value": value}


BY_A = Join("view", (("a", "a"),), ("value",), ttl_seconds=3600)
BY_BOTH = Join("view", (("a", "a"), ("b", "b")), ("value",))


def test_equal_label_rows_stay_apart_and_stale_or_future_values_keep_their_row(engine: Engine, at: Any) -> None:
    """Feast's dask store turned six labels into three."""
    labels = [label(0, at(5)), label(1, at(5)), label(2, at(9)), label(3, at(1)), label(4, at(5), a=7), label(5, at(4))]
    found = engine(labels, [(BY_A, [row(at(4), 40.0), row(at(4.5), 45.0)])])
    assert [r["row_id"] for r in found] == [0, 1, 2, 3, 4, 5]
    assert [r["value"] for r in found] == [45.0, 45.0, None, None, None, 40.0]
    assert [r["__view_reason"] for r in found] == [None, None, "stale", "missing", "missing", None]


def test_equal_event_times_give_one_row_and_the_later_created_one_wins(engine: Engine, at: Any) -> None:
    """Feast's Spark store turned six labels into seven."""
    rows = [row(at(1), 1.0, created=at(1)), row(at(1), 2.0, created=at(2)), row(at(1), 3.0, created=at(2))]
    found = engine([label(0, at(2)), label(1, at(1.5))], [(BY_A, rows)])
    assert [(r["row_id"], r["value"]) for r in found] == [(0, 3.0), (1, 1.0)]


def test_composite_keys_are_compared_as_tuples_not_as_joined_text(engine: Engine, at: Any) -> None:
    """Feast's Spark store mixed (1, 12) up with (11, 2)."""
    rows = [row(at(1), 100.0, a=1, b="12"), row(at(2), 200.0, a=11, b="2")]
    found = engine([label(0, at(3), 1, "12"), label(1, at(3), 11, "2"), label(2, at(3), 1, "1")], [(BY_BOTH, rows)])
    assert [r["value"] for r in found] == [100.0, 200.0, None]


def test_a_late_row_counts_only_from_when_it_was_known(engine: Engine, at: Any) -> None:
    rows = [row(at(1), 1.0), row(at(2), 2.0, created=at(6))]
    join = Join("view", (("a", "a"),), ("value",))
    assert [r["value"] for r in engine([label(0, at(3)), label(1, at(6))], [(join, rows)])] == [1.0, 2.0]


def test_a_late_row_that_is_older_than_a_known_one_never_replaces_it(engine: Engine, at: Any) -> None:
    rows = [row(at(2), 2.0), row(at(1), 1.0, created=at(4))]
    join = Join("view", (("a", "a"),), ("value",))
    assert [r["value"] for r in engine([label(0, at(3)), label(1, at(5))], [(join, rows)])] == [2.0, 2.0]


def test_without_the_known_at_filter_a_value_is_used_before_it_was_known(engine: Engine, at: Any) -> None:
    rows = [row(at(2), 2.0, created=at(6))]
    join = Join("view", (("a", "a"),), ("value",))
    assert engine([label(0, at(3))], [(join, rows)], known_at=False)[0]["value"] == 2.0
    assert engine([label(0, at(3))], [(join, rows)], known_at=True)[0]["value"] is None


def test_the_ttl_includes_its_end(engine: Engine, at: Any) -> None:
    rows = [row(at(1), 1.0), row(at(1), 2.0)]
    found = engine([label(0, at(2)), label(1, at(2.001))], [(BY_A, rows)])
    assert [(r["value"], r["__view_reason"]) for r in found] == [(2.0, None), (None, "stale")]


def test_a_null_key_finds_nothing(engine: Engine, at: Any) -> None:
    found = engine([label(0, at(2), a=None)], [(BY_A, [row(at(1), 1.0), row(at(2), 2.0)])])
    assert found[0]["__view_reason"] == "missing"
