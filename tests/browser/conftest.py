"""Real Chromium, signed in by a one-time link; every page that is opened is watched for errors."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

CHROMIUM = os.environ.get("BOTTEGA_CHROMIUM", "/usr/bin/chromium")
TIMEOUT_MILLISECONDS = 30_000
expect.set_options(timeout=TIMEOUT_MILLISECONDS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, running_platform: Any) -> Any:
    """The storage of a browser that came in by a link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(running_platform.signin_link())
    page.wait_for_url(f"{running_platform.url}/", timeout=TIMEOUT_MILLISECONDS)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def errors() -> list[str]:
    """What the page wrote as an error: exceptions, refused resources, violations of its security policy."""
    return []


@pytest.fixture
def page(
    browser: Browser, running_platform: Any, signed_in: Any, errors: list[str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A signed-in page, in the colour scheme that the test asks for."""
    scheme = getattr(request, "param", "light")
    context = browser.new_context(
        storage_state=signed_in,
        base_url=running_platform.url,
        viewport={"width": 1440, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    opened = context.new_page()
    opened.set_default_timeout(TIMEOUT_MILLISECONDS)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: _note(message, errors))
    yield opened
    context.close()


def _note(message: ConsoleMessage, errors: list[str]) -> None:
    if message.type == "error":
        errors.append(message.text)


@pytest.fixture
def clicks(page: Page) -> list[str]:
    """What was pressed with the pointer, in order, as the browser itself saw it."""
    pressed: list[str] = []
    # A function of ours: Playwright marks what it is given, and a built-in method cannot be marked.
    page.expose_function("notePress", lambda text: pressed.append(text))
    page.add_init_script(
        "addEventListener('pointerdown', (event) => event.isTrusted && notePress(event.target.textContent), true)"
    )
    return pressed
