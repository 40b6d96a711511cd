"""The type table and durations."""

import pyarrow as pa
import pytest

from bottega.problems import SpecProblem
from bottega_feature_store.types import (
    TYPES,
    arrow_type,
    format_timestamp,
    from_arrow,
    from_json,
    parse_duration,
    parse_timestamp,
    to_json,
)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("2w", 1_209_600)]
)
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0h", "1", "h", "1.5h", "-1h", "1H", "1 h", "1h2m", "9999999d"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(SpecProblem) as caught:
        parse_duration(text)
    assert caught.value.problem.code == "duration_invalid"


@pytest.mark.parametrize("name", TYPES)
def test_every_type_survives_the_way_through_arrow(name):
    assert from_arrow(arrow_type(name)) == name


def test_a_naive_arrow_timestamp_and_a_list_are_no_types_of_ours():
    assert from_arrow(pa.timestamp("us")) is None
    assert from_arrow(pa.list_(pa.int32())) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [("string", "ä"), ("int32", -5), ("int64", 2**53), ("int64", 2**60), ("int64", -(2**60)), ("float64", 0.1),
     ("bool", True), ("timestamp", 1_380_000_000_123_456), ("timestamp", 0), ("date", 15_000)],
)  # fmt: skip
def test_json_gives_back_what_went_in(kind, value):
    assert from_json(kind, to_json(kind, value)) == value


def test_big_integers_are_text_and_nan_is_null_in_json():
    assert to_json("int64", 2**60) == str(2**60)
    assert to_json("float64", float("nan")) is None
    assert to_json("float64", float("inf")) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [("int32", 2**31), ("int32", 1.5), ("int32", True), ("int64", "1.5"), ("int64", 2**63), ("float64", "1"),
     ("float64", False), ("bool", 1), ("string", 5), ("timestamp", "2013-01-01T00:00:00"), ("timestamp", 5),
     ("date", "2013-02-30"), ("date", 7)],
)  # fmt: skip
def test_a_wrong_json_value_is_refused(kind, value):
    with pytest.raises(ValueError, match=r"expected|offset"):
        from_json(kind, value)


def test_a_naive_time_needs_a_zone_and_follows_its_rules():
    with pytest.raises(SpecProblem, match="offset"):
        parse_timestamp("2013-07-01T12:00:00")
    assert format_timestamp(parse_timestamp("2013-07-01T12:00:00", "America/New_York")) == "2013-07-01T16:00:00Z"
    assert format_timestamp(parse_timestamp("2013-01-01T12:00:00", "America/New_York")) == "2013-01-01T17:00:00Z"
