"""Patterns in which people write dates and times, day first before month first."""

import itertools
import re

DAY_FIRST, MONTH_FIRST, YEAR_FIRST, NAMED = "day first", "month first", "year first", "month by name"
# DuckDB's %d, %m and %H read one digit as well as two.
DATES = (
    ("%d/%m/%Y", DAY_FIRST),
    ("%m/%d/%Y", MONTH_FIRST),
    ("%d.%m.%Y", DAY_FIRST),
    ("%d-%m-%Y", DAY_FIRST),
    ("%m-%d-%Y", MONTH_FIRST),
    ("%Y/%m/%d", YEAR_FIRST),
    ("%Y.%m.%d", YEAR_FIRST),
    ("%d %b %Y", NAMED),
    ("%d %B %Y", NAMED),
    ("%d-%b-%Y", NAMED),
    ("%b %d, %Y", NAMED),
    ("%B %d, %Y", NAMED),
)
TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
MOMENTS = tuple((f"{date} {time}", order) for (date, order), time in itertools.product(DATES, TIMES))
_DATE = re.compile(
    r"^\s*(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{4}|[A-Za-z]{3,9} \d{1,2}, \d{4})"
    r"([T ]\d{1,2}:\d{2}.*)?\s*$"
)


def looks_like_date(text: str) -> bool:
    """Say whether a text has the shape of a date, with or without a time."""
    return _DATE.match(text) is not None


def twin(pattern: str) -> str | None:
    """Return the pattern that differs in nothing but the order of day and month."""
    swapped = pattern.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
    return swapped if "%m" in pattern else None
