"""An endpoint that served two versions, with a prediction log written as the shipper writes it."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec
import numpy as np
import pytest
from django.utils import timezone

from bottega.ids import new_id
from bottega_platform.api.testing import ApiClient, client_as, make_project
from bottega_platform.config import env
from bottega_platform.deployments.models import Deployment, Endpoint
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Project, Role
from bottega_platform.registry.models import Model, ModelVersion
from bottega_platform.runs.models import TrainingRun
from bottega_platform.training_sets.models import TrainingSet
from bottega_serving.shipping.sink import Sink

DAY = dt.datetime(2024, 5, 10, tzinfo=dt.UTC)
NOW = DAY + dt.timedelta(days=20)
KEYS = [{"name": "person", "type": "string"}, {"name": "shop", "type": "int64"}]


def micros(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


@dataclass
class Shop:
    """One endpoint: what its log holds is written by :meth:`predict`."""

    project: Project
    endpoint: Endpoint
    client: ApiClient
    rows: list[dict[str, Any]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)

    @property
    def path(self) -> str:
        return f"/projects/{self.project.slug}/endpoints/{self.endpoint.name}"

    def predict(self, outputs: list[float], *, at: dt.datetime, version: int = 1, made: dt.datetime | None = None,
                request_id: str | None = None, ship: bool = True) -> list[dict[str, Any]]:  # fmt: skip
        """Log one request of several records; return its rows."""
        made = made or timezone.now()
        request_id = request_id or new_id("request", clock=made.timestamp)
        rows = [
            self._row(request_id, place, at + dt.timedelta(seconds=place), made, output, version)
            for place, output in enumerate(outputs)
        ]
        if ship:
            self.ship(rows)
        return rows

    def _row(self, request_id, place, at, made, output, version) -> dict[str, Any]:
        keys = {"person": f"p{next(self._numbers)}", "shop": place % 7}
        layout = {"project_id": self.project.pk, "endpoint_id": self.endpoint.pk, "deployment_id": "dep", "arm": "live"}
        return layout | {
            "request_id": request_id, "row": place, "time": micros(made), "as_of": micros(at), "model": "buys",
            "version": version, "inputs": msgspec.json.encode(keys | {"price": 3.5}).decode(), "features": "{}",
            "ages_us": "{}", "output": output, "degraded": [], "latency_us": 400, "keys": keys, "at": at,
        }  # fmt: skip

    def ship(self, rows: list[dict[str, Any]]) -> None:
        """Write rows to the log with the shipper's own sink."""
        Sink(env.current().artifacts).write(uuid.uuid4().hex, rows)
        self.rows += rows

    def send(self, labels: list[dict[str, Any]]) -> Any:
        """Post labels."""
        return self.client.post(f"{self.path}/labels", {"labels": labels})

    def quality(self, range: str = "92d") -> dict[str, Any]:  # noqa: A002
        """Return the quality as the API tells it."""
        answer = self.client.get(f"{self.path}/quality?range={range}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def settle(self) -> list[Job]:
        """Run the jobs there are; all must succeed."""
        jobs = run_until_idle(("cpu",))
        failed = [f"{job.problem}\n{_log(job)}" for job in jobs if job.state != "succeeded"]
        assert not failed, "\n".join(failed)
        return jobs

    def follow(self) -> list[Job]:
        """Do what the scheduler does, then run the jobs."""
        from bottega_platform.ground_truth.quality import follow_due

        follow_due()
        return self.settle()

    def serve(self, task: str = "binary") -> None:
        """Make two versions of a model, the second one served now."""
        line = Model.objects.create(project=self.project, name="buys", task=task)
        for number in (1, 2):
            version = self._version(line, number)
            deployment = Deployment.objects.create(
                project=self.project, endpoint=self.endpoint, number=number, model=line.name,
                model_version=version.number, bundle="0" * 64, stage="active", deadline=timezone.now(),
                finished_at=timezone.now(),
            )  # fmt: skip
        self.endpoint.active = self.endpoint.target = deployment
        self.endpoint.save()

    def _version(self, line: Model, number: int) -> ModelVersion:
        made, _ = TrainingSet.objects.get_or_create(project=self.project, name="examples", defaults={"spec": {}})
        run = TrainingRun.objects.create(
            project=self.project, training_set=made, name=f"run-{number}", spec={}, trainer="lightgbm", task=line.task,
            job_id=new_id("job"),
        )  # fmt: skip
        return ModelVersion.objects.create(
            project=self.project, model=line, number=number, training_run=run, bundle="0" * 64, format="lightgbm",
            signature={"keys": KEYS, "event_time": "at"}, files=[], metrics={}, measured={}, stamps={},
            job_id=new_id("job"), fence=1,
        )  # fmt: skip


def _log(job: Job) -> str:
    from bottega_platform.artifacts import services as artifacts

    return artifacts.logs().read(job.pk, job.attempt).decode()


def by_request(row: dict[str, Any], value: Any) -> dict[str, Any]:
    return {"request_id": row["request_id"], "row": row["row"], "value": value}


def by_keys(row: dict[str, Any], value: Any) -> dict[str, Any]:
    return {"keys": row["keys"], "event_time": row["at"].isoformat(), "value": value}


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def empty_shop(db: None) -> Shop:
    """An endpoint that serves nothing yet, in a project whose clock stands in May 2024."""
    project = make_project()
    project.clock = NOW
    project.save()
    endpoint = Endpoint.objects.create(project=project, name="buys")
    return Shop(project, endpoint, client_as(Role.EDITOR, project))


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    """An endpoint of a binary model."""
    empty_shop.serve()
    return empty_shop
