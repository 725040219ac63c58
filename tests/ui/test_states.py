"""The page in every state that it can be in: fresh, late, down, offline, empty, without JavaScript, narrow, dark."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from playwright.sync_api import Page

from bench.showcase import NOW, export, serving
from dev.patience import until
from dev.ports import free_port
from tests.ui.conftest import Open, drawn, when

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(120)]

LOOK: Final = "document.dispatchEvent(new Event('visibilitychange'))"
"""What the browser tells a page when a person comes back to its tab."""
PAGES: Final = ("/ui/", "/ui/completeness/", "/ui/status/", "/ui/?embed=wind")


MORE_PAGES: Final = (
    "/ui/completeness/?day=2026-10-31",
    "/ui/?region=NI&compare=year",
    "/guide/",
    "/guide/reference/rest/",
    "/guide/explanation/architecture/",
)
WIDE: Final = """() => [...document.querySelectorAll("body *")].filter(e => {
  const box = e.getBoundingClientRect();
  const isOut = box.right > document.documentElement.clientWidth + 1 || box.left < -1;
  return box.width && isOut && e.checkVisibility() && !e.closest(".scroll, .hidden, .skip, svg, pre");
}).map(e => `${e.tagName}.${e.className}`).slice(0, 5)"""
"""Elements that stick out of the window."""


@pytest.fixture
def copy(showcase: Path, tmp_path: Path) -> Path:
    """A store of one's own to change."""
    return Path(shutil.copytree(showcase, tmp_path / "store"))


@pytest.fixture
def own(copy: Path) -> Iterator[str]:
    """An API over it that looks at it all the time."""
    with serving(copy, free_port(), CACHE_TTL_SECONDS="0.2") as address:
        yield address


def told_later(store: Path, change: Callable[[str], str], *names: str) -> None:
    for name in names:
        path = store / "summaries" / name / "latest.json"
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


# New numbers.


def test_new_numbers_come_without_a_reload(visit: Open, copy: Path, own: str) -> None:
    page = visit("/ui/?series=demand", address=own)
    drawn(page, "demand")
    page.evaluate("window.mark = 1")
    page.locator("#tile-demand summary").click()
    before = page.locator("#tile-demand .value").inner_text()
    asked: list[tuple[str, int]] = []
    page.on("response", lambda answer: asked.append((answer.url.partition("/api/")[2], answer.status)))

    def risen(text: str) -> str:
        return re.sub(r'("field":"SYSTEM_DEMAND","name":"Demand","role":"actual","value":)\d+', r"\g<1>7777", text)

    told_later(copy, risen, "recent")
    time.sleep(1)
    page.evaluate(LOOK)
    when(page, "document.querySelector('#tile-demand strong').textContent === '7,777'")
    assert before.startswith("5,293")
    assert page.evaluate("window.mark") == 1
    assert page.locator("#tile-demand details").get_attribute("open") is not None, "what was open stays open"
    assert ("status", 200) in asked


def test_what_has_not_changed_is_not_sent_again(visit: Open, site: str) -> None:
    page = visit("/ui/?series=demand")
    drawn(page, "demand")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    seen: dict[str, int] = {}
    session.on(
        "Network.responseReceivedExtraInfo", lambda event: seen.__setitem__(event["requestId"], event["statusCode"])
    )
    urls: dict[str, str] = {}
    session.on("Network.requestWillBeSent", lambda event: urls.__setitem__(event["requestId"], event["request"]["url"]))
    page.evaluate(LOOK)
    page.wait_for_timeout(1500)
    codes = {urls[one].removeprefix(site): code for one, code in seen.items() if one in urls}
    assert codes["/api/recent"] == 304
    assert codes["/ui/?series=demand"] == 304
    assert codes["/api/status"] == 200


@pytest.mark.parametrize(
    ("later", "word", "chip"),
    [(timedelta(minutes=50), "late", "late"), (timedelta(hours=4), "down", "down")],
    ids=["late", "down"],
)
def test_numbers_that_grow_old_say_so(visit: Open, showcase: Path, later: timedelta, word: str, chip: str) -> None:
    with serving(showcase, free_port(), GRID_NOW=(NOW + later).isoformat()) as address:
        page = visit("/ui/?series=demand", address=address)
        drawn(page, "demand")
        assert page.locator("#tile-demand .state").inner_text() == word
        when(page, f"document.querySelector('#chip').dataset.state === '{chip}'")
        assert page.locator("#chip").inner_text().strip().startswith(chip)
        assert "ago" in page.locator("#tile-demand .age").inner_text()


