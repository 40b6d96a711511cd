"""Every variable of the environment that the code reads is explained, and nothing else is."""

import re
from pathlib import Path

from bottega_platform.config.env import PORTS

ROOT = Path(__file__).parents[1]
PACKAGES = ("platform/bottega_platform", "feature_store/bottega_feature_store", "training/bottega_training",
            "serving/bottega_serving", "sdk/bottega")  # fmt: skip
VARIABLE = re.compile(r"\bBOTTEGA_[A-Z][A-Z_]*[A-Z]\b")
PAGE = (ROOT / "docs" / "reference" / "settings.md").read_text()


def test_every_variable_that_the_code_reads_is_explained_and_nothing_else() -> None:
    sources = [file.read_text() for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    read = {name for source in sources for name in VARIABLE.findall(source)}
    assert set(VARIABLE.findall(PAGE)) == read


def test_the_ports_are_those_of_the_page() -> None:
    assert {name: int(port) for name, port in re.findall(r"\| `(BOTTEGA_\w*PORT)` \| (\d+) \|", PAGE)} == PORTS
