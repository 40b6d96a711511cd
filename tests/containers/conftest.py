"""docker-compose.yml read as Compose reads it, and its services run on this machine without a container engine."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")


def interpolate(value: Any, environ: Mapping[str, str]) -> Any:
    """Fill in ``${NAME:-default}`` in every text of a document; ``$$`` is a dollar."""
    if isinstance(value, dict):
        return {name: interpolate(part, environ) for name, part in value.items()}
    if isinstance(value, list):
        return [interpolate(part, environ) for part in value]
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(
        lambda found: "$" if found["name"] is None else environ.get(found["name"]) or found["default"] or "", value
    )


def compose(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return docker-compose.yml with its variables filled in."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    filled: dict[str, Any] = interpolate(document, environ)
    return filled


@dataclass
class Container:
    """One service of the file as a process here: its command, its environment, its mounts as folders below ``root``."""

    name: str
    service: dict[str, Any]
    secrets: dict[str, Path]
    root: Path
    process: "subprocess.Popen[bytes] | None" = None
    mounts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.service.get("secrets", []):
            self.mounts[f"/run/secrets/{name}"] = str(self.secrets[name])
        home = self.root / "containers" / self.name
        home.mkdir(parents=True)
        self.mounts["/var/lib/bottega"] = str(home)
        for name, target in (volume.split(":") for volume in self.service.get("volumes", [])):
            volume = self.root / "volumes" / name
            volume.mkdir(parents=True, exist_ok=True)
            (home / Path(target).relative_to("/var/lib/bottega")).symlink_to(volume)

    def here(self, text: str) -> str:
        """Return a text with the paths of the container's mounts as they are here."""
        for target in sorted(self.mounts, key=len, reverse=True):
            text = text.replace(target, self.mounts[target])
        return text

    @property
    def environment(self) -> dict[str, str]:
        """Exactly what the file gives, with what an image has anyway."""
        image = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": self.here("/var/lib/bottega")}
        return image | {name: self.here(str(value)) for name, value in self.service["environment"].items()}

    def start(self) -> None:
        """Start its command; what it prints goes to a file."""
        command = [self.here(part) for part in self.service["command"]]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=self.here("/var/lib/bottega"), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def run(self, *command: str) -> str:
        """Run another command in it, as ``docker compose exec`` does, and return what it printed."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=300, check=False,
            cwd=self.here("/var/lib/bottega"),
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def healthy(self) -> bool:
        """Run its health check; fail with its last lines when it has ended."""
        assert self.process is not None
        assert self.process.poll() is None, f"{self.name} ended:\n{self.log.read_text()[-3000:]}"
        test = [self.here(part) for part in self.service["healthcheck"]["test"][1:]]
        done = subprocess.run(test, env=self.environment, capture_output=True, check=False, timeout=60)
        return done.returncode == 0

    def stop(self) -> None:
        """End it as ``docker stop`` does: SIGTERM, and after a while SIGKILL."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait(10)

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.root / f"{self.name}.log"


@pytest.fixture(scope="session")
def compose_secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that scripts/compose_secrets makes."""
    folder = tmp_path_factory.mktemp("secrets")
    subprocess.run([ROOT / "scripts" / "compose_secrets", folder], check=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def containers(request: pytest.FixtureRequest) -> Iterator[dict[str, Container]]:
    """Containers that a test puts here are stopped at its end, the last one first."""
    made: dict[str, Container] = {}
    yield made
    for container in reversed(list(made.values())):
        container.stop()
