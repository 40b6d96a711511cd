"""The scheduler's part: what is cheap it sweeps itself, the rest a process of its own sweeps once a day."""

import os
import sys
from datetime import timedelta

from bottega_platform.config import env
from bottega_platform.embedded.process import MARKER, Child, Program, spawn
from bottega_platform.sweep import sweepers

CHEAP = ("scratch", "sign_ins")
CHEAP_GRACE = timedelta(hours=1)
CHEAP_SECONDS = 600.0
WHOLE_SECONDS = 24 * 3600.0
FIRST_SECONDS = 900.0
"""A whole sweep reads every table's metadata: not while the platform starts."""


def cheap() -> None:
    """Sweep what takes milliseconds."""
    for _ in sweepers.run(only=CHEAP, grace=CHEAP_GRACE):
        pass


class Whole:
    """Starts ``manage.py sweep``, whose libraries would stay in the scheduler's memory, one at a time."""

    __name__ = "the daily sweep"

    def __init__(self) -> None:
        self._child: Child | None = None

    def __call__(self) -> None:
        """Start a sweep, unless the last one still runs."""
        if self._child is None or self._child.returncode() is not None:
            self._child = spawn(program(), marker=os.environ.get(MARKER, ""))


def program() -> Program:
    """Return the process; ``bottega logs sweep`` shows what it says."""
    return Program(
        name="sweep",
        argv=[sys.executable, "-m", "django", "sweep"],
        env=dict(os.environ),
        log=env.current().home / "log" / "sweep.log",
    )
