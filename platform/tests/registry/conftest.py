"""A project with finished runs: one that can be served, one baseline."""

from typing import Any

import pytest

from bottega.specs import ModelSpec, TrainingRunSpec
from bottega_platform.api.testing import ApiClient, client_as, make_project, make_user
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Project, Role
from bottega_platform.registry import services
from bottega_platform.registry.models import Model
from bottega_platform.runs import services as runs
from bottega_platform.runs.models import TrainingRun
from bottega_platform.runs.testing import make_training_set

QUICK = {"lightgbm": {"iterations": 30}, "xgboost": {"iterations": 30}, "neural_network": {"epochs": 3, "width": 16}}


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def deployer(project: Project) -> ApiClient:
    return client_as(Role.DEPLOYER, project)


@pytest.fixture
def models(project: Project) -> str:
    return f"/projects/{project.slug}/models"


@pytest.fixture
def fit(project: Project) -> Any:
    """Train a run to its end and return it."""

    def _fit(name: str, *, fit_for_registration: bool = True, **spec: Any) -> TrainingRun:
        row = make_training_set(project, name=f"set_{name}", fit_for_registration=fit_for_registration)
        params = QUICK.get(spec.get("trainer", "lightgbm"), {})
        full = TrainingRunSpec(**{"training_set": row.name, "trainer": "lightgbm", "params": params, **spec})
        run = runs.start(actor=make_user("owner"), project=project, name=name, spec=full)
        run_until_idle(("cpu",))
        run.refresh_from_db()
        return run

    return _fit


@pytest.fixture
def model(project: Project) -> Model:
    return services.create_model(
        actor=make_user("owner"), project=project, name="rented", spec=ModelSpec(task="binary")
    )
