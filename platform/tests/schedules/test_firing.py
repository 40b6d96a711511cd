"""Each time that is due fires once: whoever looks, however late, and never two at once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from bottega_platform.jobs.verify import verify
from bottega_platform.projects.models import Project
from bottega_platform.schedules.firing import fire_due
from bottega_platform.schedules.models import Fire, Schedule

SECOND = timedelta(seconds=1)


def at_three(days_ago):
    """Three at night UTC, so many days ago."""
    today = timezone.now().replace(hour=3, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago + (today > timezone.now()))


@pytest.fixture
def nightly(harbour):
    assert harbour.schedule().status_code == 201
    return Schedule.objects.get()


def test_before_its_time_nothing_fires(harbour, nightly):
    assert fire_due() == 0
    assert harbour.fires() == []


def test_a_due_time_fires_once_however_often_the_scheduler_looks(harbour, nightly):
    harbour.due(at_three(0))
    assert [fire_due(), fire_due(), fire_due()] == [1, 0, 0]
    fire = harbour.fires()[0]
    assert (fire["trigger"], fire["missed"], fire["state"], fire["step"]) == ("schedule", 0, "running", "features")
    assert datetime.fromisoformat(fire["fire_time"]) == at_three(0)
    nightly.refresh_from_db()
    assert nightly.next_fire_at == at_three(0) + timedelta(days=1)


def test_the_database_holds_one_fire_for_a_time(harbour, nightly):
    harbour.due(at_three(0))
    fire_due()
    fire = Fire.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Fire.objects.create(
            project=harbour.project, schedule=nightly, fire_time=fire.fire_time, trigger="schedule", spec=nightly.spec,
            state="failed", finished_at=timezone.now(),
        )  # fmt: skip


def test_a_platform_that_was_down_for_nine_days_fires_once(harbour, nightly):
    harbour.due(at_three(9))
    assert [fire_due(), fire_due()] == [1, 0]
    fire = harbour.fires()[0]
    assert datetime.fromisoformat(fire["fire_time"]) == at_three(0)
    assert fire["missed"] == 9


def test_a_firing_leaves_the_revision_alone(harbour, nightly):
    harbour.due(at_three(0))
    fire_due()
    path = f"{harbour.path}/schedules/nightly"
    assert harbour.deployer.patch(path, {"spec": nightly.spec}, If_Match='W/"1"').status_code == 200


def test_a_time_that_comes_while_the_last_one_is_at_work_is_skipped_and_says_so(harbour, nightly):
    harbour.due(at_three(1))
    fire_due()
    Fire.objects.update(fire_time=at_three(1))
    harbour.due(at_three(0))
    assert fire_due() == 1
    newest, first = harbour.fires()
    assert (first["state"], newest["state"], newest["problem"]["code"]) == ("running", "skipped", "already_running")


def test_somebody_fires_it_at_once_and_not_twice(harbour, nightly):
    run = f"{harbour.path}/schedules/nightly/run"
    answer = harbour.deployer.post(run)
    assert answer.status_code == 202, answer.content
    assert answer.json()["trigger"] == "manual"
    again = harbour.deployer.post(run)
    assert (again.status_code, again.json()["code"]) == (409, "already_running")
    assert len(harbour.fires()) == 1


@pytest.mark.parametrize("gone", ["schedule", "project", "enabled"])
def test_what_is_deleted_or_disabled_does_not_fire(harbour, nightly, gone):
    if gone == "enabled":
        spec = {**nightly.spec, "enabled": False}
        harbour.deployer.patch(f"{harbour.path}/schedules/nightly", {"spec": spec})
    else:
        harbour.due(at_three(0))
    if gone == "schedule":
        harbour.deployer.delete(f"{harbour.path}/schedules/nightly")
    if gone == "project":
        Project.objects.update(deleted_at=timezone.now())
    assert fire_due() == 0
    assert Fire.objects.count() == 0


def test_verify_tells_of_a_schedule_that_nobody_fires(harbour, nightly):
    def broken():
        return [found.subject for found in verify() if found.check == "schedules.due_ones_fire"]

    assert broken() == []
    harbour.due(datetime(2024, 1, 1, tzinfo=UTC))
    assert broken() == [nightly.pk]
    fire_due()
    assert broken() == []
