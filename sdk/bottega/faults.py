"""Named fault points for crash tests; they do nothing unless the environment asks for one.

``BOTTEGA_FAULT=point:action`` makes the first pass through that point ``kill`` the process (SIGKILL), raise
an :class:`InjectedFault` (``exception``) or sleep ``BOTTEGA_FAULT_SECONDS`` (``pause``).
"""

import os
import signal
import time


class InjectedFault(Exception):
    """Raised by a fault point whose action is ``exception``."""


_fired: set[str] = set()


def fault_point(name: str) -> None:
    """Mark a moment at which a crash must do no harm."""
    wanted = os.environ.get("BOTTEGA_FAULT")
    if wanted is None or name in _fired:
        return
    point, _, action = wanted.partition(":")
    if point == name:
        _fired.add(name)
        _fire(name, action)


def _fire(name: str, action: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "exception":
        raise InjectedFault(f"fault injected at {name}")
    elif action == "pause":
        time.sleep(float(os.environ.get("BOTTEGA_FAULT_SECONDS", "90")))
    else:
        raise ValueError(f"BOTTEGA_FAULT: unknown action {action!r}; use kill, exception or pause")
