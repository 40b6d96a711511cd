"""Cron expressions: read with the position of what is wrong, and turned into moments.

A fire time that the change of clocks leaves out falls right after the gap, one that comes twice counts once;
fields that begin with ``*`` follow elapsed time instead, as in Debian's cron.
"""

import re
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise
from typing import NoReturn

from cronsim import CronSim, CronSimError
from cronsim.cronsim import Field

from bottega.problems import Fault
from bottega_platform.api.errors import Invalid

FIELDS = (Field.MINUTE, Field.HOUR, Field.DAY, Field.MONTH, Field.DOW)
NAMES = ("minute", "hour", "day of month", "month", "day of week")
LIMITS = ("0 to 59", "0 to 23", "1 to 31, L or LW", "1 to 12 or JAN to DEC", "0 to 7 or SUN to SAT")
SHORTEST = timedelta(minutes=10)
LOOKED_AT = 50


def check(cron: str, timezone: str, *, at: str = "") -> None:
    """Refuse an expression or a time zone that cannot be used; pointers begin with ``at``.

    Raises:
        Invalid: ``cron_invalid`` with the position, ``tz_unknown``, ``cron_never_fires`` or ``cron_too_often``.
    """
    if timezone not in _timezones():
        detail = f"There is no time zone “{timezone[:60]}”. Use a name like UTC or Europe/Rome."
        _refuse("tz_unknown", detail, f"{at}/timezone", timezone)
    _check_fields(cron, f"{at}/cron")
    found = list(islice(after(cron, timezone, datetime.now(UTC)), LOOKED_AT))
    if not found:
        _refuse("cron_never_fires", "There is no such day: this never fires.", f"{at}/cron", cron)
    if any(later - earlier < SHORTEST for earlier, later in pairwise(found)):
        detail = f"Fires are at least {SHORTEST.seconds // 60} minutes apart: training takes its time."
        _refuse("cron_too_often", detail, f"{at}/cron", cron)


@cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _refuse(code: str, detail: str, pointer: str, got: str) -> NoReturn:
    raise Invalid(detail, code=code, errors=[Fault(code, detail, pointer=pointer, got=got[:120])])


def _check_fields(cron: str, pointer: str) -> None:
    words = list(re.finditer(r"\S+", cron))
    if len(words) != len(FIELDS):
        place = words[len(FIELDS)].start() if len(words) > len(FIELDS) else len(cron)
        detail = f"Five fields are needed ({', '.join(NAMES)}); this has {len(words)}, at position {place + 1}."
        _refuse("cron_invalid", detail, pointer, cron)
    for word, field, name, limits in zip(words, FIELDS, NAMES, LIMITS, strict=True):
        _check_field(word, field, pointer, f"the {name} is {limits}, *, a list, a range or a step")


def _check_field(word: re.Match[str], field: Field, pointer: str, allowed: str) -> None:
    """Refuse the first term of a comma-separated field that cannot be read, at its position."""
    place = word.start()
    for term in word.group().split(","):
        try:
            field.parse(term.upper())
        except CronSimError:
            detail = f"“{term[:40]}” at position {place + 1} cannot be read: {allowed}."
            _refuse("cron_invalid", detail, pointer, term)
        place += len(term) + 1


def after(cron: str, timezone: str, moment: datetime) -> Iterator[datetime]:
    """Yield the fire times after a moment, in UTC; of a checked expression."""
    try:
        times = CronSim(cron, moment.astimezone(zoneinfo.ZoneInfo(timezone)))
    except CronSimError:  # every field can be read, and together they name no day
        return
    for time in times:
        yield time.astimezone(UTC)


def following(cron: str, timezone: str, moment: datetime, *, count: int = 5) -> list[datetime]:
    """Return the next fire times after a moment, in UTC."""
    return list(islice(after(cron, timezone, moment), count))
