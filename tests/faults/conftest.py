"""The fault tests use the fixtures of the job engine's own tests, and start what some job kinds need."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bottega_platform.config.env import Env
from bottega_platform.embedded import run
from bottega_platform.embedded.mlflow import Mlflow
from bottega_platform.embedded.spark import Spark

sys.path.insert(0, str(Path(__file__).parents[2] / "platform" / "tests" / "jobs"))
sys.path.insert(0, str(Path(__file__).parent))

from engine_fixtures import *  # noqa: F403


@pytest.fixture(scope="session")
def mlflow(services: Env) -> Iterator[None]:
    """The ledger."""
    program = run.start(Mlflow(services))
    yield
    program.kill()


@pytest.fixture(scope="session")
def spark(services: Env) -> Iterator[None]:
    """Spark, for the kinds that need it."""
    program = run.start(Spark(services))
    yield
    program.kill()
