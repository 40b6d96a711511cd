"""Lists take as many queries for many rows as for one."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bottega_platform.api.testing import client_of, make_project, make_user
from bottega_platform.deployments import services as deployments
from bottega_platform.features.models import Entity, FeatureService, FeatureView
from bottega_platform.jobs import services as jobs
from bottega_platform.projects.models import Project
from bottega_platform.registry.models import Model
from bottega_platform.runs.models import TrainingRun
from bottega_platform.schedules.models import Fire, Schedule
from bottega_platform.sources.models import Source
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import TableKind
from bottega_platform.training_sets.models import TrainingSet

pytestmark = pytest.mark.django_db
VIEW = {"sql": "SELECT 1", "sources": ["visits"], "entity": "buyer", "event_time": "at"}


def a_job(project: Project, kind: str = "ingest") -> str:
    return jobs.enqueue(project=project, kind=kind, subject="src_00000000000000000000000000", spec={}).id


def a_source(project: Project, number: int) -> None:
    table = tables.ensure_table(project=project, name=f"source-{number}", kind=TableKind.SOURCE)
    Source.objects.create(project=project, name=f"source-{number}", spec={}, table=table, job_id=a_job(project))


def a_view(project: Project, number: int) -> None:
    entity, _ = Entity.objects.get_or_create(project=project, name="buyer", defaults={"spec": {"keys": []}})
    table = tables.ensure_table(project=project, name=f"view-{number}", kind=TableKind.FEATURE_VIEW)
    spec = VIEW if number == 0 else {**VIEW, "sources": [f"view-{number - 1}"]}
    FeatureView.objects.create(
        project=project,
        name=f"view-{number}",
        spec=spec,
        table=table,
        entity=entity,
        version="0",
        job_id=a_job(project),
    )


def a_service(project: Project, number: int) -> None:
    a_view(project, number)
    FeatureService.objects.create(project=project, name=f"service-{number}", spec={"views": [f"view-{number}"]})


def a_training_set(project: Project, number: int) -> TrainingSet:
    return TrainingSet.objects.create(project=project, name=f"set-{number}", spec={}, job_id=a_job(project))


def a_run(project: Project, number: int) -> None:
    training_set, job = a_training_set(project, number), a_job(project, "train")
    TrainingRun.objects.create(
        project=project, name=f"run-{number}", spec={}, trainer="lightgbm", task="binary", job_id=job,
        training_set=training_set,
    )  # fmt: skip


def a_model(project: Project, number: int) -> None:
    Model.objects.create(project=project, name=f"model-{number}", task="binary")


def an_endpoint(project: Project, number: int) -> None:
    deployments.create_endpoint(actor=make_user("owner"), project=project, name=f"endpoint-{number}")


def a_schedule(project: Project, number: int) -> None:
    spec = {"cron": "0 3 * * *", "training_run": "first", "model": "late"}
    schedule = Schedule.objects.create(project=project, name=f"schedule-{number}", spec=spec, owner=make_user("owner"))
    Fire.objects.create(project=project, schedule=schedule, fire_time=timezone.now(), trigger="manual", spec=spec)


def a_job_elsewhere(project: Project, number: int) -> None:
    a_job(make_project(f"other-{number}"))


LISTS: list[tuple[str, Callable[[Project, int], object]]] = [
    ("/projects/harbour/sources", a_source),
    ("/projects/harbour/tables", a_source),
    ("/projects/harbour/entities", a_view),
    ("/projects/harbour/feature-views", a_view),
    ("/projects/harbour/feature-services", a_service),
    ("/projects/harbour/training-sets", a_training_set),
    ("/projects/harbour/training-runs", a_run),
    ("/projects/harbour/models", a_model),
    ("/projects/harbour/endpoints", an_endpoint),
    ("/projects/harbour/schedules", a_schedule),
    ("/projects/harbour/audit", an_endpoint),
    ("/projects/harbour/overview", a_service),
    ("/jobs?project=harbour", a_source),
    ("/jobs", a_job_elsewhere),
]


@pytest.mark.parametrize(("path", "make"), LISTS, ids=[path for path, _ in LISTS])
def test_a_list_takes_as_many_queries_for_six_rows_as_for_one(path, make):
    project = make_project()
    client = client_of(make_user("owner"))
    make(project, 0)
    client.get(path)
    with CaptureQueriesContext(connection) as one:
        assert client.get(path).status_code == 200
    for number in range(1, 6):
        make(project, number)
    with CaptureQueriesContext(connection) as many:
        assert client.get(path).status_code == 200
    assert len(many) == len(one), [query["sql"][:150] for query in many.captured_queries]
