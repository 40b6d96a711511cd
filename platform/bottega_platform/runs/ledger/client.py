"""A small client of MLflow's REST API; `mlflow` itself is never imported by our services."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from bottega_platform.config import env
from bottega_platform.projects.models import Project

TAG = "bottega_run_id"
BATCH = 100
TEXT_LIMIT = 5_000


class LedgerError(Exception):
    """MLflow refused a request; the relay tries again later."""


class Ledger:
    """Finds before it writes, so that every write can be repeated."""

    def __init__(self, url: str | None = None, *, timeout: float = 20.0) -> None:
        api = f"{url or env.current().mlflow_url}/api/2.0"
        self._http = httpx.Client(base_url=f"{api}/mlflow/", timeout=timeout, trust_env=False)
        self._files = f"{api}/mlflow-artifacts/artifacts"

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def experiment(self, project: Project) -> str:
        """Return the experiment of a project, made where it is missing; its name holds the project's id."""
        name = f"{project.slug} ({project.id})"
        found = self._find(f"%({project.id})")
        if found:
            return found
        answer = self._http.post(
            "experiments/create", json={"name": name, "tags": [{"key": "bottega_project_id", "value": project.id}]}
        )
        if answer.status_code == 400 and answer.json().get("error_code") == "RESOURCE_ALREADY_EXISTS":
            return str(self._get("experiments/get-by-name", experiment_name=name)["experiment"]["experiment_id"])
        return str(self._checked(answer)["experiment_id"])

    def _find(self, pattern: str) -> str | None:
        answer = self._post("experiments/search", filter=f"name LIKE '{pattern}'", max_results=1)
        found = answer.get("experiments", [])
        return str(found[0]["experiment_id"]) if found else None

    def run(self, experiment: str, key: str, *, name: str, started: int, parent: str | None = None) -> str:
        """Return the MLflow run with this key in its tag, made where it is missing."""
        answer = self._post("runs/search", experiment_ids=[experiment], filter=f"tags.{TAG} = '{key}'", max_results=1)
        if answer.get("runs"):
            return str(answer["runs"][0]["info"]["run_id"])
        tags = [{"key": TAG, "value": key}]
        if parent:
            tags.append({"key": "mlflow.parentRunId", "value": parent})
        made = self._post("runs/create", experiment_id=experiment, run_name=name, start_time=started, tags=tags)
        return str(made["run"]["info"]["run_id"])

    def log(self, run: str, *, metrics: list[dict[str, Any]], params: dict[str, Any], tags: dict[str, str]) -> None:
        """Write metrics, params and tags; the same ones again change nothing."""
        pairs = [{"key": key, "value": str(value)[:TEXT_LIMIT]} for key, value in params.items()]
        labels = [{"key": key, "value": str(value)[:TEXT_LIMIT]} for key, value in tags.items()]
        self._post("runs/log-batch", run_id=run, params=pairs[:BATCH], tags=labels[:BATCH])
        for start in range(0, len(metrics), BATCH):
            self._post("runs/log-batch", run_id=run, metrics=metrics[start : start + BATCH])

    def store(self, run: str, name: str, content: Callable[[], bytes], size: int) -> bool:
        """Write a file of a run unless one of this name and size is there; false where the server keeps no files."""
        root = urlsplit(str(self._get("runs/get", run_id=run)["run"]["info"]["artifact_uri"]))
        if root.scheme != "mlflow-artifacts":
            return False
        folder = name.rpartition("/")[0]
        listed = self._get("artifacts/list", run_id=run, **({"path": folder} if folder else {}))
        if (name, size) not in {(item["path"], int(item.get("file_size", 0))) for item in listed.get("files", [])}:
            self._checked(self._http.put(f"{self._files}/{root.path.lstrip('/')}/{name}", content=content()))
        return True

    def end(self, run: str, *, status: str, finished: int) -> None:
        """Set how and when a run ended."""
        self._post("runs/update", run_id=run, status=status, end_time=finished)

    def model_version(self, model: str, key: str, *, run: str, source: str, tags: dict[str, str]) -> str:
        """Return the number of the registered version with this key in its tag, made where it is missing."""
        made = self._http.post("registered-models/create", json={"name": model})
        if made.json().get("error_code") != "RESOURCE_ALREADY_EXISTS":
            self._checked(made)
        found = self._model_version(model, key)
        if found is not None:
            return found
        labels = [{"key": name, "value": value} for name, value in {TAG: key, **tags}.items()]
        created = self._post("model-versions/create", name=model, source=source, run_id=run, tags=labels)
        return str(created["model_version"]["version"])

    def drop_model_version(self, model: str, key: str) -> None:
        """Take out the registered version with this key in its tag, if it is there."""
        found = self._model_version(model, key)
        if found is not None:
            body = {"name": model, "version": found}
            self._checked(self._http.request("DELETE", "model-versions/delete", json=body))

    def _model_version(self, model: str, key: str) -> str | None:
        answer = self._get("model-versions/search", filter=f"name = '{model}'", max_results=1_000)
        for version in answer.get("model_versions", []):
            if {"key": TAG, "value": key} in version.get("tags", []):
                return str(version["version"])
        return None

    def alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version."""
        self._post("registered-models/alias", name=model, alias=alias, version=version)

    def _get(self, path: str, /, **query: Any) -> dict[str, Any]:
        return self._checked(self._http.get(path, params=query))

    def _post(self, path: str, /, **body: Any) -> dict[str, Any]:
        return self._checked(self._http.post(path, json=body))

    @staticmethod
    def _checked(answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code >= 400:
            raise LedgerError(f"MLflow answered {answer.status_code}: {answer.text[:300]}")
        document: dict[str, Any] = answer.json() if answer.content else {}
        return document
