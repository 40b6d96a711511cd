"""Fixtures of the job engine's tests, also for the fault tests: a project, a probe kind, real processes."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH")]))
os.environ["BOTTEGA_CHILD_PLUGINS"] = "probe_child"


@pytest.fixture(scope="session", autouse=True)
def probe_kind(django_db_setup: None) -> None:
    """Register the probe kind in this process."""
    importlib.import_module("probe_kinds")


@pytest.fixture
def project(db: None) -> Any:
    """A project inside the test's transaction."""
    from bottega_platform.projects.models import Project

    return Project.objects.create(slug="probe", name="Probe")


@pytest.fixture
def enqueue(project: Any) -> Any:
    """Enqueue a probe job with a spec."""
    from bottega_platform.jobs.services import enqueue

    def _enqueue(natural_key: str | None = None, **spec: Any) -> Any:
        return enqueue(project=project, kind="probe", subject="sub_1", spec=spec, natural_key=natural_key)

    return _enqueue


@pytest.fixture
def fleet(transactional_db: None, tmp_path: Path) -> Any:
    """Real processes on the test's database; what they said is shown when the test fails."""
    from processes import Fleet

    logs = tmp_path / "processes"
    logs.mkdir()
    fleet = Fleet(logs)
    yield fleet
    fleet.close()
    sys.stdout.write(fleet.output())


@pytest.fixture
def shared_project(transactional_db: None) -> Any:
    """A committed project, visible to other processes."""
    from bottega_platform.projects.models import Project

    return Project.objects.create(slug="probe", name="Probe")


@pytest.fixture
def submit(shared_project: Any) -> Any:
    """Enqueue a committed probe job with a spec."""
    from bottega_platform.jobs.services import enqueue

    def _submit(natural_key: str | None = None, **spec: Any) -> Any:
        return enqueue(project=shared_project, kind="probe", subject="s", spec=spec, natural_key=natural_key)

    return _submit


@pytest.fixture
def verified(fleet: Any) -> Any:
    """Wait for rest and check every invariant; each test with real processes ends with it."""
    from processes import eventually

    from bottega_platform.jobs import verify

    def _verified(seconds: float = 60.0) -> None:
        eventually(lambda: not verify.verify(at_rest=True), seconds=seconds, what="verify at rest")

    return _verified
