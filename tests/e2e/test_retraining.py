"""A schedule fired on the replayed project: the scheduler and the workers take it from the data to a comparison."""

import pytest

from bottega.client.jobs import poll_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
PROJECT = "/projects/flights"
MODEL = "delay_again"
RUN_SECONDS = 600


@pytest.fixture
def schedule(running_platform):
    """A schedule for a model line of its own, whose champion is the example's regression."""
    client = running_platform.client
    client.post(f"{PROJECT}/models", {"name": MODEL, "spec": {"task": "binary"}})
    accepted = client.post(
        f"{PROJECT}/models/{MODEL}/versions", {"training_run": "logistic_regression", "alias": "champion"}
    )
    client.wait(accepted["job"])
    spec = {"cron": "0 3 * * 1", "training_run": "logistic_regression", "model": MODEL}
    path = f"{PROJECT}/schedules/again"
    client.post(f"{PROJECT}/schedules", {"name": "again", "spec": {**spec, "timezone": "America/New_York"}})
    yield path
    client.delete(path)


def test_a_fire_trains_on_the_replayed_week_and_compares_the_challenger_with_the_champion(
    running_platform, schedule
) -> None:
    client = running_platform.client
    client.post(f"{schedule}/run")

    def settled():
        fire = next(client.pages(f"{schedule}/fires"))
        return fire if fire["state"] != "running" else None

    fire = poll_until(settled, seconds=RUN_SECONDS)
    assert fire["state"] == "succeeded", fire
    assert (fire["version"], fire["champion"], fire["difference"]["metric"]) == (2, 1, "auc")
    made = client.get(f"{PROJECT}/training-sets/{fire['training_set']}")
    clock = client.get(PROJECT)["clock"]
    assert made["spec"]["end"].startswith(clock[:19]), "the newest rows are those of the replay"
    assert client.get(f"{PROJECT}/models/{MODEL}/versions/challenger")["version"] == 2
    comparison = client.get(f"{PROJECT}/models/{MODEL}/versions/2/comparisons")["results"][0]
    assert comparison["rows"] == made["counts"]["test"]
