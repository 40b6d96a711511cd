"""A fire trains through the same pipeline as people do, and ends with a challenger beside the champion."""

from datetime import datetime
from itertools import pairwise

import pytest
from django.utils import timezone

from bottega_platform.accounts.models import User
from bottega_platform.api.testing import client_as
from bottega_platform.features.models import FeatureView
from bottega_platform.projects.models import Membership, Role
from bottega_platform.registry.models import Alias
from bottega_platform.schedules.firing import fire_due
from bottega_platform.schedules.models import Schedule
from bottega_platform.schedules.retraining import advance_open
from bottega_platform.training_sets.models import TrainingSet

BOUNDS = ("valid_from", "test_from", "end")


def fire(harbour):
    assert harbour.deployer.post(f"{harbour.path}/schedules/nightly/run").status_code == 202


def look(harbour):
    """Have the scheduler look once, with no worker there; return the newest fire."""
    advance_open()
    return harbour.fires()[0]


@pytest.fixture
def with_views(harbour):
    """A harbour whose view was computed once and is stale: moves have been published since."""
    harbour.publish()
    harbour.define()
    assert harbour.schedule().status_code == 201
    harbour.publish()
    return harbour


def test_a_fire_trains_on_newer_rows_and_compares_the_challenger_with_the_champion_on_the_same_ones(open_harbour):
    fire(open_harbour)
    found = open_harbour.follow()
    assert found["state"] == "succeeded", found
    assert [job["step"] for job in found["jobs"]] == ["training_set", "train", "register", "compare"]
    assert (found["version"], found["champion"], found["model"]) == (2, 1, "late")
    assert found["difference"]["metric"] == "auc"
    models = f"{open_harbour.path}/models/late"
    version = open_harbour.deployer.get(f"{models}/versions/challenger").json()
    assert (version["version"], version["training_run_name"]) == (2, found["training_run"])
    comparison = open_harbour.deployer.get(f"{models}/versions/2/comparisons").json()["results"][0]
    assert comparison["training_set"] == found["training_set"]
    assert set(comparison["metrics"]) == {"champion", "challenger"}
    assert Alias.objects.get(name="champion").version.number == 1
    bounds_have_moved(open_harbour, found["training_set"])
    without_a_champion(open_harbour)


def bounds_have_moved(harbour, name):
    """The newest rows are in it, the hold-out is as long as it was, and the training rows have become more."""
    first, second = (TrainingSet.objects.get(name=one) for one in ("first", name))
    assert datetime.fromisoformat(second.spec["end"]) == harbour.project.clock
    assert lengths(second) == lengths(first)
    assert second.counts["test"] == first.counts["test"]
    assert second.counts["train"] == first.counts["train"] + 100


def lengths(row):
    bounds = [datetime.fromisoformat(row.spec["split"][bound]) for bound in BOUNDS]
    return [later - earlier for earlier, later in pairwise(bounds)]


def without_a_champion(harbour):
    """The next challenger is compared with nothing where there is no champion."""
    Alias.objects.filter(name="champion").delete()
    fire(harbour)
    found = harbour.follow()
    assert (found["state"], found["version"], found["champion"], found["difference"]) == ("succeeded", 3, None, None)


def test_views_are_computed_first_where_their_sources_have_newer_data(with_views):
    fire(with_views)
    found = look(with_views)
    assert (found["state"], found["step"]) == ("running", "features")
    assert [job["name"] for job in found["jobs"]] == ["sea"]
    assert look(with_views)["jobs"] == found["jobs"], "the job is at work: looking again starts nothing"
    before = FeatureView.objects.get(name="sea").table_version_id
    with_views.settle_view()
    assert FeatureView.objects.get(name="sea").table_version_id != before
    assert look(with_views)["step"] == "training_set"


def test_a_job_that_does_not_succeed_fails_the_fire_with_its_reason_and_the_next_one_may_run(with_views):
    fire(with_views)
    job = look(with_views)["jobs"][0]["job"]
    assert with_views.deployer.post(f"/jobs/{job}/cancel").status_code == 202
    found = look(with_views)
    assert (found["state"], found["problem"]["code"]) == ("failed", "job_failed")
    assert found["problem"]["detail"] == f"feature_view {job}: It was cancelled."
    fire(with_views)


def test_what_the_platform_refuses_fails_the_fire_with_its_code(harbour):
    harbour.schedule()
    fire(harbour)
    found = look(harbour)
    assert (found["state"], found["problem"]["code"]) == ("failed", "not_found"), "its feature service is not there"


@pytest.mark.parametrize("loss", ["account", "role", "closed"])
def test_without_an_owner_who_may_do_it_a_fire_fails_and_says_how_to_mend_it(harbour, loss):
    harbour.schedule()
    owner = User.objects.get(username="harbour-deployer")
    if loss == "account":
        Schedule.objects.update(owner=None)
    elif loss == "role":
        Membership.objects.filter(user=owner).update(role=Role.EDITOR)
    else:
        User.objects.filter(pk=owner.pk).update(is_active=False)
    harbour.due(timezone.now())
    fire_due()
    harbour.deployer = client_as(Role.VIEWER, harbour.project)
    found = look(harbour)
    assert (found["state"], found["problem"]["code"]) == ("failed", "owner_missing")
    assert "Save it again" in found["problem"]["detail"]


def test_a_fire_goes_on_with_the_spec_that_it_fired_with(harbour):
    harbour.schedule()
    fire(harbour)
    spec = {**Schedule.objects.get().spec, "model": "other"}
    Schedule.objects.update(spec=spec)
    assert look(harbour)["model"] == "late"
