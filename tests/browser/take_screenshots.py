"""Take a picture of every page of the console, light and dark, 1440 and 1024 wide, from the running example.

usage: take_screenshots.py [--only NAME ...]   (BOTTEGA_HOME and the ports choose the platform)
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from pages import PAGES, PLAIN_PAGES
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bottega_platform.config.env import current

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "screenshots"
PROJECT = "flights"
SCHEMES = ("light", "dark")
WIDTHS = {1440: 900, 1024: 768}
SETTLE_MILLISECONDS = 900


def signed_in(browser: Browser, url: str) -> dict[str, object]:
    """Return the storage of a browser that came in by a one-time link."""
    command = [sys.executable, str(ROOT / "platform" / "manage.py"), "signin_link"]
    link = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.wait_for_url(f"{url}/")
    state = dict(context.storage_state())
    context.close()
    return state


def addresses(page: Page) -> dict[str, str]:
    """Return the path of every page; the newest job's stands for all jobs."""
    jobs = page.request.get(f"/api/v1/jobs?project={PROJECT}&limit=1").json()["results"]
    inside = {name: f"/projects/{PROJECT}/{path.format(job=jobs[0]['id'])}" for name, path in PAGES.items()}
    return {**{name: f"/{path}" for name, path in PLAIN_PAGES.items()}, **inside}


def contexts(browser: Browser, url: str) -> Iterator[tuple[str, BrowserContext]]:
    """Yield a browser context for each scheme and width, with the end of its pictures' names."""
    state = signed_in(browser, url)
    for scheme in SCHEMES:
        for width, height in WIDTHS.items():
            context = browser.new_context(
                storage_state=state,  # type: ignore[arg-type]
                base_url=url,
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]
                reduced_motion="reduce",
            )
            yield f"{scheme}-{width}", context
            context.close()


def picture(page: Page, path: str, target: Path) -> None:
    """Open a page, wait until it is at rest, and keep its picture with few colours."""
    page.goto(path)
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    image = Image.open(BytesIO(page.screenshot())).convert("RGB")
    image.quantize(colors=128, dither=Image.Dither.NONE).save(target, optimize=True)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of pages")
    only = parser.parse_args().only
    env = current()
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        executable = os.environ.get("BOTTEGA_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for ending, context in contexts(browser, f"http://127.0.0.1:{env.port}"):
            page = context.new_page()
            for name, path in addresses(page).items():
                if not only or name in only:
                    picture(page, path, FOLDER / f"{name}-{ending}.png")
        browser.close()


if __name__ == "__main__":
    main()
