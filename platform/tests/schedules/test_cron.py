"""Cron expressions: what is refused and where, and when the others fire."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bottega_platform.api.errors import Invalid
from bottega_platform.schedules import cron

NEW_YORK = "America/New_York"


def refused(expression, timezone="UTC"):
    with pytest.raises(Invalid) as caught:
        cron.check(expression, timezone, at="/spec")
    problem = caught.value.problem
    return problem.code, problem.errors[0].pointer, problem.detail


def times(expression, timezone, start, count):
    return [f"{one:%m-%d %H:%M}" for one in islice(cron.after(expression, timezone, start), count)]


@pytest.mark.parametrize(
    ("expression", "place", "said"),
    [
        ("0 25 * * *", 3, "“25”"),
        ("61 3 * * *", 1, "“61”"),
        ("0 3 * 13 *", 7, "the month is"),
        ("0 3 * * FUNDAY", 9, "SUN to SAT"),
        ("0 3,4,99 * * *", 7, "“99”"),
        ("0 3-x * * *", 3, "“3-x”"),
        ("0  */0 * * *", 4, "“*/0”"),
        ("0 3 * * 1,", 11, "“”"),
        ("0 3 * *", 8, "this has 4"),
        ("", 1, "this has 0"),
        ("0 0 3 * * *", 11, "this has 6"),
        ("@daily", 7, "this has 1"),
        ("0 ² * * *", 3, "“²”"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_position(expression, place, said):
    code, pointer, detail = refused(expression)
    assert (code, pointer) == ("cron_invalid", "/spec/cron")
    assert f"position {place}" in detail
    assert said in detail


@pytest.mark.parametrize("expression", ["0 3 30 2 *", "0 3 31 4,6 *"])
def test_a_day_that_never_comes_is_refused(expression):
    assert refused(expression)[:2] == ("cron_never_fires", "/spec/cron")


@pytest.mark.parametrize("expression", ["* * * * *", "*/5 * * * *", "0,1 3 * * *", "55,0 * * * *"])
def test_fires_closer_than_ten_minutes_are_refused(expression):
    assert refused(expression)[:2] == ("cron_too_often", "/spec/cron")


@pytest.mark.parametrize("expression", ["*/10 * * * *", "0 3 * * 1", "0 3 29 2 *", "30 4 L * *", "0 12 * * MON#1"])
def test_what_fires_is_taken(expression):
    cron.check(expression, NEW_YORK)


@pytest.mark.parametrize("timezone", ["", "Mars/Olympus", "../UTC", "/etc/passwd", "America", "utc+1", "Europe/Rome\0"])
def test_an_unknown_time_zone_is_refused(timezone):
    assert refused("0 3 * * *", timezone)[:2] == ("tz_unknown", "/spec/timezone")


@given(st.text(alphabet="0123456789*,-/#LW MONFEB²\0ß\n", max_size=40))
def test_any_text_is_taken_or_refused_and_nothing_else(expression):
    with suppress(Invalid):
        cron.check(expression, "UTC")
        assert len(cron.following(expression, "UTC", datetime(2026, 1, 1, tzinfo=UTC))) == 5


def test_local_time_is_kept_over_a_change_of_clocks():
    start = datetime(2026, 3, 7, tzinfo=UTC)
    assert times("0 3 * * *", NEW_YORK, start, 3) == ["03-07 08:00", "03-08 07:00", "03-09 07:00"]


def test_a_time_that_is_left_out_fires_right_after_the_gap():
    start = datetime(2026, 3, 7, 12, tzinfo=UTC)
    assert times("30 2 * * *", NEW_YORK, start, 2) == ["03-08 07:00", "03-09 06:30"]


def test_a_time_that_comes_twice_fires_once():
    start = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert times("30 1 * * *", NEW_YORK, start, 2) == ["11-01 05:30", "11-02 06:30"]


@pytest.mark.parametrize("day", [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)])
def test_every_half_hour_stays_half_an_hour_when_the_clocks_change(day):
    found = list(islice(cron.after("*/30 * * * *", NEW_YORK, day), 60))
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=30)}
