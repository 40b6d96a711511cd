"""A file that nobody has seen before becomes an endpoint that answers: in the console alone, and without YAML."""

import datetime as dt
import random
import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.timeout(1800)]

ROWS = 100_000
MOST_CLICKS = 15
MOST_SECONDS = 600
WORK_MILLISECONDS = 540_000
TITLES = "customer;signed up;city;plan;visits;support calls;spend;cancel reason;country;churned"


@pytest.fixture(scope="session")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop's customers as a spreadsheet writes them: semicolons, decimal commas, days first, gaps, some bad rows.

    Who complains and seldom comes, leaves; and only of those who left there is a reason.
    """
    chance = random.Random(11)
    path = tmp_path_factory.mktemp("own") / "Shop customers 2024.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(TITLES + "\n")
        for number in range(ROWS):
            file.write("C-12;broken\n" if number % 25_000 == 99 else customer(chance, number))
    return path


def customer(chance: random.Random, number: int) -> str:
    """One line of the file."""
    day = dt.date(2021, 1, 1) + dt.timedelta(days=chance.randrange(1000))
    visits, calls, plan = chance.randrange(40), chance.randrange(6), chance.choice(["basic", "plus", "pro"])
    left = chance.random() < 1 / (1 + 2.718 ** (0.12 * visits - 0.5 * calls - (plan == "basic")))
    spend = f"{visits * chance.random() * 3 + 5:.2f}".replace(".", ",") if chance.random() > 0.05 else ""
    city = chance.choice(["Roma", "Milano", "Torino", "Bari", "Forlì", ""])
    said = ["too dear" if left else "", "IT", "yes" if left else "no"]
    values = [f"C-{number:06d}", f"{day:%d/%m/%Y}", city, plan, str(visits), str(calls), spend, *said]
    return ";".join(values) + "\n"


def test_a_file_becomes_a_live_endpoint_in_fifteen_clicks_and_ten_minutes(
    page: Page, clicks: list[str], errors: list[str], customers: Path
) -> None:
    started = time.monotonic()
    make_project(page, "shop")
    page.get_by_role("link", name="Use your own data").click()
    choose_file(page, customers)
    check_guesses(page)
    page.get_by_role("button", name="Continue").click()
    choose_target(page)
    page.get_by_role("button", name="Train a baseline").click()
    page.get_by_role("button", name="Deploy", exact=True).click(timeout=WORK_MILLISECONDS)
    page.get_by_role("link", name="Try it").click(timeout=WORK_MILLISECONDS)
    assert 0 < predict(page) < 1
    assert len(clicks) <= MOST_CLICKS, clicks
    assert time.monotonic() - started < MOST_SECONDS
    assert errors == []


def make_project(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("button", name="New project").click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def choose_file(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose file").click()
    chooser.value.set_files(path)


def check_guesses(page: Page) -> None:
    """Types, key and dirt are there with the reasons; the state is in the address, so that a reload changes nothing."""
    for column, kind in {
        "customer": "text",
        "signed_up": "date, day first",
        "visits": "whole number",
        "spend": "number",
        "churned": "yes or no",
    }.items():
        expect(type_of(page, column)).to_have_value(kind)
    expect(page.get_by_label("Key")).to_have_value("customer")
    expect(page.get_by_text("rows have more or fewer values than the header")).to_be_visible()
    expect(page.get_by_text("country has the same value in every row")).to_be_visible()
    page.reload()
    expect(type_of(page, "signed_up")).to_have_value("date, day first")


def type_of(page: Page, column: str) -> Locator:
    return page.get_by_label(f"Type of {column}", exact=True)


def choose_target(page: Page) -> None:
    """The likeliest target is chosen already; what gives it away is left out, and that is said."""
    expect(page.get_by_label("Predict", exact=True)).to_have_value("churned")
    expect(page.get_by_text("cancel_reason alone nearly decides churned")).to_be_visible()
    expect(page.get_by_label("cancel_reason")).not_to_be_checked()
    expect(page.get_by_label("support_calls")).to_be_checked()


def predict(page: Page) -> float:
    page.get_by_role("button", name="Predict", exact=True).click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer.get_by_text("All features there")).to_be_visible()
    return float(answer.get_by_test_id("prediction").inner_text())


def test_a_wrong_guess_is_corrected_and_a_number_is_predicted(
    page: Page, errors: list[str], customers: Path, tmp_path: Path
) -> None:
    """A reload in the middle of the work goes on with it."""
    few = tmp_path / "few.csv"
    few.write_text("".join(customers.read_text(encoding="utf-8").splitlines(keepends=True)[:5000]), encoding="utf-8")
    make_project(page, "shop_two")
    page.goto("/projects/shop_two/own-data")
    choose_file(page, few)
    type_of(page, "visits").select_option("number")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Predict", exact=True).select_option("spend")
    page.get_by_label("churned").uncheck()
    page.get_by_role("button", name="Train a baseline").click()
    page.wait_for_url("**model=*")
    page.reload()
    page.get_by_role("button", name="Deploy", exact=True).click(timeout=WORK_MILLISECONDS)
    page.wait_for_url("**deploy=*")
    page.reload()
    page.get_by_role("link", name="Try it").click(timeout=WORK_MILLISECONDS)
    assert predict(page) > 0
    page.get_by_label("signed_up").fill("yesterday")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("req_")
    page.goto("/projects/shop_two/tables/few")
    expect(page.get_by_role("row", name="visits").first).to_contain_text("float64")
    assert [error for error in errors if "422" not in error] == []


def test_a_file_that_cannot_be_read_says_why_and_is_replaced(page: Page, tmp_path: Path) -> None:
    make_project(page, "shop_three")
    page.goto("/projects/shop_three/own-data")
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"a,b\n1,x\0y\n")
    choose_file(page, bad)
    expect(page.get_by_role("alert")).to_contain_text("NUL byte")
    page.get_by_role("button", name="Choose another file").click()
    good = tmp_path / "good.csv"
    good.write_text("a;b\n1;x\n2;y\n", encoding="utf-8")
    choose_file(page, good)
    expect(type_of(page, "a")).to_have_value("whole number")
    page.get_by_label("Between values").select_option(",")
    page.get_by_role("button", name="Read again").click()
    expect(type_of(page, "a_b")).to_be_visible()


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_the_steps_are_accessible(
    page: Page, errors: list[str], customers: Path, request: pytest.FixtureRequest
) -> None:
    project = f"shop_{request.node.callspec.params['page']}"
    make_project(page, project)
    page.goto(f"/projects/{project}/own-data")
    found = {"upload": axe(page, page.get_by_text("Choose file"))}
    choose_file(page, customers)
    found["check"] = axe(page, type_of(page, "customer"))
    page.get_by_role("button", name="Continue").click()
    found["target"] = axe(page, page.get_by_label("Predict", exact=True))
    assert {step: report for step, report in found.items() if report} == {}
    assert errors == []


def axe(page: Page, ready: Locator) -> str:
    """What axe finds on the page, once the element is there."""
    ready.wait_for()
    answer = Axe().run(page)
    return str(answer.generate_report()) if answer.violations_count else ""
