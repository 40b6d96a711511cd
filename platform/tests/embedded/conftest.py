"""A home of its own for each test that kills or breaks things."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bottega_platform.config.env import PORTS, Env, load
from bottega_platform.embedded import ports, run
from bottega_platform.embedded.process import Child
from bottega_platform.embedded.run import Service


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    numbers = dict(zip(PORTS, map(str, ports.pick(len(PORTS))), strict=True))
    return {"BOTTEGA_HOME": str(tmp_path / "home"), **numbers}


@pytest.fixture
def env(environment: dict[str, str]) -> Env:
    return load(environment)


@pytest.fixture
def start() -> Iterator[Callable[[Service], Child]]:
    children: list[Child] = []

    def start_one(service: Service) -> Child:
        children.append(run.start(service))
        return children[-1]

    yield start_one
    for child in children:
        child.kill()
