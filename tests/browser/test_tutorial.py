"""The tutorial from its first line to its last: every command is run and every click is made, as they stand there."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.timeout(1800)]
SECONDS = 300  # a run in training may be waited for
ACTS = (
    ("open", re.compile(r"Open the sign-in link\.")),
    ("click", re.compile(r"Click the (?P<role>link|button|tab) \*\*(?P<name>[^*]+)\*\*\.")),
    ("fill", re.compile(r"Fill \*\*(?P<name>[^*]+)\*\* with `(?P<value>[^`]+)`\.")),
    ("choose", re.compile(r"Choose `(?P<value>[^`]+)` in \*\*(?P<name>[^*]+)\*\*\.")),
    ("see", re.compile(r"See \*\*(?P<text>[^*]+)\*\*\.")),
    ("reach", re.compile(r"See the heading \*\*(?P<name>[^*]+)\*\*\.")),
)


class Hands:
    """Does in a browser what the words of a step say."""

    def __init__(self, page: Page, platform: Any) -> None:
        self._page = page
        self._platform = platform

    def do(self, words: str) -> None:
        for name, pattern in ACTS:
            if found := pattern.fullmatch(words):
                getattr(self, f"_{name}")(**found.groupdict())
                return
        raise AssertionError(f"nobody knows how to do this: {words}")

    def _open(self) -> None:
        self._page.goto(self._platform.signin_link())

    def _click(self, role: Any, name: str) -> None:
        # A tab may go on with a count and a link with a description; a button says no more than its name.
        named = name if role == "button" else re.compile(rf"^{re.escape(name)}(\d*$|(?![\w-]))")
        self._front().get_by_role(role, name=named, exact=True).first.click()

    def _fill(self, name: str, value: str) -> None:
        self._front().get_by_label(name, exact=True).fill(value)

    def _choose(self, value: str, name: str) -> None:
        self._front().get_by_role("combobox", name=name, exact=True).click()
        self._page.get_by_role("option", name=value, exact=True).click()

    def _see(self, text: str) -> None:
        expect(self._page.get_by_text(text).filter(visible=True).first).to_be_visible(timeout=SECONDS * 1000)

    def _reach(self, name: str) -> None:
        expect(self._page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=SECONDS * 1000)

    def _front(self) -> Locator:
        """What can be reached: an open sheet, or the page."""
        sheets = self._page.get_by_role("dialog")
        return sheets.last if sheets.count() else self._page.locator("body")


def test_the_tutorial_can_be_followed_to_its_end(browser: Any, reader: Any, running_platform: Any) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    hands = Hands(page, running_platform)
    for step in reader.steps("tutorial.md"):
        if step.kind == "commands":
            reader.run(step)
            continue
        try:
            hands.do(step.text)
        except Exception as error:
            error.add_note(f"{step.place}: {step.text}")
            raise
    context.close()
