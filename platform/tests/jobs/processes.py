"""Real worker and scheduler processes for tests, on the test's database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Fleet:
    """Starts processes of the engine and ends them all."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self.running: list[subprocess.Popen[bytes]] = []

    def worker(self, *, slots: int = 2, queue: str = "probe", **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker of the probe kind."""
        return self._start("worker", ["--queue", queue, "--slots", str(slots)], environment)

    def enqueuer(self, project: str, key: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a process that enqueues one probe job and ends."""
        code = (
            "import django; django.setup()\n"
            "from bottega_platform.jobs.services import enqueue\n"
            "from bottega_platform.projects.models import Project\n"
            f"project = Project.objects.get(pk={project!r})\n"
            f"enqueue(project=project, kind='probe', subject='s', spec={{}}, natural_key={key!r})\n"
        )
        return self._run("enqueuer", ["-c", code], environment)

    def scheduler(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a scheduler."""
        return self._start("scheduler", [], environment)

    def _start(self, name: str, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        return self._run(name, ["-m", f"bottega_platform.jobs.{name}", *arguments], environment)

    def _run(self, name: str, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        variables = {**os.environ, "BOTTEGA_JOB_PLUGINS": "probe_kinds", **environment}
        variables["DJANGO_SETTINGS_MODULE"] = os.environ["DJANGO_SETTINGS_MODULE"]
        log = (self._logs / f"{name}-{len(self.running)}.log").open("wb")
        process = subprocess.Popen([sys.executable, *arguments], env=variables, stdout=log, stderr=log)
        self.running.append(process)
        return process

    def output(self) -> str:
        """Return everything the processes said."""
        return "\n".join(f"== {path.name}\n{path.read_text()}" for path in sorted(self._logs.glob("*.log")))

    def close(self) -> None:
        """End every process."""
        for process in self.running:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def eventually(condition: Callable[[], Any], *, seconds: float = 90.0, what: str = "") -> Any:
    """Wait until the condition holds; return its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what or condition}")
