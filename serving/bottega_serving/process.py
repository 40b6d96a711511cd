"""What every process of a node does first: log to stderr, die with its parent."""

import ctypes
import logging
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        expected = os.environ.get("BOTTEGA_SERVING_PARENT")
        if expected and os.getppid() != int(expected):
            raise SystemExit("the supervisor is gone")


def start(name: str, *, tied: bool = True) -> None:
    """Set up logging and, if ``tied``, the tie to the parent."""
    logging.basicConfig(
        level=os.environ.get("BOTTEGA_LOG_LEVEL", "INFO"),
        format=f"%(asctime)s %(levelname)s {name} %(message)s",
        stream=sys.stderr,
    )
    if tied:
        die_with_parent()
