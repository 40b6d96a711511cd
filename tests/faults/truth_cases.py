"""Jobs of ground truth, each with what a reader sees of it and what must come of it once."""

import datetime as dt
import tempfile
import uuid
from pathlib import Path
from typing import Any

import msgspec
from django.utils import timezone
from shop import Shop, csv, text
from walk import Case

from bottega.ground_truth import key_reference
from bottega.ids import new_id
from bottega_feature_store.types import to_micros
from bottega_platform.config import env
from bottega_platform.deployments.models import Deployment, Endpoint
from bottega_platform.deployments.testing import register_bundle
from bottega_platform.ground_truth import labels, quality
from bottega_platform.ground_truth.labels import NewLabel
from bottega_platform.ground_truth.models import Label, LabelImport, PredictionPart, QualityDay
from bottega_platform.jobs.models import Job
from bottega_platform.runs.models import TrainingRun
from bottega_serving.shipping.sink import Sink
from bottega_serving.testing import make_bundle

COUNT = 300
DAY = dt.datetime(2024, 5, 10, tzinfo=dt.UTC)
MOMENTS = [DAY + dt.timedelta(minutes=number) for number in range(COUNT)]
VALUES = [number % 2 for number in range(COUNT)]


class ServedShop(Shop):
    """A shop whose endpoint serves a version."""

    def __init__(self) -> None:
        super().__init__()
        self.endpoint = Endpoint.objects.create(project=self.project, name="risk")
        with tempfile.TemporaryDirectory() as folder:
            version = register_bundle(self.project, make_bundle(Path(folder)).folder)
        TrainingRun.objects.update(state="cancelled", finished_at=timezone.now())
        served = Deployment.objects.create(
            project=self.project, endpoint=self.endpoint, number=1, model="risk", model_version=1,
            bundle=version.bundle, stage="active", deadline=timezone.now(), finished_at=timezone.now(),
        )  # fmt: skip
        self.endpoint.active = self.endpoint.target = served
        self.endpoint.save()

    def predict(self) -> None:
        """Write one logged prediction for each moment, as the shipper does."""
        made = to_micros(timezone.now())
        common = {
            "project_id": self.project.pk, "endpoint_id": self.endpoint.pk, "deployment_id": "d", "arm": "live",
            "model": "risk", "version": 1, "features": "{}", "ages_us": "{}", "degraded": [], "latency_us": 400,
            "row": 0, "time": made,
        }  # fmt: skip
        rows = [
            common | {
                "request_id": new_id("request"), "as_of": to_micros(moment), "output": 0.25 + 0.5 * value,
                "inputs": msgspec.json.encode({"user": f"u{number}", "shop": number}).decode(),
            }
            for number, (moment, value) in enumerate(zip(MOMENTS, VALUES, strict=True))
        ]  # fmt: skip
        Sink(env.current().artifacts).write(uuid.uuid4().hex, rows)

    def days(self) -> list[tuple[Any, ...]]:
        """What a reader sees of the quality."""
        rows = QualityDay.objects.filter(endpoint=self.endpoint)
        return list(rows.values_list("day", "version", "predictions", "labelled"))

    def kept(self) -> list[tuple[int, float]]:
        """The labels there are: how often each was corrected, and its value."""
        return list(Label.objects.filter(endpoint=self.endpoint).order_by("event_time").values_list("number", "value"))


def label_import() -> Case:
    """Labels of a CSV file."""
    shop = ServedShop()
    users = [f"u{number}" for number in range(COUNT)]
    content = csv("user,shop,at,bought", users, list(range(COUNT)), list(map(text, MOMENTS)), VALUES, rows=COUNT)
    spec = {"upload": shop.upload(content), "value": "bought", "event_time": "at"}
    made = shop.post("/endpoints/risk/label-imports", {"spec": spec})

    def seen() -> Any:
        row = LabelImport.objects.get(pk=made["id"])
        return row.state, row.finished_at

    def check() -> None:
        row = LabelImport.objects.get(pk=made["id"])
        assert (row.state, row.counts["new"]) == ("succeeded", COUNT)
        assert shop.kept() == [(1, float(value)) for value in VALUES]

    return Case(Job.objects.get(pk=LabelImport.objects.get(pk=made["id"]).job_id), seen, check)


def quality_of_a_day() -> Case:
    """Labels joined with logged predictions."""
    shop = ServedShop()
    shop.predict()
    references = [
        NewLabel(
            key_reference({"user": f"u{number}", "shop": number}, to_micros(moment)),
            float(value),
            keys={"user": f"u{number}", "shop": number},
            event_time=moment,
        )
        for number, (moment, value) in enumerate(zip(MOMENTS, VALUES, strict=True))
    ]
    labels.keep(endpoint=shop.endpoint, labels=references, actor=None)
    job = Job.objects.get(pk=quality.follow(shop.endpoint))

    def check() -> None:
        assert shop.days() == [(DAY.date(), 1, COUNT, COUNT)]
        parts = PredictionPart.objects.filter(endpoint=shop.endpoint)
        assert [(part.rows, part.job_id) for part in parts] == [(COUNT, job.pk)]

    return Case(job, shop.days, check)
