"""Progress while something is waited for: one line that changes, in a terminal and in a notebook."""

import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

FINAL = ("succeeded", "failed", "cancelled", "active")
Show = Callable[[str], None]
#: What is told how a job stands: it takes the job as the API shows it.
Observer = Callable[[dict[str, Any]], None]


def describe(job: dict[str, Any]) -> str:
    """Return a job's state and progress in a few words."""
    progress = job.get("progress") or {}
    if job["state"] != "running" or not progress:
        return str(job["state"])
    amount = f"{progress.get('done', 0):,.0f}"
    if progress.get("total"):
        amount += f" of {progress['total']:,.0f}"
    return " ".join(part for part in (progress.get("message", ""), amount, progress.get("unit", "")) if part)


class Line:
    """Shows a label, how it stands, and the seconds since it began."""

    def __init__(self, label: str, show: Show | None = None) -> None:
        self._label = label
        self._began = time.monotonic()
        self._show = show or _shower()

    def __call__(self, job: dict[str, Any]) -> None:
        """Show a job."""
        self.say(describe(job))

    def say(self, words: str) -> None:
        """Show a few words."""
        self._show(f"{self._label}: {words} ({time.monotonic() - self._began:.0f} s)")


def silent(_: dict[str, Any]) -> None:
    """Show nothing."""


def observer(label: str, progress: bool | Observer) -> Observer:
    """Return what shows progress: a line, nothing, or the caller's own."""
    if callable(progress):
        return progress
    return Line(label) if progress else silent


def _shower() -> Show:
    return _notebook() or (_terminal if sys.stderr.isatty() else _Lines())


def _terminal(words: str) -> None:
    ended = any(f": {state} (" in words for state in FINAL)
    sys.stderr.write(f"\r\x1b[2K{words}" + ("\n" if ended else ""))
    sys.stderr.flush()


class _Lines:
    """Where nothing can be overwritten: a line when the state changes, seconds left out of the comparison."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, words: str) -> None:
        state = words.rsplit(" (", 1)[0]
        if state != self._last:
            self._last = state
            sys.stderr.write(words + "\n")
            sys.stderr.flush()


def _notebook() -> Show | None:
    """Return a display that is updated in place, when this runs in a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    shown = import_module("IPython.display")
    handle = shown.display(_Plain(""), display_id=True)
    return lambda words: handle.update(_Plain(words))


class _Plain:
    """Text that a notebook shows as it is."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words
