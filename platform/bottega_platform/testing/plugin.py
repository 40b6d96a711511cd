"""Pytest plugin: reserve a home and ports before Django reads its settings; start services when first asked.

pytest-django reads the settings before any fixture runs, so ports and passwords must be fixed by then. That
costs milliseconds; PostgreSQL and both Valkeys start with the first test that asks for them.
"""

import os
import platform
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

from bottega_platform.config.env import PORTS, URLS
from bottega_platform.embedded import ports

# Our folder of this name holds tests: pytest would replace Python's module by a package of its own making,
# unless that looks like a package already.
platform.__path__ = [str(Path(__file__).parents[2])]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Runs when this plugin is loaded, which is before pytest-django looks at the settings."""
    parser.addoption("--keep-home", action="store_true", help="keep the temporary BOTTEGA_HOME of this run")
    root = Path(tempfile.mkdtemp(prefix="bottega-test-"))
    os.environ["BOTTEGA_HOME"] = str(root / "home")
    # One of its own per run: pytest closes the shared one at each start, to PostgreSQL's user of another run too.
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(root / "tmp")
    (root / "tmp").mkdir()
    os.environ["BOTTEGA_PROFILE"] = "embedded"
    for name in URLS:
        os.environ.pop(name, None)
    for name, port in zip(PORTS, ports.pick(len(PORTS)), strict=True):
        os.environ[name] = str(port)


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures last, so that they may replace pytest-django's; make generated tests repeatable.

    ``HYPOTHESIS_PROFILE=explore`` looks for new cases instead, as many as there is patience for.
    """
    hypothesis.settings.register_profile("repeatable", derandomize=True)
    hypothesis.settings.register_profile("explore", derandomize=False)
    hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
    from bottega_platform.testing import fixtures

    config.pluginmanager.register(fixtures, "bottega-services")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the home of this run."""
    if not config.getoption("--keep-home"):
        shutil.rmtree(Path(os.environ["BOTTEGA_HOME"]).parent, ignore_errors=True)
