"""Schedules through the API: what is taken, what is refused, and when they fire next."""

from datetime import datetime

import pytest

from bottega_platform.api.testing import client_as
from bottega_platform.projects.models import Role
from bottega_platform.registry.models import Model
from bottega_platform.runs.models import TrainingRun
from bottega_platform.schedules.models import Schedule


def test_a_schedule_is_kept_as_written_and_tells_its_next_five_fires(harbour):
    answer = harbour.schedule(timezone="Europe/Rome", description="after the night's data")
    assert answer.status_code == 201, answer.content
    found = harbour.deployer.get(f"{harbour.path}/schedules/nightly").json()
    assert found["spec"] == {
        "cron": "0 3 * * *", "timezone": "Europe/Rome", "training_run": "first", "model": "late",
        "description": "after the night's data",
    }  # fmt: skip
    assert len(found["next_fires"]) == 5
    assert {datetime.fromisoformat(one).minute for one in found["next_fires"]} == {0}
    assert {datetime.fromisoformat(one).hour for one in found["next_fires"]} <= {1, 2}
    assert (found["owner"], found["last_fire"]) == ("harbour-deployer", None)
    assert found["allowed_actions"] == ["update", "run", "delete"]


def test_a_disabled_schedule_has_no_next_fire_until_it_is_enabled(harbour):
    assert harbour.schedule(enabled=False).json()["next_fires"] == []
    assert Schedule.objects.get().next_fire_at is None
    spec = {"cron": "0 3 * * *", "training_run": "first", "model": "late"}
    changed = harbour.deployer.patch(f"{harbour.path}/schedules/nightly", {"spec": spec}).json()
    assert len(changed["next_fires"]) == 5
    assert Schedule.objects.get().next_fire_at == datetime.fromisoformat(changed["next_fires"][0])


def test_a_change_meant_for_an_older_revision_is_refused(harbour):
    spec = harbour.schedule().json()["spec"]
    path = f"{harbour.path}/schedules/nightly"
    assert harbour.deployer.patch(path, {"spec": {**spec, "cron": "0 4 * * *"}}, If_Match='W/"1"').status_code == 200
    assert harbour.deployer.patch(path, {"spec": spec}, If_Match='W/"1"').status_code == 412


def test_a_deleted_schedule_fires_no_more_and_frees_its_name(harbour):
    harbour.schedule()
    assert harbour.deployer.delete(f"{harbour.path}/schedules/nightly").status_code == 204
    assert Schedule.objects.get().next_fire_at is None
    assert harbour.deployer.get(f"{harbour.path}/schedules/nightly").status_code == 404
    assert harbour.schedule().status_code == 201


@pytest.mark.parametrize(
    ("spec", "code", "pointer"),
    [
        ({"cron": "0 25 * * *"}, "cron_invalid", "/spec/cron"),
        ({"cron": "* * * * *"}, "cron_too_often", "/spec/cron"),
        ({"cron": "0 3 30 2 *"}, "cron_never_fires", "/spec/cron"),
        ({"timezone": "Mars/Olympus"}, "tz_unknown", "/spec/timezone"),
        ({"cron": "0 3 * * *" + " " * 200}, "spec_invalid", "/spec/cron"),
        ({"cron": None}, "spec_invalid", "/spec/cron"),
        ({"cron": 5}, "spec_invalid", "/spec/cron"),
        ({"every": "day"}, "spec_invalid", "/spec/every"),
    ],
)
def test_a_bad_spec_is_refused_with_its_pointer(harbour, spec, code, pointer):
    problem = harbour.schedule(**spec)
    assert problem.status_code == 422, problem.content
    assert (problem.json()["code"], problem.json()["errors"][0]["pointer"]) == (code, pointer)
    assert Schedule.objects.count() == 0


@pytest.mark.parametrize("spec", [{"training_run": "nobody"}, {"model": "nobody"}])
def test_a_run_or_model_that_is_not_there_is_said(harbour, spec):
    problem = harbour.schedule(**spec)
    assert (problem.status_code, problem.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "failed"}, "not_ready"),
        ({"trainer": "uploaded"}, "not_registrable"),
        ({"files": []}, "not_registrable"),
    ],
)
def test_a_run_that_cannot_be_repeated_is_refused(harbour, change, code):
    TrainingRun.objects.update(**change)
    problem = harbour.schedule()
    assert (problem.status_code, problem.json()["code"]) == (409, code)


def test_a_run_of_another_task_is_refused(harbour):
    Model.objects.update(task="regression")
    assert harbour.schedule().json()["code"] == "task_mismatch"


def test_a_name_is_taken_once(harbour):
    assert harbour.schedule().status_code == 201
    assert harbour.schedule().json()["code"] == "name_taken"
    assert harbour.schedule("No Name").json()["code"] == "bad_slug"


def test_an_expression_is_tried_out_without_a_schedule(harbour):
    viewer = client_as(Role.VIEWER, harbour.project)
    found = viewer.get(f"{harbour.path}/fire-times?cron=0+3+*+*+1&timezone=Europe/Rome").json()
    assert len(found["next_fires"]) == 5
    assert {datetime.fromisoformat(one).weekday() for one in found["next_fires"]} == {0}
    problem = viewer.get(f"{harbour.path}/fire-times?cron=0+25+*+*+1")
    assert (problem.status_code, problem.json()["errors"][0]["pointer"]) == (422, "/cron")
    assert viewer.get(f"{harbour.path}/fire-times").json()["code"] == "cron_invalid"
    assert viewer.get(f"{harbour.path}/fire-times?cron={'0+' * 200}").status_code == 400
