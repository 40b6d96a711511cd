"""The fixtures are in ``engine_fixtures``, because the fault tests use them too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from engine_fixtures import *  # noqa: F403