def test_a_page_left_open_turns_late_by_itself(visit: Open, browser: Any, site: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.clock.install()
    page.goto(f"{site}/ui/?series=demand")
    drawn(page, "demand")
    assert page.locator("#tile-demand .state").count() == 0
    page.route("**/*", lambda route: route.abort())
    page.clock.run_for(40 * 60_000)
    assert page.locator("#tile-demand .state").inner_text() == "late"
    context.close()


def test_when_the_connection_fails_the_last_numbers_stay(visit: Open, browser: Any, site: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/ui/?series=demand")
    drawn(page, "demand")
    before = page.locator(".tile .value").all_inner_texts()
    context.set_offline(True)
    page.evaluate(LOOK)
    when(page, "document.querySelector('#chip').dataset.state === 'offline'")
    assert page.locator("#chip").inner_text().strip().startswith("no connection since 20:0")
    assert page.locator(".tile .value").all_inner_texts() == before
    assert page.locator("#panel-demand canvas").first.is_visible()
    context.set_offline(False)
    page.evaluate(LOOK)
    when(page, "document.querySelector('#chip').dataset.state === 'ok'")
    context.close()


def test_a_store_that_cannot_be_read_is_told(visit: Open, copy: Path, own: str) -> None:
    page = visit("/ui/?series=demand", address=own)
    drawn(page, "demand")
    copy.rename(copy.with_name("gone"))
    time.sleep(1)
    page.evaluate(LOOK)
    when(page, "document.querySelector('#chip').dataset.state === 'degraded'")
    assert page.locator("#chip").inner_text().strip().startswith("store not readable")
    page.reload()
    assert "The store cannot be read. What is shown was read at 20:05 GMT." in page.locator(".trouble").inner_text()


def test_before_the_first_cycle_the_page_says_so_and_looks_again(visit: Open, tmp_path: Path, showcase: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    with serving(store, free_port(), CACHE_TTL_SECONDS="0.2") as address:
        page = visit(address=address, held_clock=True)
        assert page.locator(".empty").inner_text().strip().startswith("No data yet.")
        assert visit("/ui/completeness/", address=address).locator(".empty").is_visible()
        assert "down" in visit("/ui/status/", address=address).locator("table").inner_text()
        shutil.copytree(showcase, store, dirs_exist_ok=True)
        until(lambda: requests.get(f"{address}/api/current", timeout=5).ok, "the first numbers", seconds=20)
        page.clock.run_for(20_000)
        page.locator("#tile-demand").wait_for()
        # The charts' code comes after the numbers: the server stays until it is there.
        page.wait_for_load_state("networkidle")


def test_eirgrids_own_numbers_carry_no_strip(visit: Open, copy: Path) -> None:
    for path in (copy / "summaries").rglob("*.json"):
        path.write_text(path.read_text(encoding="utf-8").replace('"simulated"', '"eirgrid"'), encoding="utf-8")
    with serving(copy, free_port()) as address:
        page = visit("/ui/?series=wind", address=address)
        drawn(page, "wind")
        assert page.locator(".strip").count() == 0
        assert "imulated" not in page.locator("body").inner_text()


def test_simulated_numbers_are_named_on_every_page(visit: Open) -> None:
    for path in PAGES:
        page = visit(path)
        assert page.locator(".strip").is_visible(), path
        assert "(simulated data)" in page.title()
    page = visit()
    page.mouse.wheel(0, 3000)
    page.wait_for_timeout(300)
    top = page.locator(".strip").bounding_box()
    assert top
    assert top["y"] == 0, "it cannot be scrolled away"


# Without JavaScript.


def test_without_javascript_every_number_is_there(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    assert page.locator(".tile strong").all_inner_texts()[:3] == ["5,293", "2,964", "2"]
    assert page.locator("time").first.is_visible()
    assert page.locator(".trend").first.is_visible()
    assert page.locator("#charts").is_hidden()
    assert page.get_by_text("Charts need JavaScript.").is_visible()
    page.get_by_text("The last 24 hours as a table").click()
    assert page.locator(".hours tbody tr").count() == 24
    page.get_by_role("link", name="NI", exact=True).click()
    assert page.locator("#now-title").inner_text() == "Northern Ireland now"
    page.get_by_role("link", name="GW", exact=True).click()
    assert page.locator(".tile .unit").first.inner_text() == "GW"
    assert page.url.endswith("?region=NI&unit=GW")
    page.locator("#tile-wind summary").click()
    assert page.locator("#tile-wind .trace a").is_visible()
    page.get_by_role("link", name="Completeness", exact=True).click()
    page.locator(".heatmap tbody .level").nth(30).click()
    assert page.locator("#gaps-title").inner_text() == "Gaps of wind · ALL · WIND_ACTUAL, 2026-10-31: 1"


# Small, large, light, dark.


@pytest.mark.parametrize("width", [320, 1280, *(pytest.param(width, marks=pytest.mark.long) for width in (768, 3840))])
@pytest.mark.parametrize("path", [*PAGES, "/ui/?region=ROI&unit=GW&compare=year&range=7d"])
def test_nothing_is_wider_than_the_window(visit: Open, path: str, width: int) -> None:
    page = visit(path, viewport={"width": width, "height": 800})
    if "embed" in path or path == "/ui/":
        drawn(page, "wind")
    assert page.evaluate(WIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    for trace in page.locator(".trace").all():
        trace.evaluate("e => { e.open = true }")
        assert page.evaluate(WIDE) == [], "what a tile opens"
        trace.evaluate("e => { e.open = false }")


def test_at_320_pixels_a_chart_can_be_read_and_used(visit: Open) -> None:
    page = visit("/ui/?series=wind", viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    drawn(page, "wind")
    box = page.locator("#panel-wind .u-over").first.bounding_box()
    assert box
    assert box["width"] > 200
    page.get_by_role("button", name="7 d").click()
    page.wait_for_url("**range=7d**")
    drawn(page, "wind")
    before = page.locator('#panel-wind [data-value="actual"]').inner_text()
    session = page.context.new_cdp_session(page)
    box = page.locator("#panel-wind .u-over").first.bounding_box()
    assert box
    at = {"x": box["x"] + 40, "y": box["y"] + 60}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at | {"x": at["x"] + 12}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    when(page, "document.querySelector('#panel-wind .legend.at-cursor')")
    assert page.locator('#panel-wind [data-value="actual"]').inner_text() != before
    wide = [at | {"x": at["x"] + 10, "id": 1}, at | {"x": at["x"] + 150, "id": 2}]
    closer = [at | {"x": at["x"] - 20, "id": 1}, at | {"x": at["x"] + 190, "id": 2}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": wide})
    session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": closer})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_url("**start=**")


def test_the_theme_is_the_systems_until_one_is_chosen(visit: Open) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    page = visit("/ui/?series=wind", color_scheme="dark")
    drawn(page, "wind")
    assert page.evaluate(ground) == "rgb(17, 22, 27)"
    picture = "document.querySelector('#panel-wind canvas').toDataURL()"
    dark = page.evaluate(picture)
    page.get_by_label("Theme").select_option("light")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert page.evaluate(picture) != dark, "the charts go along"
    page.reload()
    assert page.evaluate(ground) == "rgb(255, 255, 255)", "it is remembered"
    page.get_by_label("Theme").select_option("system")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == "rgb(17, 22, 27)"


def test_nothing_moves_for_who_wants_that(visit: Open) -> None:
    page = visit(reduced_motion="reduce")
    moving = (
        "[...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).transitionDuration)).length"
    )
    assert page.evaluate(moving) == 0
    assert page.evaluate("document.getAnimations().length") == 0


# Keyboard and screen reader.


def test_the_dashboard_can_be_used_without_a_mouse(visit: Open) -> None:
    page = visit("/ui/?series=wind,demand")
    drawn(page, "wind", "demand")
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the numbers"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    def tab_to(expression: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(f"(e => {expression})(document.activeElement)"):
                return
        pytest.fail(f"Tab never comes to {expression}")

    tab_to("e.id === 'do-range-7d'")
    page.keyboard.press("Enter")
    page.wait_for_url("**range=7d**")
    assert page.evaluate("document.activeElement.id") == "do-range-7d", "where one was, one stays"
    tab_to("e.id === 'menu-series'")
    page.keyboard.press("Enter")
    tab_to("e.id === 'show-demand'")
    page.keyboard.press("Space")
    page.wait_for_url("**series=wind")
    drawn(page, "wind")
    tab_to("e.closest('.legend')")
    page.keyboard.press("Enter")
    page.wait_for_url("**hide=**")
    tab_to("e.classList.contains('plot')")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "one sees where one is"
    page.keyboard.press("ArrowLeft")
    when(page, "document.querySelector('#spoken').textContent.includes('Oct 2026')")
    tab_to("e.closest('details.table') && e.tagName === 'SUMMARY'")
    page.keyboard.press("Enter")
    page.locator("#panel-wind details.table tbody tr").first.wait_for()


def test_the_heat_map_is_one_stop_for_tab(visit: Open) -> None:
    page = visit("/ui/completeness/")
    table = page.locator("#heatmap")
    assert table.locator("a[tabindex='0']").count() == 1
    table.locator("a[tabindex='0']").focus()
    for name in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(name)
    assert page.evaluate("document.activeElement.title") == "2026-10-03: 100 %"
    page.keyboard.press("Enter")
    page.wait_for_url("**day=2026-10-03**")
    assert (
        page.locator("#gaps-title").inner_text().strip().startswith("Gaps of wind · ALL · WIND_ACTUAL, 2026-10-03: 0")
    )


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        *((path, scheme) for path in PAGES for scheme in ("light", "dark")),
        *((path, "light") for path in MORE_PAGES),
        # They have the styles of the pages above.
        *(pytest.param(path, "dark", marks=pytest.mark.long) for path in MORE_PAGES),
    ],
)
def test_axe_finds_nothing(visit: Open, path: str, scheme: str) -> None:
    page = visit(path, color_scheme=scheme)
    if path.startswith("/ui/?") or path == "/ui/":
        drawn(page, "wind")
        for each in page.locator("details").all():
            if each.is_visible():
                each.evaluate("e => { e.open = true }")
    axe(page)


def test_axe_finds_nothing_in_the_dialog(visit: Open) -> None:
    page = visit("/ui/?series=wind")
    drawn(page, "wind")
    page.locator("#do-calls").click()
    axe(page)


def axe(page: Page) -> None:
    script = Path(__file__).resolve().parents[2] / "api/dashboard/node_modules/axe-core/axe.min.js"
    page.evaluate(script.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    assert [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found] == []


# The other pages.


def test_the_completeness_page_opens_the_gaps_of_a_cell(visit: Open, site: str) -> None:
    page = visit("/ui/completeness/")
    report = requests.get(f"{site}/api/gaps", timeout=30).json()
    assert page.locator(".heatmap tbody tr").count() == len(report["days"]["series"])
    assert page.locator(".heatmap tbody .level").count() == sum(
        len(one["completeness"]) for one in report["days"]["series"]
    )
    page.get_by_title("2026-10-31: 95.").first.click()
    page.wait_for_url("**day=2026-10-31**")
    row = page.locator("#gaps tbody tr").first.inner_text()
    assert "31 Oct" in row or "10:15 GMT" in row
    assert "never fetched" in row


def test_the_status_page_names_every_area(visit: Open, site: str) -> None:
    page = visit("/ui/status/")
    areas = json.loads(requests.get(f"{site}/api/status", timeout=30).text)["areas"]
    assert page.locator("tbody tr").count() == len(areas)


def test_links_between_the_pages_lead_somewhere(visit: Open, site: str) -> None:
    page = visit()
    targets = {link.evaluate("e => e.href") for link in page.locator("a").all()}
    inside = {target.partition("#")[0] for target in targets if target.startswith(site)}
    assert {f"{site}/guide/", f"{site}/docs", f"{site}/ui/status/", f"{site}/ui/completeness/"} <= inside
    for target in sorted(inside):
        assert requests.get(target, timeout=30).ok, target


def test_a_day_behind_a_stage_of_api_gateway_works_too(visit: Open, copy: Path) -> None:
    """Addresses are relative: nothing on the page starts at the root of the host."""
    with serving(copy, free_port()) as address:
        for path in PAGES:
            text = requests.get(f"{address}{path}", timeout=30).text
            assert re.findall(r'(?:href|src)="/[^"]*"', text) == []


def test_numbers_of_one_cycle_are_those_of_the_api(visit: Open, copy: Path) -> None:
    export(copy, now=NOW)
    with serving(copy, free_port()) as address:
        current = requests.get(f"{address}/api/current", timeout=30).json()
        page = visit("/ui/?series=wind", address=address)
        for key, value in {"demand": current["demand_mw"]["ALL"], "wind": current["wind_mw"]["ALL"]}.items():
            assert page.locator(f"#tile-{key} strong").inner_text() == f"{value:,.0f}"
        # The charts' code comes after the numbers: the server stays until it is there.
        page.wait_for_load_state("networkidle")
