"""A real web process and a real serving node over the tests' database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bottega_platform.api.testing import ApiClient, client_as, make_project
from bottega_platform.deployments.testing import register_bundle, serving_node, web_process
from bottega_platform.projects.models import Project, Role
from bottega_serving.testing import make_bundle


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[None]:
    with web_process():
        yield


@pytest.fixture
def real_node(web: None, tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "node"
    with serving_node(home):
        yield home


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    return [make_bundle(folder, seed=seed).folder for seed in (1, 2)]


@pytest.fixture
def project() -> Project:
    return make_project("harbour")


@pytest.fixture
def client(project: Project) -> ApiClient:
    return client_as(Role.DEPLOYER, project)


@pytest.fixture
def two_versions(project: Project, bundles: list[Path]) -> None:
    for folder in bundles:
        register_bundle(project, folder)
