"""The dashboard in a browser: how soon it is there on a slow machine, what it weighs, how it moves over ten years."""

import statistics
import subprocess
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import Figure, Goal
from bench.showcase import ROOT, serving
from dev.ports import free_port

SLOWER: Final = 4
"""How much slower the processor is made."""
FRAMES: Final = 240
PANNED: Final = "95th percentile of a frame, panning over ten years of days"
GOALS: Final = {
    "JavaScript": (60.0, "KiB"),
    "first load with data": (150.0, "KiB"),
    "largest contentful paint": (1000.0, "ms"),
    "blocking time": (50.0, "ms"),
    "layout shift": (0.02, ""),
    PANNED: (33.0, "ms"),
}
WATCH: Final = """() => {
  window.seen = { paint: 0, blocked: 0, shift: 0 };
  const watch = (type, take) =>
    new PerformanceObserver(list => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch("largest-contentful-paint", entry => { seen.paint = entry.startTime; });
  watch("longtask", entry => { seen.blocked += Math.max(0, entry.duration - 50); });
  watch("layout-shift", entry => { if (!entry.hadRecentInput) seen.shift += entry.value; });
}"""
PAN: Final = """frames => new Promise(done => {
  const place = document.querySelector("#panel-demand .plot"), took = [];
  let last = performance.now();
  const frame = now => {
    took.push(now - last);
    last = now;
    const way = took.length % 80 < 40 ? 8 : -8;
    place.dispatchEvent(new WheelEvent("wheel", { deltaX: way, cancelable: true, bubbles: true }));
    if (took.length < frames) requestAnimationFrame(frame); else done(took.slice(5));
  };
  requestAnimationFrame(frame);
})"""


def measure(store: Path, *, rounds: int) -> list[Figure]:
    """The figures of the dashboard over this store."""
    chromium = subprocess.run([ROOT / "dev/chromium"], check=True, capture_output=True, text=True).stdout.strip()
    with sync_playwright() as playwright, serving(store, free_port()) as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        # Not in turns: what a closed page has asked of the server is still being worked on when the next one opens.
        loads = [first_load(browser, address) for _ in range(rounds)]
        moves = [pan(browser, address) for _ in range(rounds)]
        browser.close()
    found = [*loads, *moves]
    return [
        Figure(
            f"dashboard: {name}",
            goals=(Goal("", [one[name] for one in found if name in one], most=most, unit=unit),),
            note="" if name == PANNED else f"first visit, processor {SLOWER} times slower",
        )
        for name, (most, unit) in GOALS.items()
    ]


def first_load(browser: Browser, address: str) -> dict[str, float]:
    """A first visit, with nothing in the cache, to the end of all requests."""
    page, session = _page(browser)
    weights: dict[str, float] = {}
    urls: dict[str, str] = {}
    session.on("Network.responseReceived", lambda one: urls.__setitem__(one["requestId"], one["response"]["url"]))
    session.on("Network.loadingFinished", lambda one: weights.__setitem__(one["requestId"], one["encodedDataLength"]))
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(f"({WATCH})()")
    page.goto(f"{address}/ui/")
    page.locator("#panel-demand canvas").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    seen: dict[str, float] = page.evaluate("window.seen")
    page.context.close()
    scripts = [weight for one, weight in weights.items() if urls.get(one, "").endswith(".js")]
    return {
        "JavaScript": sum(scripts) / 1024,
        "first load with data": sum(weights.values()) / 1024,
        "largest contentful paint": seen["paint"],
        "blocking time": seen["blocked"],
        "layout shift": seen["shift"],
    }


def pan(browser: Browser, address: str) -> dict[str, float]:
    """Move a window of three years over ten years of daily points; no slower processor."""
    page, _ = _page(browser)
    page.goto(f"{address}/ui/?start=2016-11-01&end=2026-10-31")
    page.locator("#panel-demand canvas").first.wait_for()
    page.wait_for_function("() => !document.querySelector('.panel[aria-busy]')", timeout=60_000)
    place = page.locator("#panel-demand .plot")
    place.focus()
    # Charts fill the window.
    page.evaluate("() => document.querySelector('#panel-demand').scrollIntoView()")
    for key in ("+", "+"):
        place.press(key)
    page.wait_for_timeout(800)
    took: list[float] = page.evaluate(PAN, FRAMES)
    page.context.close()
    return {PANNED: statistics.quantiles(took, n=20)[-1]}


def _page(browser: Browser) -> tuple[Page, Any]:
    # gzip, as the goal is stated in it.
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, extra_http_headers={"Accept-Encoding": "gzip"}
    )
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    return page, session
