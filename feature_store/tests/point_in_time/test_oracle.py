"""Both engines give what the nested-loop reference gives, on frames made to hurt."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bottega_feature_store.point_in_time import oracle
from bottega_feature_store.point_in_time.plan import Join

Row = dict[str, Any]
Views = list[tuple[Join, list[Row]]]
Engine = Callable[..., list[Row]]
EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
moments = st.integers(0, 12).map(lambda hour: EPOCH + dt.timedelta(hours=hour))
whole = st.one_of(st.none(), st.sampled_from([1, 2, 11, 12]))
texts = st.one_of(st.none(), st.sampled_from(["1", "2", "11", "12", "é", ""]))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Row], Views]:
    """Label rows and two views: ties, late rows, corrections, unknown and null keys are common."""
    labels = draw(st.lists(st.fixed_dictionaries({"at": moments, "a": whole, "b": texts}), min_size=1, max_size=12))
    views = []
    for name, keys in (("one", (("a", "a"),)), ("two", (("a", "a"), ("b", "b")))):
        feature = f"{name}_value"
        value = st.one_of(st.none(), st.integers(0, 9).map(float))
        row = st.fixed_dictionaries(
            {"a": whole, "b": texts, "event_time": moments, "created_time": moments, feature: value}
        )
        ttl = draw(st.sampled_from([None, 3600, 4 * 3600]))
        views.append((Join(name, keys, (feature,), ttl), draw(st.lists(row, min_size=2, max_size=20))))
    return [{"row_id": place, **label} for place, label in enumerate(labels)], views


def expected(labels: list[Row], views: Views, row_ids: Callable[[list[Row]], list[Row]], known_at: bool) -> list[Row]:
    """What the reference answers; rows get the ids that the files give them."""
    return oracle.join(labels, "at", [(join, row_ids(rows)) for join, rows in views], known_at=known_at)


def test_the_join_equals_the_reference(engine: Engine, row_ids: Any, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=cases(), known_at=st.booleans())
    def check(case: tuple[list[Row], Views], known_at: bool) -> None:
        labels, views = case
        assert engine(labels, views, known_at=known_at) == expected(labels, views, row_ids, known_at)

    check()
