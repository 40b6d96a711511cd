"""Where one fit keeps its state between epochs."""

from typing import Protocol


class Slot(Protocol):
    """Keeps the newest checkpoint of one fit, so that a later attempt goes on from it."""

    def load(self) -> bytes | None:
        """Return the newest checkpoint, if an earlier attempt left one."""

    def save(self, content: bytes) -> None:
        """Replace the checkpoint; whoever reads sees the old one or the new one whole."""
