"""Named fault points for crash tests; they do nothing unless the environment asks for one.

``BOTTEGA_FAULT=point:action`` (several with commas) makes the first pass of a process through that point
``kill`` it (SIGKILL), raise an :class:`InjectedFault` (``exception``) or sleep ``BOTTEGA_FAULT_SECONDS``
(``pause``). With ``BOTTEGA_FAULT_ONCE=<folder>`` a point fires once for all processes together: it leaves an empty
file of its name there, so that whoever is started again gets past it.
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
    actions = dict(part.split(":", 1) for part in wanted.split(","))
    if name in actions and _is_first(name):
        _fire(name, actions[name])


def _is_first(name: str) -> bool:
    """Note that the point fires; false where another process did before."""
    _fired.add(name)
    folder = os.environ.get("BOTTEGA_FAULT_ONCE")
    try:
        if folder is not None:
            os.close(os.open(os.path.join(folder, name), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


def _fire(name: str, action: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "exception":
        raise InjectedFault(f"fault injected at {name}")
    elif action == "pause":
        time.sleep(float(os.environ.get("BOTTEGA_FAULT_SECONDS", "90")))
    else:
        raise ValueError(f"BOTTEGA_FAULT: unknown action {action!r}; use kill, exception or pause")
