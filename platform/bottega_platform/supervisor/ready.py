"""How a process without a port tells the supervisor that it does its work."""

import os
from pathlib import Path

VARIABLE = "BOTTEGA_READY_FILE"


def announce() -> None:
    """Make the file the supervisor waits for; does nothing in a process that it did not start."""
    if file := os.environ.get(VARIABLE):
        Path(file).touch()
