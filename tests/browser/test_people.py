"""Two people in two browsers: an admin invites a viewer, who sees all and may press little, until the role changes."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.timeout(1800)]

EMAIL = "vera@example.org"
WHY = "Needs the role {needed}; you are viewer."
SEEN = ["", "sources", "tables", "features", "runs", "models", "models/delay", "endpoints", "jobs", "members"]
CLOSED = [
    ("sources", "Add source", "editor"),
    ("runs", "Train a model", "editor"),
    ("features/carrier_delays", "Compute now", "editor"),
    ("models/delay/versions/2", "Deploy", "deployer"),
    ("models/delay/versions/2", "Make champion", "deployer"),
    ("endpoints/delay", "Deploy version", "deployer"),
    ("members", "Invite member", "admin"),
]


@pytest.fixture
def admin(browser: Browser, running_platform: Any, signed_in: Any) -> Iterator[Page]:
    context = _context(browser, running_platform, storage_state=signed_in)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=running_platform.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def other(browser: Browser, running_platform: Any) -> Iterator[Page]:
    context = _context(browser, running_platform)
    yield context.new_page()
    context.close()


def _context(browser: Browser, platform: Any, **options: Any) -> BrowserContext:
    viewport = {"width": 1440, "height": 900}
    context = browser.new_context(base_url=platform.url, viewport=viewport, reduced_motion="reduce", **options)
    context.set_default_timeout(30_000)
    return context


def test_a_second_person_comes_in_by_a_link_and_may_what_the_role_says(
    admin: Page, other: Page, running_platform: Any
) -> None:
    project = running_platform.project
    link = invite(admin, project)
    assert sign_in(other, link, project)
    link_works_once(admin, link)
    for path in SEEN:
        other.goto(f"/projects/{project}/{path}".rstrip("/"))
        expect(other.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    for path, button, needed in CLOSED:
        refused(other, f"/projects/{project}/{path}", button, needed)
    viewer_may_predict(other, project)
    the_api_says_the_same(other, project)

    give_role(admin, project, "deployer")
    other.goto(f"/projects/{project}/models/delay/versions/2")
    expect(other.get_by_role("button", name="Deploy", exact=True)).to_be_enabled()
    refused(other, f"/projects/{project}/members", "Invite member", "admin", role="deployer")

    remove(admin, project)
    other.goto(f"/projects/{project}")
    expect(other.get_by_role("heading", name="This project is not here")).to_be_visible()


def test_the_last_admin_is_neither_removed_nor_demoted(admin: Page, running_platform: Any) -> None:
    admin.goto(f"/projects/{running_platform.project}/members")
    expect(admin.get_by_role("combobox", name="Role of admin")).to_be_disabled()
    remove = admin.get_by_role("button", name="Remove admin")
    expect(remove).to_be_disabled()
    expect(remove).to_have_attribute("title", "The last admin stays: make somebody else admin first.")


def test_the_sign_in_page_says_what_to_do_without_a_link(other: Page) -> None:
    other.goto("/signin")
    for text in ("Members page", "bottega up", "bottega user add", "bottega user link"):
        expect(other.get_by_role("main")).to_contain_text(text)
    assert Axe().run(other).violations_count == 0


def invite(page: Page, project: str) -> str:
    """Invite Vera as a viewer and return the link that the page shows, as its copy button copies it."""
    page.goto(f"/projects/{project}")
    page.get_by_role("link", name="Members").click()
    page.get_by_role("button", name="Invite member").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("E-mail").fill("not an address")
    sheet.get_by_role("button", name="Invite", exact=True).click()
    expect(sheet.get_by_text("This is no e-mail address").first).to_be_visible()
    sheet.get_by_label("E-mail").fill(EMAIL)
    sheet.get_by_role("button", name="Invite", exact=True).click()
    shown = sheet.get_by_test_id("signin-link").inner_text()
    sheet.get_by_role("button", name="Copy the link").click()
    expect(sheet.get_by_text("Copied").first).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == shown
    assert Axe().run(page).violations_count == 0
    sheet.get_by_role("button", name="Done").click()
    expect(page.get_by_role("table", name="Members").get_by_text("Not signed in yet")).to_be_visible()
    assert shown not in page.content()
    return str(shown)


def sign_in(page: Page, link: str, project: str) -> bool:
    page.goto(link)
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    page.get_by_role("link", name=project).click()
    expect(page.get_by_text("Your role")).to_be_visible()
    return True


def link_works_once(page: Page, link: str) -> None:
    third = page.context.browser.new_context().new_page()
    third.goto(link)
    expect(third.get_by_role("alert")).to_contain_text("unknown, used or too old")
    third.context.close()


def refused(page: Page, path: str, button: str, needed: str, *, role: str = "viewer") -> None:
    """The button is there and disabled, and says which role it needs and who can grant it."""
    page.goto(path)
    found = page.get_by_role("button", name=button, exact=True)
    expect(found).to_be_disabled()
    why = WHY.format(needed=needed).replace("viewer", role)
    expect(page.get_by_text(f"{why} admin can grant it.").first).to_be_visible()


def viewer_may_predict(page: Page, project: str) -> None:
    page.goto(f"/projects/{project}/endpoints/delay")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_test_id("prediction")).to_be_visible()


def the_api_says_the_same(page: Page, project: str) -> None:
    csrf = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "bottega_csrf")
    headers = {"X-CSRFToken": csrf}
    base = f"/api/v1/projects/{project}"
    answer = page.request.post(f"{base}/endpoints/delay/rollback", data={}, headers=headers)
    assert answer.status == 403
    problem = answer.json()
    assert (problem["code"], problem["needed_role"], problem["your_role"]) == ("role_missing", "deployer", "viewer")
    assert problem["granted_by"] == ["admin"]
    assert "admin can grant it" in problem["detail"]
    made = page.request.post("/api/v1/projects", data={"slug": "veras"}, headers=headers)
    assert made.status in (201, 409)
    assert page.request.get("/api/v1/projects/nothing-here").status == 404


def give_role(page: Page, project: str, role: str) -> None:
    page.goto(f"/projects/{project}/members")
    page.get_by_role("combobox", name="Role of vera").click()
    with page.expect_response(lambda answer: "/members/vera" in answer.url) as answered:
        page.get_by_role("option", name=role).click()
    assert answered.value.status == 200
    expect(page.get_by_role("combobox", name="Role of vera")).to_have_value(role)


def remove(page: Page, project: str) -> None:
    page.get_by_role("button", name="Remove vera").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove member").click()
    expect(page.get_by_role("table", name="Members").get_by_text(EMAIL)).to_have_count(0)
