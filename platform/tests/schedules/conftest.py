"""A harbour whose labels, features, run and champion are there, all of it small; views are computed by hand."""

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.db import transaction
from django.utils import timezone

from bottega.ids import new_id
from bottega_platform.api.testing import ApiClient, client_as, make_project
from bottega_platform.features.kinds import ComputeKind
from bottega_platform.features.models import FeatureView
from bottega_platform.features.services import compute
from bottega_platform.jobs.models import Job
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Project, Role
from bottega_platform.registry.models import Model
from bottega_platform.runs.models import TrainingRun
from bottega_platform.schedules.models import Fire, Schedule
from bottega_platform.schedules.retraining import advance_open
from bottega_platform.tables.testing import publish_source, stage
from bottega_platform.training_sets.models import TrainingSet

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
HOURS = 600
NIGHTLY = "0 3 * * *"


def hour(number: int) -> dt.datetime:
    return START + dt.timedelta(hours=number)


TIMES = pa.array([hour(place) for place in range(HOURS)], pa.timestamp("us", tz="UTC"))
PORTS = [["north", "south"][place % 2] for place in range(HOURS)]

SPLIT = {"valid_from": hour(150).isoformat(), "test_from": hour(200).isoformat(), "end": hour(300).isoformat()}
RECIPE = {
    "labels": "landings",
    "label": "late",
    "event_time": "at",
    "feature_service": "known",
    "end": hour(300).isoformat(),
    "split": {"kind": "time", **SPLIT},
}


class Harbour:
    """A project at its 400th hour; what happens later is in its tables and not known yet."""

    def __init__(self) -> None:
        self.project: Project = make_project()
        self.project.clock = hour(400)
        self.project.save()
        self.deployer: ApiClient = client_as(Role.DEPLOYER, self.project)
        self.path = f"/projects/{self.project.slug}"

    def publish(self) -> None:
        """Publish labels and moves, as two new table versions."""
        random = np.random.default_rng(3)
        waves = random.normal(size=HOURS)
        late = (waves + random.normal(size=HOURS) > 0).astype(np.int32)
        publish_source(self.project, "landings", pa.table({"port": PORTS, "at": TIMES, "late": late}))
        publish_source(self.project, "moves", pa.table({"port": PORTS, "at": TIMES, "waves": waves}))

    def define(self) -> None:
        """Make entity, view and feature service."""
        view = {"entity": "port", "sources": ["moves"], "event_time": "at", "sql": "SELECT port, at, waves FROM moves"}
        self.create("entities", "port", {"keys": [{"name": "port", "type": "string"}]})
        self.create("feature-views", "sea", view)
        compute(actor=None, view=FeatureView.objects.named(self.project, "sea"))
        self.settle_view()
        request = [{"name": "at", "type": "timestamp"}]
        self.create("feature-services", "known", {"views": ["sea"], "request": request, "event_time": "at"})

    def settle_view(self) -> None:
        """Do what Spark would for the queued job of the view: one row for each move."""
        job = Job.objects.get(kind="feature_view", state="queued")
        Job.objects.filter(pk=job.pk).update(state="succeeded", fence=1, finished_at=timezone.now())
        job.refresh_from_db()
        waves = np.random.default_rng(3).normal(size=HOURS)
        rows = {"port": PORTS, "event_time": TIMES, "created_time": TIMES, "waves": waves}
        view = FeatureView.objects.named(self.project, "sea")
        with transaction.atomic():
            ComputeKind().publish(job, stage(job, view.table_id, pa.table(rows)))

    def train(self) -> None:
        """Build a training set up to hour 300, train on it, and make the result the champion."""
        self.create("training-sets", "first", RECIPE)
        run_until_idle(("cpu",))
        self.create("training-runs", "first", {"training_set": "first", "trainer": "logistic_regression"})
        run_until_idle(("cpu",))
        assert (
            self.deployer.post(f"{self.path}/models", {"name": "late", "spec": {"task": "binary"}}).status_code == 201
        )
        body = {"training_run": "first", "alias": "champion"}
        assert self.deployer.post(f"{self.path}/models/late/versions", body).status_code == 202
        run_until_idle(("cpu",))

    def create(self, collection: str, name: str, spec: dict[str, Any]) -> None:
        answer = self.deployer.post(f"{self.path}/{collection}", {"name": name, "spec": spec})
        assert answer.status_code in {201, 202}, answer.content

    def schedule(self, name: str = "nightly", **spec: Any) -> Any:
        """Ask for a schedule and return the answer."""
        whole = {"cron": NIGHTLY, "training_run": "first", "model": "late", **spec}
        return self.deployer.post(f"{self.path}/schedules", {"name": name, "spec": whole})

    def fires(self, name: str = "nightly") -> list[dict[str, Any]]:
        """Return the fires as the API tells them, newest first."""
        found: list[dict[str, Any]] = self.deployer.get(f"{self.path}/schedules/{name}/fires").json()["results"]
        return found

    def follow(self) -> dict[str, Any]:
        """Do what scheduler and workers do until the newest fire is settled or waits for Spark; return it."""
        for _ in range(20):
            advance_open()
            if not run_until_idle(("cpu",)) and not Fire.objects.filter(state="running").exists():
                break
        return self.fires()[0]

    def due(self, moment: dt.datetime, name: str = "nightly") -> None:
        """Have a schedule wait for this moment."""
        Schedule.objects.filter(project=self.project, name=name).update(next_fire_at=moment)


@pytest.fixture
def harbour(db: None) -> Harbour:
    """A harbour with a run and a model as rows alone: enough for everything before a fire's first job."""
    found = Harbour()
    training_set = TrainingSet.objects.create(project=found.project, name="first", spec=RECIPE)
    TrainingRun.objects.create(
        project=found.project, training_set=training_set, name="first", spec={}, trainer="lightgbm", task="binary",
        job_id=new_id("job"), state="succeeded", report="0" * 64, predictions="0" * 64,
        files=[{"path": "model.txt", "sha256": "0" * 64, "size": 1}],
    )  # fmt: skip
    Model.objects.create(project=found.project, name="late", task="binary")
    return found


@pytest.fixture
def open_harbour(db: None) -> Harbour:
    """A harbour with data, a trained champion, and a schedule."""
    found = Harbour()
    found.publish()
    found.define()
    found.train()
    assert found.schedule().status_code == 201
    return found
