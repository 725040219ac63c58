"""A real browser before a real API: what a person would do, and whether the page kept to its own origin."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.showcase import build, serving
from dev.ports import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

OURS: Final = ("willReadFrequently", "net::ERR_CONNECTION_REFUSED")
"""What the tests themselves bring about: they look at pixels, and end a server while its page is open."""

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium, the same for all tests of a file: while it is there, no other event loop can run in this process."""
    path = (ROOT / ".local" / "chromium").read_text(encoding="utf-8").strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def showcase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen months of simulated readings, as of the evening of 31 October 2026."""
    folder = tmp_path_factory.mktemp("showcase")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def site(showcase: Path) -> Iterator[str]:
    """The address of the API over it."""
    with serving(showcase, free_port(), PUBLIC_BULK="true") as address:
        yield address


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Open]:
    """Opens a page. In the end: no error on its console, and no request to anybody else."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def go(
        path: str = "/ui/", *, address: str = site, also: str = "", held_clock: bool = False, **options: Any
    ) -> Page:
        settings = {"viewport": {"width": 1280, "height": 900}, "timezone_id": "America/New_York", "locale": "en-IE"}
        context = browser.new_context(**(settings | options))
        context.set_default_timeout(10_000)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        if held_clock:
            # The page's timers run when the test says so: `page.clock.run_for`.
            page.clock.install()
        page.on("console", lambda message: _note(wrong, message.type, message.text))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", lambda request: _own(wrong, request.url, address, also or address))
        page.goto(f"{address}{path}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert wrong == []


def _note(wrong: list[str], kind: str, text: str) -> None:
    if kind in {"error", "warning"} and not any(part in text for part in OURS):
        wrong.append(f"{kind}: {text}")


def _own(wrong: list[str], url: str, *own: str) -> None:
    if not url.startswith((*(f"{one}/" for one in own), "data:", "blob:")):
        wrong.append(f"request to {url}")


def drawn(page: Page, *panels: str) -> None:
    """Wait until charts have their data and nothing is loading."""
    for name in panels:
        page.locator(f"#panel-{name}").scroll_into_view_if_needed()
        page.locator(f"#panel-{name} canvas").first.wait_for()
    when(page, "!document.querySelector('.panel[aria-busy]')")


def when(page: Page, expression: str) -> None:
    """Wait until something holds; a function, since the pages' policy allows no text to be run."""
    page.wait_for_function(f"() => ({expression})")


@pytest.fixture
def ask(site: str) -> Callable[..., Any]:
    """The API's own answer."""

    def get(path: str, **parameters: str) -> Any:
        answer = requests.get(f"{site}{path}", params=parameters, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    return get


def pytest_configure() -> None:
    # Playwright's own driver would ask for a newer Chromium.
    os.environ.setdefault("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
