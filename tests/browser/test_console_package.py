"""The console's own checks: its unit tests, and what a first visit has to load."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WEBUI = Path(__file__).parents[2] / "webui"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def node(*arguments: str) -> str:
    """Run Node in the console's folder: the system's, or the one that came with the environment."""
    binary = shutil.which("node") or str(Path(sys.executable).parent / "node")
    done = subprocess.run([binary, *arguments], cwd=WEBUI, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_unit_tests_pass() -> None:
    assert "passed" in node("node_modules/vitest/vitest.mjs", "run")


def test_the_first_route_is_at_most_300_kilobytes() -> None:
    assert "first route" in node("scripts/size.mjs")
