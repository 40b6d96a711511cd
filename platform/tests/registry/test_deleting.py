"""Models and versions are deleted only when nothing uses them."""

import pytest

from bottega_platform.api.testing import client_as
from bottega_platform.audit.models import Entry
from bottega_platform.jobs.testing import run_until_idle
from bottega_platform.projects.models import Role
from bottega_platform.registry.models import ModelVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(deployer, models, model, fit):
    """Register a run as a version and return its address."""

    def _version(name, **body):
        deployer.post(f"{models}/rented/versions", {"training_run": fit(name).name, **body})
        run_until_idle(("cpu",))
        return f"{models}/rented/versions/{ModelVersion.objects.latest('created_at').number}"

    return _version


def test_a_version_that_an_alias_names_is_refused_with_the_list(version, deployer):
    address = version("one", alias="champion")
    answer = deployer.delete(address)
    assert (answer.status_code, answer.json()["code"]) == (409, "version_in_use")
    assert answer.json()["users"] == ["alias champion points at it"]
    assert deployer.get(address).status_code == 200


def test_a_deleted_version_is_gone_its_number_is_kept_and_its_run_can_be_registered_again(version, deployer, models):
    address = version("one")
    assert "delete" in deployer.get(address).json()["allowed_actions"]
    assert deployer.delete(address).status_code == 204
    assert deployer.get(address).status_code == 404
    assert deployer.delete(address).status_code == 404
    assert deployer.get(f"{models}/rented/versions").json()["results"] == []
    assert deployer.get(f"{models}/rented").json()["latest_version"] is None
    assert deployer.put(f"{models}/rented/aliases/champion", {"version": 1}).status_code == 404
    entry = Entry.objects.get(action="model_version.delete")
    assert (entry.before["version"], entry.actor.username) == (1, "harbour-deployer")
    again = deployer.post(f"{models}/rented/versions", {"training_run": "one"})
    assert again.status_code == 202
    run_until_idle(("cpu",))
    assert [row["version"] for row in deployer.get(f"{models}/rented/versions").json()["results"]] == [2]


def test_an_old_etag_or_a_viewer_deletes_nothing(version, deployer, project):
    address = version("one")
    assert deployer.delete(address, If_Match='"7"').status_code == 412
    assert client_as(Role.VIEWER, project).delete(address).status_code == 403
    assert deployer.get(address).status_code == 200


def test_an_unused_model_is_deleted_with_its_versions_and_its_name_is_free(version, deployer, models):
    version("one", alias="champion")
    assert deployer.delete(f"{models}/rented").status_code == 204
    assert deployer.get(f"{models}/rented/versions/1").status_code == 404
    assert deployer.post(models, {"name": "rented", "spec": {"task": "binary"}}).status_code == 201
    assert deployer.get(f"{models}/rented").json()["latest_version"] is None
