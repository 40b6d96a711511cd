"""A project with a small ready training set."""

from typing import Any

import pytest

from bottega_platform.api.testing import ApiClient, client_as, make_project
from bottega_platform.projects.models import Project, Role
from bottega_platform.runs.testing import make_training_set
from bottega_platform.training_sets.models import TrainingSet


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def training_set(project: Project) -> TrainingSet:
    return make_training_set(project)


@pytest.fixture
def editor(project: Project) -> ApiClient:
    return client_as(Role.EDITOR, project)


@pytest.fixture
def runs(project: Project) -> str:
    return f"/projects/{project.slug}/training-runs"


@pytest.fixture
def start(editor: ApiClient, runs: str, training_set: TrainingSet) -> Any:
    """Start a run and return the answer."""

    def _start(name: str, **spec: Any) -> Any:
        body = {"name": name, "spec": {"training_set": training_set.name, "trainer": "lightgbm", **spec}}
        return editor.post(runs, body)

    return _start
