"""Shared by the feature store's tests: a Spark Connect server, and a job context that records what is said."""

import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bottega.protocol import JobContext, Start
from bottega_platform.config.env import Env, current
from bottega_platform.embedded import run
from bottega_platform.embedded.spark import Spark

_thousands = count(1)


class RecordingContext(JobContext):
    """A job context without a worker: progress is kept in ``told``."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.told: list[tuple[float, str]] = []

    def progress(self, done: float, total: float | None = None, message: str = "", unit: str = "") -> None:
        """Keep what was told."""
        self.told.append((done, message))


@pytest.fixture(scope="session")
def spark_url() -> Iterator[str]:
    """A Spark Connect server on a free port, or the running one that ``BOTTEGA_TEST_SPARK_URL`` names."""
    if "BOTTEGA_TEST_SPARK_URL" in os.environ:
        yield os.environ["BOTTEGA_TEST_SPARK_URL"]
        return
    settings = current()
    child = run.start(Spark(settings))
    yield settings.spark_url
    child.kill()


@pytest.fixture(scope="session")
def iceberg_url(services: Env) -> str:
    """The catalog's database."""
    return services.database("iceberg").url("psycopg2")


@pytest.fixture
def artifacts_url(tmp_path: Path) -> str:
    """An empty artifact store."""
    return f"file://{tmp_path}/artifacts"


@pytest.fixture
def job_context(iceberg_url: str, artifacts_url: str) -> Callable[..., RecordingContext]:
    """Make the context of one job: its inputs, and what else it may reach."""
    fences = count(next(_thousands) * 1000)

    def make(inputs: dict[str, Any], job: str = "job_test", **connections: str) -> RecordingContext:
        urls = {"iceberg": iceberg_url, "artifacts": artifacts_url, **connections}
        scratch = tempfile.mkdtemp(prefix="bottega-job-")
        return RecordingContext(Start(job, "test", "prj_test", next(fences), 1, {}, inputs, urls, scratch))

    return make
