"""Lists take as many queries for many rows as for one."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bottega_platform.api.testing import client_of, make_project, make_user
from bottega_platform.deployments import services as deployments
from bottega_platform.deployments.models import Deployment, Endpoint
from bottega_platform.features.models import Entity, FeatureService, FeatureView
from bottega_platform.ground_truth.models import Label, LabelImport
from bottega_platform.jobs import services as jobs
from bottega_platform.projects.models import Membership, Project, Role
from bottega_platform.registry.models import Alias, AliasMove, Model, ModelVersion
from bottega_platform.runs.models import Study, TrainingRun, Trial
from bottega_platform.schedules.models import Fire, Schedule
from bottega_platform.sources.models import Source
from bottega_platform.tables import services as tables
from bottega_platform.tables.models import TableKind, TableVersion
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


def an_endpoint_named_desk(project: Project) -> Endpoint:
    found = Endpoint.objects.filter(project=project, name="desk").first()
    return found or deployments.create_endpoint(actor=make_user("owner"), project=project, name="desk")[0]


def an_import(project: Project, number: int) -> None:
    spec = {"value": "late", "upload": "ab" * 32}
    job = a_job(project, "label_import")
    LabelImport.objects.create(project=project, endpoint=an_endpoint_named_desk(project), spec=spec, job_id=job)


def a_label(project: Project, number: int) -> None:
    Label.objects.create(
        project=project, endpoint=an_endpoint_named_desk(project), reference=bytes([number] * 16), value=1.0,
        request_id=f"r{number}", created_by=make_user(f"teller-{number}"),
    )  # fmt: skip


def a_deployment(project: Project, number: int) -> None:
    Deployment.objects.create(
        project=project, endpoint=an_endpoint_named_desk(project), number=number, model="line", model_version=1,
        bundle="ab" * 32, deadline=timezone.now(), created_by=make_user(f"deployer-{number}"),
    )  # fmt: skip


def a_version(project: Project, number: int) -> None:
    model, _ = Model.objects.get_or_create(project=project, name="line", defaults={"task": "binary"})
    a_run(project, number)
    version = ModelVersion.objects.create(
        project=project, model=model, number=number + 1, bundle="ab" * 32, format="onnx", signature={}, files=[],
        metrics={}, measured={}, stamps={}, job_id=a_job(project, "package"), fence=1,
        training_run=TrainingRun.objects.get(project=project, name=f"run-{number}"),
    )  # fmt: skip
    Alias.objects.create(project=project, model=model, name=f"alias-{number}", version=version)
    AliasMove.objects.create(project=project, model=model, alias=f"alias-{number}", after=version)


def a_table_version(project: Project, number: int) -> None:
    table = tables.ensure_table(project=project, name="visits", kind=TableKind.SOURCE)
    TableVersion.objects.create(
        project=project, table=table, number=number, identifier="p.t", snapshot_id=number, columns=[], rows=1,
        job_id=a_job(project), fence=1,
    )  # fmt: skip


def a_trial(project: Project, number: int) -> None:
    if number == 0:
        a_run(project, 0)
    run = TrainingRun.objects.get(project=project, name="run-0")
    study, _ = Study.objects.get_or_create(
        run=run, defaults={"project": project, "spec": {}, "direction": "maximize", "metric": "auc"}
    )
    Trial.objects.create(project=project, study=study, number=number, params={}, job_id=a_job(project, "trial"))


def a_member(project: Project, number: int) -> None:
    Membership.objects.create(project=project, user=make_user(f"member-{number}"), role=Role.VIEWER)


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
    ("/projects", a_job_elsewhere),
    ("/projects/harbour/members", a_member),
    ("/projects/harbour/tables/visits/versions", a_table_version),
    ("/projects/harbour/training-runs/run-0/trials", a_trial),
    ("/projects/harbour/models/line/versions", a_version),
    ("/projects/harbour/models/line/alias-history", a_version),
    ("/projects/harbour/endpoints/desk/deployments", a_deployment),
    ("/projects/harbour/endpoints/desk/labels", a_label),
    ("/projects/harbour/endpoints/desk/label-imports", an_import),
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
