"""Click to first answer, and rollback, over a real control plane: ``serving_deploy.py <home>``.

Starts PostgreSQL, a web process and a serving node in a home of its own on free ports; prints one JSON object:
seconds from the POST of a deployment (of a rollback) to the first answer of the wanted version.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

HOME = Path(sys.argv[1])
ROUNDS = 5


def prepare() -> None:
    """Fix home and ports before Django reads its settings."""
    from bottega_platform.config.env import PORTS
    from bottega_platform.embedded import ports

    os.environ.update(BOTTEGA_HOME=str(HOME), BOTTEGA_PROFILE="embedded")
    os.environ["DJANGO_SETTINGS_MODULE"] = "bottega_platform.config.settings"
    for name, port in zip(PORTS, ports.pick(len(PORTS)), strict=True):
        os.environ[name] = str(port)


def main() -> None:
    prepare()
    from bottega_platform.config.env import current
    from bottega_platform.embedded import run
    from bottega_platform.embedded.postgres import Postgres

    child = run.start(Postgres(current()))
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(json.dumps(measure()))
    finally:
        child.kill()


def measure() -> dict[str, float]:
    """Deploy two versions in turn, then roll back and forth."""
    from bottega_platform.accounts import services as accounts
    from bottega_platform.config.env import current
    from bottega_platform.deployments.testing import register_bundle, serving_node, web_process
    from bottega_platform.projects import services as projects
    from bottega_serving.testing import full_record, make_bundle

    user = accounts.create_user(username="bench")
    project = projects.create_project(actor=user, slug="bench")
    _, token = accounts.create_token(user=user, name="bench", scope="write")
    for seed in range(1, ROUNDS + 1):
        register_bundle(project, make_bundle(HOME / "made", seed=seed, trees=100, leaves=31).folder)
    with web_process(), serving_node(HOME / "node"):
        clock = Clock(current(), token, full_record(0))
        clock.post("", {"name": "risk"})
        deploys = [
            clock.until(version, "/risk/deployments", {"model": "risk", "version": version})
            for version in range(1, ROUNDS + 1)
        ]
        rollbacks = [clock.until(ROUNDS - 1 + number % 2, "/risk/rollback", {}) for number in range(4)]
    return {"deploy": statistics.median(deploys), "rollback": statistics.median(rollbacks)}


class Clock:
    """Sends one change and asks the node until it answers with the wanted version."""

    def __init__(self, settings: object, token: str, record: dict[str, object]) -> None:
        import httpx

        self._api = f"{settings.url}/api/v1/projects/bench/endpoints"  # type: ignore[attr-defined]
        self._predict = f"{settings.serving_url}/v1/endpoints/bench.risk/predict"  # type: ignore[attr-defined]
        self._record = record
        self._client = httpx.Client(trust_env=False, timeout=30, headers={"Authorization": f"Bearer {token}"})

    def post(self, path: str, body: dict[str, object]) -> None:
        self._client.post(self._api + path, json=body).raise_for_status()

    def until(self, version: int, path: str, body: dict[str, object]) -> float:
        started = time.perf_counter()
        self.post(path, body)
        while time.perf_counter() - started < 30:
            answer = self._client.post(self._predict, json={"records": [self._record]})
            if answer.status_code == 200 and answer.json()["version"] == version:
                taken = time.perf_counter() - started
                time.sleep(1.0)  # let the deployment be reported active before the next one
                return taken
            time.sleep(0.005)
        raise TimeoutError(f"version {version} did not answer within 30 s")


if __name__ == "__main__":
    main()
