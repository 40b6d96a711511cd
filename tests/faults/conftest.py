"""The fault tests use the fixtures of the job engine's own tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "platform" / "tests" / "jobs"))
sys.path.insert(0, str(Path(__file__).parent))

from engine_fixtures import *  # noqa: F403
