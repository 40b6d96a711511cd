"""The crash matrix of the job engine: every named point, killed, broken, paused; each ends with ``verify``."""

from pathlib import Path
from typing import Any

import pytest
from crash import CHILD_POINTS, WORKER_POINTS, check_effects, crash_at
from processes import Fleet

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.mark.parametrize("action", ["kill", "exception", "pause"])
@pytest.mark.parametrize("points", [WORKER_POINTS[:3], (*WORKER_POINTS[3:], *CHILD_POINTS)])
def test_whatever_happens_at_any_point_each_job_takes_effect_once(
    fleet: Fleet, shared_project: Any, verified: Any, tmp_path: Path, action: str, points: tuple[str, ...]
) -> None:
    jobs = crash_at(fleet, shared_project, points, action, tmp_path)
    check_effects(jobs, tmp_path)
    verified(60.0)
