"""Progress on the terminal: one line per event, with the stage and the seconds since the start."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SECONDS_BETWEEN_LINES = 2.0


class Reporter:
    """Prints progress and keeps the seconds of each stage."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last_line = 0.0
        self._stage = ""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage of the loop."""
        self._stage = name
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 1)
        self.say(f"done in {self.seconds[name]:.1f} s")

    def say(self, text: str) -> None:
        """Print one line."""
        elapsed = time.monotonic() - self._started
        self._last_line = time.monotonic()
        sys.stdout.write(f"{elapsed:6.1f} s  {self._stage:<10} {text}\n")
        sys.stdout.flush()

    def job(self, label: str) -> "JobLine":
        """Return a callback that prints a job's progress under ``label``."""
        return JobLine(self, label)

    def quiet_for(self) -> float:
        """Return the seconds since the last line."""
        return time.monotonic() - self._last_line


class JobLine:
    """Prints a job's progress when it changed, at most one line each two seconds."""

    def __init__(self, reporter: Reporter, label: str) -> None:
        self._reporter = reporter
        self._label = label
        self._last = ""

    def __call__(self, job: dict[str, Any]) -> None:
        """Take the job as the API shows it."""
        text = describe(job)
        if text != self._last and self._reporter.quiet_for() >= SECONDS_BETWEEN_LINES:
            self._last = text
            self._reporter.say(f"{self._label}: {text}")


def describe(job: dict[str, Any]) -> str:
    """Return a job's state and progress in a few words."""
    progress = job.get("progress") or {}
    if job["state"] != "running" or not progress:
        return str(job["state"])
    done, total = progress.get("done", 0), progress.get("total")
    if not done and not total:
        return str(progress.get("message", "running"))
    amount = f"{done:,.0f}" + (f" of {total:,.0f}" if total else "")
    return " ".join(part for part in (progress.get("message", ""), amount, progress.get("unit", "")) if part)
