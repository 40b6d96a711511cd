"""A person who has only the address gets a prediction from a new model, and the browser counts the clicks."""

import math
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bottega.client.jobs import poll_until

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.timeout(1800)]

MOST_CLICKS = 12
TRAINING_MILLISECONDS = 600_000


def test_a_newcomer_reaches_a_new_models_prediction_in_twelve_clicks(
    page: Page, clicks: list[str], errors: list[str], running_platform: Any
) -> None:
    page.goto("/")
    page.get_by_role("link", name=running_platform.project).click()
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("button", name="Train a model").click()
    page.get_by_role("dialog").get_by_role("button", name="Start run").click()
    register(page)
    version = deploy(page)
    endpoint = page.url.rpartition("/")[2].partition("?")[0]
    try:
        assert math.isfinite(predict(page, version))
    finally:
        put_back(running_platform, endpoint)
    assert len(clicks) <= MOST_CLICKS, clicks
    assert errors == []


def register(page: Page) -> None:
    """Make a version of the run that has just been started, once it is done."""
    page.get_by_role("button", name="Register version").click(timeout=TRAINING_MILLISECONDS)
    page.get_by_role("dialog").get_by_role("button", name="Register version").click()
    page.wait_for_url("**/versions/*", timeout=TRAINING_MILLISECONDS)


def deploy(page: Page) -> str:
    """Roll the version of the page out and return its model and number, as answers name them."""
    page.get_by_role("button", name="Deploy", exact=True).click()
    model, _, version = page.url.partition("/models/")[2].partition("?")[0].partition("/versions/")
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Start roll-out").click()
    sheet.get_by_role("link", name="Open endpoint").click()
    page.wait_for_url("**/endpoints/*")
    return f"{model} v{version}"


def predict(page: Page, version: str) -> float:
    """Send the sample; the new version has to answer."""
    expect(page.get_by_text(f"from the signature of {version.rpartition(' ')[2]}")).to_be_visible()
    page.get_by_role("button", name="Predict", exact=True).click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer.get_by_text(version)).to_be_visible()
    return float(answer.get_by_test_id("prediction").inner_text())


def put_back(platform: Any, endpoint: str) -> None:
    """Let the version answer that the other tests know; an endpoint that was not there before goes."""
    path = f"/projects/{platform.project}/endpoints/{endpoint}"
    if len(list(platform.client.pages(f"{path}/deployments"))) == 1:
        platform.client.delete(path)
        return
    back = platform.client.post(f"{path}/rollback", {})

    def answering() -> bool | None:
        found = platform.client.get(f"/projects/{platform.project}/deployments/{back['id']}")
        return True if found["stage"] == "active" else None

    poll_until(answering, seconds=60)
