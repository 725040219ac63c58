"""`make screenshots`: every page in both themes and three widths, over a store made for looking at."""

import subprocess
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from bench.showcase import build, serving
from dev.stack import ROOT

FOLDER: Final = ROOT / ".local" / "screenshots"
WIDTHS: Final = {"phone": 320, "laptop": 1280, "large": 2560}
PAGES: Final = {
    "dashboard": "/ui/",
    "week-ni-gw-compared": "/ui/?region=NI&unit=GW&range=7d&compare=previous",
    "gap": "/ui/?start=2026-10-31&end=2026-11-01&series=wind,solar,met",
    "clock-change": "/ui/?start=2026-10-25&end=2026-10-26&series=wind,demand",
    "year": "/ui/?range=1y",
    "embedded": "/ui/?embed=wind",
    "completeness": "/ui/completeness/?day=2026-10-31",
    "status": "/ui/status/",
    "guide": "/guide/",
    "guide-architecture": "/guide/explanation/architecture/",
}
README: Final = ROOT / "docs" / "assets" / "dashboard.png"
HIGHEST: Final = 5000


def main() -> None:
    """Write them all, and the one that the README shows."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = subprocess.run([ROOT / "dev/chromium"], check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        store = Path(made)
        print("filling a store from the simulated feed …", flush=True)
        build(store)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with serving(store, 8973) as address:
            for scheme in ("light", "dark"):
                for size, width in WIDTHS.items():
                    for name, path in PAGES.items():
                        _take(browser, f"{address}{path}", FOLDER / f"{name}-{size}-{scheme}.png", width, scheme)
                    print(f"{scheme}, {width} px: {len(PAGES)} pages", flush=True)
            _take(browser, f"{address}/ui/", README, 1280, "light", height=1180)
        browser.close()
    print(f"in {FOLDER.relative_to(ROOT)}, and {README.relative_to(ROOT)}")


def _take(browser: Browser, url: str, path: Path, width: int, scheme: str, *, height: int | None = None) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height or 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_load_state("networkidle")
    if height is None:
        whole = min(page.evaluate("document.documentElement.scrollHeight"), HIGHEST)
        page.set_viewport_size({"width": width, "height": whole})
    _settled(page)
    page.screenshot(path=path)
    context.close()


def _settled(page: Page) -> None:
    page.wait_for_timeout(400)
    page.wait_for_function("() => !document.querySelector('.panel[aria-busy]')")


if __name__ == "__main__":
    main()
