"""A distribution of the platform holds the built console; one without it is refused while it is built."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = Path("bottega_platform", "static", "console", "index.html")


class ConsoleHook(BuildHookInterface[Any]):
    """Looks for the console before anything is packed; an editable install may build it later."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Refuse to pack a platform without its console."""
        if version != "editable" and not Path(self.root, CONSOLE).is_file():
            raise FileNotFoundError(f"{CONSOLE} is missing: run `make console` in the checkout, then build again")
