"""The loop in the console: sign in, open the run, deploy, predict, roll back; and every page is accessible."""

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages import ENDPOINT, MODEL, PAGES, PLAIN_PAGES, RUN
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.timeout(1800)]

TABS = [("Report", "Quality on the hold-out"), ("Trials", "trials"), ("Log", "Log"), ("Spec", "Spec")]
ROUTER = Path(__file__).parents[2] / "webui" / "src" / "app" / "router.tsx"


def test_a_link_signs_in_once(browser: Any, running_platform: Any) -> None:
    link = running_platform.signin_link()
    first = browser.new_context().new_page()
    first.goto(link)
    expect(first.get_by_role("heading", name="Projects")).to_be_visible()
    first.get_by_role("link", name=running_platform.project).click()
    expect(first.get_by_role("heading", level=1, name=running_platform.project)).to_be_visible()
    first.context.close()

    second = browser.new_context().new_page()
    second.goto(link)
    expect(second.get_by_role("alert")).to_be_visible()
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    second.context.close()


def test_without_a_session_every_page_says_how_to_sign_in(browser: Any, running_platform: Any) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{running_platform.url}/projects/{running_platform.project}/runs")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.get_by_role("link", name="How to sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.context.close()


def test_a_page_that_is_not_there_says_so(page: Page, running_platform: Any) -> None:
    page.goto(f"/projects/{running_platform.project}/models/nobody")
    expect(page.get_by_role("heading", name="This model is not here")).to_be_visible()


def test_the_loop_from_run_to_rollback(page: Page, errors: list[str], running_platform: Any) -> None:
    open_run(page, running_platform.project)
    deploy_version(page, 2)
    page.get_by_role("dialog").get_by_role("link", name="Open endpoint").click()
    expect(page.get_by_role("heading", level=1, name=f"{running_platform.project}.{ENDPOINT}")).to_be_visible()
    assert predict(page, 2)
    roll_back(page)
    assert predict(page, 1)
    assert errors == []


def open_run(page: Page, project: str) -> None:
    page.goto(f"/projects/{project}")
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("link", name=RUN).click()
    expect(page.get_by_role("main").get_by_text("Succeeded").first).to_be_visible()
    for tab, text in TABS:
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("heading", name=text).first).to_be_visible()
    page.get_by_role("tab", name="Overview").click()
    expect(page.get_by_role("heading", name="Best validation AUC")).to_be_visible()


def deploy_version(page: Page, version: int) -> None:
    page.get_by_role("link", name="Models", exact=True).click()
    page.get_by_role("main").get_by_role("link", name=MODEL, exact=True).click()
    page.get_by_role("link", name=f"v{version}", exact=True).click()
    page.get_by_role("button", name="Deploy", exact=True).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="What changes")).to_be_visible()
    sheet.get_by_role("button", name="Start roll-out").click()
    expect(sheet.get_by_text(f"v{version} answers on {ENDPOINT}")).to_be_visible()


def predict(page: Page, version: int) -> float:
    """Ask with the sample of the signature and return the answer, which ``version`` has to have given."""
    expect(page.get_by_text(f"from the signature of v{version}")).to_be_visible()
    page.get_by_role("button", name="Predict", exact=True).click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer.get_by_text(f"{MODEL} v{version}")).to_be_visible()
    expect(answer.get_by_text("Answered in")).to_be_visible()
    probability = float(answer.get_by_test_id("prediction").inner_text())
    assert 0 < probability < 1
    return probability


def roll_back(page: Page) -> None:
    page.get_by_role("button", name="Roll back", exact=True).click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Roll back now").click()
    expect(sheet.get_by_text("answers again")).to_be_visible()
    sheet.get_by_role("button", name="Close").last.click()


def test_the_report_of_a_regression_shows_its_errors_with_intervals_and_residuals(
    page: Page, errors: list[str], running_platform: Any
) -> None:
    page.goto(f"/projects/{running_platform.project}/runs/minutes_lightgbm?tab=report")
    quality = page.get_by_role("table", name="Quality on the hold-out")
    for metric in ("RMSE", "MAE", "R²"):
        expect(quality.get_by_role("row").filter(has_text=metric)).to_be_visible()
    expect(page.get_by_role("heading", name="Residuals, half of them from")).to_be_visible()
    expect(page.get_by_role("heading", name="ROC")).to_have_count(0)
    assert errors == []


def test_the_endpoint_page_shows_how_good_the_replayed_week_turned_out(page: Page, running_platform: Any) -> None:
    page.goto(f"/projects/{running_platform.project}/endpoints/{ENDPOINT}")
    expect(page.get_by_role("heading", name="Realised AUC 0.")).to_be_visible()
    table = page.get_by_role("table", name="Realised quality by day and version")
    expect(table.get_by_role("row").filter(has_text="1 Oct")).to_contain_text(f"{MODEL} v1")


def test_a_schedule_is_made_with_its_fires_in_sight_and_refused_at_the_field(page: Page, running_platform: Any) -> None:
    page.goto(f"/projects/{running_platform.project}/schedules?new=schedule")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Name").fill("console_weekly")
    sheet.get_by_label("Time zone").fill("America/New_York")
    sheet.get_by_label("Cron expression").fill("0 25 * * 1")
    expect(sheet.get_by_text("at position 3 cannot be read")).to_be_visible()
    expect(sheet.get_by_role("button", name="Create schedule")).to_be_disabled()
    sheet.get_by_label("Cron expression").fill("0 3 * * 1")
    expect(sheet.get_by_role("list", name="Next fires").get_by_role("listitem")).to_have_count(5)
    sheet.get_by_role("button", name="Create schedule").click()
    expect(page.get_by_role("heading", level=1, name="console_weekly")).to_be_visible()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("button", name="Switch on")).to_be_visible()
    running_platform.client.delete(f"/projects/{running_platform.project}/schedules/console_weekly")


def test_try_it_shows_the_refusal_of_a_bad_value_at_the_answer(page: Page, running_platform: Any) -> None:
    page.goto(f"/projects/{running_platform.project}/endpoints/{ENDPOINT}")
    page.get_by_label("scheduled_departure").fill("yesterday")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("req_")


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_every_page_is_accessible_and_without_errors(page: Page, errors: list[str], running_platform: Any) -> None:
    found = {}
    job = running_platform.client.get(f"/jobs?project={running_platform.project}&limit=1")["results"][0]["id"]
    inside = [f"/projects/{running_platform.project}/{path.format(job=job)}" for path in PAGES.values()]
    for path in [*inside, *(f"/{path}" for path in PLAIN_PAGES.values())]:
        page.goto(path)
        page.get_by_role("main").get_by_role("heading", level=1).wait_for()
        page.wait_for_timeout(800)
        answer = Axe().run(page)
        if answer.violations_count:
            found[path] = answer.generate_report()
    assert found == {}
    assert errors == []


def test_every_route_of_the_console_is_among_the_pages() -> None:
    routes = set(re.findall(r"path: '([^']*)'", ROUTER.read_text())) - {"/projects/$project"}
    patterns = [re.sub(r"\$\w+", "[^/?]+", route.strip("/")) for route in routes]
    listed = [path.partition("?")[0] for path in (*PAGES.values(), *PLAIN_PAGES.values())]
    assert [p for p in patterns if not any(re.fullmatch(p, path) for path in listed)] == []
