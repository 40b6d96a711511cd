"""Specs of schedules."""

from typing import Annotated

import msgspec

MAX_CRON = 120


class ScheduleSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When a model is trained again, and how.

    ``cron`` has five fields: minute, hour, day of month, month, day of week, read in ``timezone`` (an IANA name).
    A time that the change of clocks leaves out fires right after the gap; one that comes twice fires once.

    ``training_run`` names the run that is repeated: its trainer with parameters or study, on its training set's
    recipe with all time bounds moved on, so that the newest data are in it. The result becomes the next version of
    ``model`` with the alias ``challenger``, and is compared with the champion on the same rows.
    """

    cron: Annotated[str, msgspec.Meta(max_length=MAX_CRON)]
    training_run: str
    model: str
    timezone: str = "UTC"
    enabled: bool = True
    description: str = ""
