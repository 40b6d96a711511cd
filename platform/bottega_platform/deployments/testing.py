"""What tests of deployments share: registered versions of given bundles, a real web process, real nodes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from bottega.bundle import Manifest
from bottega_platform.artifacts.services import blobs
from bottega_platform.config import env
from bottega_platform.projects.models import Project
from bottega_platform.registry.models import Model, ModelVersion
from bottega_platform.runs.models import TrainingRun
from bottega_platform.training_sets.models import TrainingSet


def register_bundle(project: Project, folder: Path, *, model: str = "risk") -> ModelVersion:
    """Store a bundle's files as blobs and make it the model's next version."""
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    for entry in manifest.files:
        blobs().put_file(folder / entry.path)
    digest = blobs().put_file(folder / "manifest.json").sha256
    line = Model.objects.in_project(project).filter(name=model).first()
    line = line or Model.objects.create(project=project, name=model, task=manifest.task)
    number = line.versions.count() + 1
    return ModelVersion.objects.create(
        project=project, model=line, number=number, training_run=_run(project, f"{model}-{number}"), bundle=digest,
        format=manifest.format, signature=msgspec.to_builtins(manifest.signature), files=[], metrics={}, measured={},
        stamps={}, job_id=f"job_{model}_{number}_{project.id}"[:40], fence=1,
    )  # fmt: skip


def _run(project: Project, name: str) -> TrainingRun:
    made = TrainingSet.objects.in_project(project).first() or TrainingSet.objects.create(
        project=project, name="examples", spec={}
    )
    return TrainingRun.objects.create(
        project=project, training_set=made, name=name, spec={}, trainer="lightgbm", task="binary",
        job_id=f"run_{name}_{project.id}"[:40],
    )  # fmt: skip


def wait_for(happened: Callable[[], Any], *, seconds: float = 20.0, every: float = 0.05) -> Any:
    """Return the first true value; fail after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = happened()
        if found:
            return found
        time.sleep(every)
    raise TimeoutError(f"not within {seconds} s")


def answers(url: str) -> bool:
    """Tell whether a GET answers 200."""
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def process(*command: str, ready: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process of ours until its URL answers; end it afterwards."""
    running = subprocess.Popen([sys.executable, "-m", *command], env={**os.environ, **environment})
    try:
        wait_for(lambda: answers(ready), seconds=120)
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
            running.wait(15)


@contextmanager
def web_process() -> Iterator["subprocess.Popen[bytes]"]:
    """Run a web process on the environment's port."""
    port = str(env.current().port)
    command = ("uvicorn", "bottega_platform.config.asgi:application", "--port", port, "--log-level", "warning")
    with process(*command, ready=f"{env.current().url}/api/v1/health") as running:
        yield running


@contextmanager
def serving_node(home: Path, *, online_store: str | None = None, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a serving node with a home of its own, following the web process; ``more`` is added to its environment."""
    settings = env.current()
    environment = {
        "BOTTEGA_HOME": str(home),
        "BOTTEGA_NODE_SECRET_FILE": str(settings.node_secret_file),
        "BOTTEGA_CONTROL_URL": settings.url,
        "BOTTEGA_ONLINE_STORE_URL": online_store or "",
        "BOTTEGA_ARTIFACTS": home.as_uri(),
        "BOTTEGA_SERVING_PORT": str(settings.serving_port),
    } | more
    ready = f"{settings.serving_url}/v2/health/ready"
    with process("bottega_serving.main", ready=ready, **environment) as running:
        yield running
