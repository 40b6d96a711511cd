"""The how-to pages do what they say: each block of commands is run as it stands, its output compared with the page."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
SLOW = {"backup.md"}  # stops the platform and starts it again, twice
PAGES = [
    pytest.param(page.name, marks=pytest.mark.faults) if page.name in SLOW else page.name
    for page in sorted(HOW_TO.glob("*.md"))
    if "```sh" in page.read_text()  # a page without them describes clicks, or what needs a container engine
]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_works_and_prints_what_it_shows(reader: Any, page: str) -> None:
    assert reader.follow(f"how-to/{page}") > 0
