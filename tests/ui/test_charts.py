"""The charts, used as a person uses them; their values are the API's."""

import re
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
from playwright.sync_api import Download, Locator, Page, Route

from tests.ui.conftest import Open, drawn, when

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(120)]

TINTS = """(canvas, part) => {
  const pixels = canvas.getContext("2d").getImageData(canvas.width * part, canvas.height * 0.2, 12, 12).data;
  return new Set(new Uint32Array(pixels.buffer)).size;
}"""
"""How many different pixels there are near the top of a chart, at a part of its width."""
NUMBER = re.compile(r"−?[\d,]+(?:\.\d+)?")


def shown(page: Page, panel: str, line: str) -> str:
    """The value beside a line's name."""
    return page.locator(f'#panel-{panel} [data-value="{line}"]').inner_text()


def number(text: str) -> float:
    (found, *_) = NUMBER.findall(text)
    return float(found.replace(",", "").replace("−", "-"))


def over(page: Page, panel: str) -> Locator:
    return page.locator(f"#panel-{panel} .u-over").first


def spoken(page: Page) -> str:
    return page.locator("#spoken").inner_text()


def point_at(page: Page, panel: str, part: float) -> None:
    """Move the mouse to a part of a chart's width, as a hand does: by way of what lies before it."""
    place = over(page, panel)
    # The controls stay on top of the page, over what is scrolled below them.
    place.evaluate("e => e.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(200)
    box = place.bounding_box()
    assert box
    x, y = box["x"] + box["width"] * part, box["y"] + box["height"] / 2
    page.mouse.move(x - 30, y)
    page.mouse.move(x, y, steps=5)


def downloaded(page: Page, button: str, path: Path) -> Download:
    """Press a button and keep the file that it gives."""
    with page.expect_download() as loading:
        page.get_by_role("button", name=button).click()
    loading.value.save_as(path)
    return loading.value


def key(page: Page, panel: str, *names: str) -> None:
    place = page.locator(f"#panel-{panel} .plot")
    place.focus()
    for name in names:
        place.press(name)


def points(answer: Any, field: str) -> dict[str, float | None]:
    return {
        point["timestamp"]: point["value"]
        for block in answer["series"]
        if block["field"] == field
        for point in block["points"]
    }


def test_the_cursor_shows_every_chart_at_one_time(visit: Open, ask: Callable[..., Any]) -> None:
    page = visit()
    drawn(page, "demand", "wind", "snsp")
    key(page, "wind", "Home", *["ArrowRight"] * 8)
    assert spoken(page).startswith("30 Oct 2026, 22:15 GMT, Wind ")
    window = {"start": "2026-10-30T22:15:00Z", "end": "2026-10-30T22:30:00Z", "region": "ALL"}
    expected = {
        ("wind", "actual"): ("wind", "WIND_ACTUAL"),
        ("wind", "forecast"): ("wind", "WIND_FCAST"),
        ("demand", "actual"): ("demand", "SYSTEM_DEMAND"),
        ("interconnection", "ewic"): ("interconnection", "INTER_EWIC"),
        ("interconnection", "net"): ("interconnection", "INTER_NET"),
        ("co2", "intensity"): ("co2", "CO2_INTENSITY"),
        ("co2", "emissions"): ("co2", "CO2_EMISSIONS"),
    }
    for (panel, line), (area, field) in expected.items():
        (value,) = points(ask(f"/api/{area}", **window), field).values()
        assert value is not None
        assert number(shown(page, panel, line)) == round(value), (panel, line)
    (snsp,) = points(ask("/api/snsp", start="2026-10-30T22:00:00Z", end="2026-10-30T22:30:00Z"), "SNSP_ALL").values()
    assert snsp is not None
    assert number(shown(page, "snsp", "snsp")) == pytest.approx(snsp, abs=0.06), "the half-hour that holds the slot"
    assert shown(page, "wind", "time") == shown(page, "demand", "time") == "30 Oct 2026, 22:15 GMT"
    assert shown(page, "snsp", "time") == "30 Oct 2026, 22:00 GMT"
    assert (shown(page, "demand", "forecast"), shown(page, "demand", "error")) == ("–", "–"), "half-hourly"
    actual, forecast = number(shown(page, "wind", "actual")), number(shown(page, "wind", "forecast"))
    assert number(shown(page, "wind", "error")) == actual - forecast
    parts = sum(number(shown(page, "met", one)) for one in ("wind", "solar", "import", "rest"))
    assert parts == pytest.approx(number(shown(page, "met", "demand")), abs=2)


def test_a_value_is_never_shown_at_another_time_than_its_own(visit: Open) -> None:
    """Tomorrow morning there are forecasts and nothing else; at 20:00 wind is not there yet."""
    page = visit()
    drawn(page, "wind", "snsp")
    key(page, "wind", "End")
    assert spoken(page).startswith("1 Nov 2026, 08:00 GMT, Wind –, Forecast ")
    for panel, line in (("interconnection", "net"), ("co2", "intensity"), ("snsp", "snsp"), ("met", "wind")):
        assert shown(page, panel, line) == "–", panel
    page = visit("/ui/?range=30d&series=wind")
    drawn(page, "wind")
    key(page, "wind", "End")
    assert spoken(page).startswith("31 Oct 2026, 20:00 GMT, Wind not published yet")


def test_quick_switching_ends_with_the_last_choice(visit: Open) -> None:
    page = visit("/ui/?series=wind")
    drawn(page, "wind")

    def late(route: Route) -> None:
        time.sleep(1)
        route.continue_()

    page.route("**/ui/?region=ROI**", late)
    page.get_by_role("link", name="ROI", exact=True).click()
    page.get_by_role("link", name="NI", exact=True).click()
    page.wait_for_timeout(2500)
    assert page.locator("#now-title").inner_text() == "Northern Ireland now"
    assert page.locator("[data-choice=region] [aria-current]").inner_text() == "NI"
    assert page.url.endswith("?region=NI&series=wind")


def test_a_comparison_survives_zooming_and_a_reload(visit: Open, ask: Callable[..., Any]) -> None:
    page = visit("/ui/?start=2026-10-20T00:00Z&end=2026-10-22T00:00Z&series=wind&compare=previous")
    drawn(page, "wind")
    key(page, "wind", "+")
    page.wait_for_url("**start=2026-10-20T12**")
    page.wait_for_timeout(500)
    drawn(page, "wind")
    key(page, "wind", "Home", "ArrowRight")
    said = spoken(page)
    first = shown(page, "wind", "compared")
    assert said.startswith("20 Oct 2026, 13:15 IST")
    then = ask("/api/wind", start="2026-10-19T12:15:00Z", end="2026-10-19T12:30:00Z", region="ALL", fields="actual")
    (value,) = points(then, "WIND_ACTUAL").values()
    assert value is not None
    assert number(first) == round(value)
    page.reload()
    drawn(page, "wind")
    key(page, "wind", "Home", "ArrowRight")
    assert (spoken(page), shown(page, "wind", "compared")) == (said, first)


def test_five_second_values_come_in_three_hours_or_less(visit: Open, ask: Callable[..., Any]) -> None:
    page = visit("/ui/?start=2026-10-20T10:00:00Z&end=2026-10-20T13:00:00Z&series=frequency")
    drawn(page, "frequency")
    key(page, "frequency", "Home", "ArrowRight", "ArrowRight")
    assert spoken(page).startswith("20 Oct 2026, 11:00:10 IST, Frequency ")
    answer = ask(
        "/api/frequency", start="2026-10-20T10:00:10Z", end="2026-10-20T10:00:15Z", region="ROI", resolution="native"
    )
    (value,) = points(answer, "SYS_FREQUENCY").values()
    assert number(shown(page, "frequency", "frequency")) == value


def test_a_range_within_a_gap_shows_the_gap(visit: Open) -> None:
    page = visit("/ui/?start=2025-10-26T01:15:00Z&end=2025-10-26T01:45:00Z&series=demand")
    drawn(page, "demand")
    point_at(page, "demand", 0.5)
    tip = page.locator("#panel-demand .tip")
    tip.wait_for(state="visible")
    assert tip.inner_text() == "01:30 GMT: lost at the clock change"


def test_the_mouse_moves_the_cursor_of_all_charts(visit: Open) -> None:
    page = visit()
    drawn(page, "demand", "wind")
    newest = shown(page, "wind", "actual")
    point_at(page, "demand", 0.25)
    when(page, "document.querySelector('#panel-wind .legend.at-cursor')")
    assert shown(page, "wind", "actual") != newest
    page.mouse.move(5, 5)
    when(page, "!document.querySelector('#panel-wind .legend.at-cursor')")
    assert shown(page, "wind", "actual") == newest


def test_both_passes_of_octobers_doubled_hour_have_their_own_name(visit: Open) -> None:
    page = visit("/ui/?start=2026-10-25&end=2026-10-26&series=wind,demand")
    drawn(page, "wind", "demand")
    key(page, "wind", "Home")
    said = [spoken(page)]
    for _ in range(9):
        key(page, "wind", "ArrowRight")
        said.append(spoken(page))
    times = [re.findall(r"(\d\d:\d\d \w+)", one)[0] for one in said]
    assert times[4:] == ["01:00 IST", "01:15 IST", "01:30 IST", "01:45 IST", "01:00 GMT", "01:15 GMT"]
    assert "Wind lost at the clock change" in said[8]
    assert page.locator("#panel-wind .summary").inner_text().count("4 slots have no value.") == 1


def test_march_has_no_hour_that_is_not_there(visit: Open) -> None:
    page = visit("/ui/?start=2026-03-29&end=2026-03-30&series=wind")
    drawn(page, "wind")
    key(page, "wind", "Home", *["ArrowRight"] * 4)
    assert spoken(page).startswith("29 Mar 2026, 02:00 IST")
    assert "no value" not in page.locator("#panel-wind .summary").inner_text()


def test_a_gap_is_hatched_and_says_why(visit: Open) -> None:
    page = visit("/ui/?start=2026-10-31&end=2026-11-01&series=wind,solar,met")
    drawn(page, "wind", "solar")
    point_at(page, "wind", 10.6 / 24)
    tip = page.locator("#panel-wind .tip")
    tip.wait_for(state="visible")
    assert tip.inner_text() == "10:30 GMT: never fetched"
    point_at(page, "solar", 9.3 / 24)
    when(page, "!document.querySelector('#panel-solar .tip').hidden")
    assert page.locator("#panel-solar .tip").inner_text() == "09:15 GMT: EirGrid sent no value"
    drawn(page, "met")
    point_at(page, "met", 10.6 / 24)
    tip = page.locator("#panel-met .tip")
    tip.wait_for(state="visible")
    assert tip.inner_text() == "10:30 GMT: Wind never fetched"
    page.mouse.move(5, 5)
    left, width = over(page, "wind").evaluate("u => [u.offsetLeft, u.clientWidth]")
    whole = page.locator("#panel-wind canvas").first.evaluate("c => c.clientWidth")
    in_gap, beside = ((left + width * hour / 24) / whole for hour in (10.5, 14.3))
    canvas = page.locator("#panel-wind canvas").first
    assert canvas.evaluate(TINTS, in_gap) > canvas.evaluate(TINTS, beside), "the hatching is drawn"
    assert page.locator("#tile-wind .gap-mark").get_attribute("title") == (
        "4 of 96 slots of the last 24 hours have no value. Never fetched; the next gap check triggers a repair."
    )


def test_the_whole_state_is_in_the_address(visit: Open) -> None:
    page = visit()
    drawn(page, "wind")
    page.get_by_role("link", name="NI", exact=True).click()
    page.get_by_role("link", name="GW", exact=True).click()
    page.get_by_role("link", name="UTC", exact=True).click()
    page.get_by_role("button", name="7 d").click()
    page.get_by_label("Compare").select_option("year")
    page.get_by_text("Charts", exact=True).click()
    page.get_by_role("checkbox", name="Solar").uncheck()
    page.get_by_role("checkbox", name="Frequency").uncheck()
    drawn(page, "wind")
    page.locator("#panel-wind .legend button", has_text="Forecast").click()
    drawn(page, "wind")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
    assert query == {
        "region": ["NI"], "unit": ["GW"], "tz": ["UTC"], "compare": ["year"], "range": ["7d"],
        "series": ["demand,wind,met,interconnection,co2,snsp"], "hide": ["wind.forecast"],
    }  # fmt: skip

    def state(page: Page) -> list[Any]:
        legends = page.locator(".panel:visible .legend").all_inner_texts()
        summaries = page.locator(".panel:visible .summary").all_inner_texts()
        return [legends, summaries, page.locator(".tile .value").all_inner_texts()]

    again = visit(page.url.removeprefix(page.url.split("/ui/")[0]))
    drawn(again, "wind")
    assert state(again) == state(page)
    assert again.locator("#panel-solar").is_hidden()
    page.go_back()
    page.go_back()
    drawn(page, "wind", "solar")
    assert "series" not in page.url


def test_what_is_not_allowed_in_an_address_is_named(visit: Open) -> None:
    page = visit("/ui/?range=2w&region=UK")
    drawn(page, "wind")
    assert page.locator("#message").inner_text() == "range: got '2w'; allowed: 24h, 7d, 30d, 1y, all"
    assert page.locator(".refused").inner_text() == "region: got 'UK'; allowed: ALL, ROI, NI"


@pytest.mark.parametrize(("preset", "days"), [("7 d", 8), ("30 d", 29.9), ("1 y", 365), ("All", 395.9)])
def test_a_preset_shows_its_range(visit: Open, preset: str, days: float) -> None:
    page = visit("/ui/?series=wind")
    drawn(page, "wind")
    page.get_by_role("button", name=preset, exact=True).click()
    drawn(page, "wind")
    key(page, "wind", "Home")
    first = spoken(page)
    key(page, "wind", "End")
    last = spoken(page)
    said = [re.findall(r"\d+ \w{3} \d{4}", one)[0] for one in (first, last)]
    dates = [datetime.strptime(one, "%d %b %Y").replace(tzinfo=UTC) for one in said]
    assert (dates[1] - dates[0]).days == pytest.approx(days, abs=1.1)
    assert page.get_by_role("button", name=preset, exact=True).get_attribute("aria-pressed") == "true"


def test_a_year_is_drawn_in_daily_means(visit: Open, ask: Callable[..., Any]) -> None:
    page = visit("/ui/?range=1y&series=wind,co2&region=ROI")
    drawn(page, "wind", "co2")
    key(page, "wind", "End", "ArrowLeft", "ArrowLeft")
    assert spoken(page).startswith("29 Oct 2026, Wind ")
    day = {"start": "2026-10-29", "end": "2026-10-30", "resolution": "1d", "region": "ROI", "tz": "Europe/Dublin"}
    (wind,) = points(ask("/api/wind", **day), "WIND_ACTUAL").values()
    (intensity,) = points(ask("/api/co2", **day), "CO2_INTENSITY").values()
    assert wind is not None
    assert intensity is not None
    assert number(shown(page, "wind", "actual")) == round(wind)
    assert number(shown(page, "co2", "intensity")) == round(intensity)


def test_dates_are_chosen_by_day_the_last_included(visit: Open) -> None:
    page = visit("/ui/?series=demand")
    drawn(page, "demand")
    page.get_by_role("textbox", name="From").fill("2026-03-28")
    page.get_by_role("textbox", name="to", exact=True).fill("2026-03-29")
    page.get_by_role("textbox", name="to", exact=True).blur()
    page.wait_for_url("**start=2026-03-28&end=2026-03-30**")
    drawn(page, "demand")
    key(page, "demand", "End")
    assert spoken(page).startswith("29 Mar 2026, 23:45 IST")


def test_dragging_zooms_and_a_double_click_goes_back(visit: Open) -> None:
    page = visit("/ui/?range=7d&series=wind,demand")
    drawn(page, "wind", "demand")
    over(page, "wind").evaluate("e => e.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(200)
    box = over(page, "wind").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=5)
    page.mouse.up()
    page.wait_for_url("**start=**")
    drawn(page, "wind", "demand")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
    assert query["start"][0][:10] == "2026-10-27"
    key(page, "demand", "Home")
    assert "27 Oct 2026" in spoken(page), "the other charts went along"
    over(page, "wind").dblclick()
    page.wait_for_url("**range=7d**")


def test_a_keyboard_can_pan_zoom_and_step(visit: Open) -> None:
    page = visit("/ui/?start=2026-10-20&end=2026-10-24&series=wind,demand&compare=previous")
    drawn(page, "wind", "demand")
    key(page, "wind", "Home", "Shift+ArrowRight")
    assert spoken(page).startswith("21 Oct 2026, 00:00 IST")
    key(page, "wind", "PageUp")
    page.wait_for_url("**start=2026-10-18&end=2026-10-22**")
    key(page, "wind", "+")
    page.wait_for_url("**start=2026-10-1*")
    key(page, "wind", "-")
    key(page, "wind", "Escape")
    when(page, "!location.search.includes('compare')")
    key(page, "wind", "0")
    page.wait_for_url("**start=2026-10-20&end=2026-10-24**")


@pytest.mark.parametrize("compare", ["previous", "year"])
def test_a_comparison_is_with_the_same_wall_clock_time(visit: Open, ask: Callable[..., Any], compare: str) -> None:
    """25 October has 25 hours; the day before, and that day of 2025, have 24."""
    page = visit(f"/ui/?start=2026-10-25&end=2026-10-26&series=wind&compare={compare}")
    drawn(page, "wind")
    key(page, "wind", "End")
    assert spoken(page).startswith("25 Oct 2026, 23:45 GMT")
    then = "2026-10-24T22:45:00Z" if compare == "previous" else "2025-10-25T22:45:00Z"
    answer = ask("/api/wind", start=then, end=then.replace(":45:", ":59:"), region="ALL", fields="actual")
    (value,) = points(answer, "WIND_ACTUAL").values()
    assert value is not None
    assert number(shown(page, "wind", "compared")) == round(value)


def test_the_csv_of_a_chart_is_the_apis(visit: Open, site: str, tmp_path: Path) -> None:
    page = visit("/ui/?start=2026-10-25&end=2026-10-26&series=wind&region=NI")
    drawn(page, "wind")
    path = tmp_path / "wind.csv"
    file = downloaded(page, "CSV: Wind", path)
    assert file.suggested_filename.startswith("simulated-wind-NI-2026-10-24T2300Z-2026-10-26T0000Z")
    got = duckdb.read_csv(str(path)).fetchall()
    window = "start=2026-10-24T23:00:00Z&end=2026-10-26T00:00:00Z"
    own = requests.get(f"{site}/api/wind?region=NI&{window}&format=csv", timeout=30)
    assert len(got) == 2 * 96
    assert path.read_text(encoding="utf-8").split() == own.text.split()


def test_the_parquet_of_a_chart_has_the_same_values(visit: Open, tmp_path: Path) -> None:
    page = visit("/ui/?start=2026-10-25&end=2026-10-26&series=wind&region=NI&hide=wind.forecast")
    drawn(page, "wind")
    downloaded(page, "Parquet: Wind", tmp_path / "wind.parquet")
    rows = duckdb.read_parquet(str(tmp_path / "wind.parquet")).fetchall()
    names = duckdb.read_parquet(str(tmp_path / "wind.parquet")).columns
    assert {row[names.index("field")] for row in rows} == {"WIND_ACTUAL"}, "a line that is hidden is left out"
    key(page, "wind", "End")
    at = {row[names.index("timestamp")].strftime("%H:%M"): row[names.index("value")] for row in rows}
    assert number(shown(page, "wind", "actual")) == round(at["23:45"])


def test_everything_shown_comes_as_one_csv(visit: Open, tmp_path: Path) -> None:
    page = visit("/ui/?start=2026-10-30&end=2026-10-31&series=wind,co2,frequency&region=ROI")
    drawn(page, "wind", "co2", "frequency")
    page.get_by_text("Download", exact=True).click()
    downloaded(page, "All as CSV", tmp_path / "all.csv")
    found = duckdb.sql(f"SELECT area, count(*) FROM '{tmp_path / 'all.csv'}' GROUP BY ALL ORDER BY ALL").fetchall()
    assert found == [("co2", 192), ("frequency", 96), ("wind", 192)]


def test_how_demand_is_met_comes_with_its_derived_numbers(visit: Open, tmp_path: Path) -> None:
    page = visit("/ui/?start=2026-10-30&end=2026-10-31&series=met&region=ROI")
    drawn(page, "met")
    downloaded(page, "CSV: How demand is met", tmp_path / "met.csv")
    table = duckdb.read_csv(str(tmp_path / "met.csv"))
    assert table.columns == [
        "timestamp", "Wind [MW]", "Solar [MW]", "Net import [MW]", "North-South (derived) [MW]",
        "Remainder (derived) [MW]", "Demand [MW]",
    ]  # fmt: skip
    rows = table.fetchall()
    assert len(rows) == 96
    assert all(sum(row[1:6]) == pytest.approx(row[6]) for row in rows)


def test_a_picture_says_whose_and_what_data_it_shows(visit: Open, tmp_path: Path) -> None:
    page = visit("/ui/?series=wind")
    drawn(page, "wind")
    downloaded(page, "PNG: Wind", tmp_path / "wind.png")
    data = (tmp_path / "wind.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    assert width > 1000
    assert height > 280
    # The words are drawn: they are in the code that draws, and the strip below the chart is not empty.
    empty = page.evaluate(
        """async bytes => { const i = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
        const c = new OffscreenCanvas(i.width, 24), x = c.getContext('2d'); x.drawImage(i, 0, 24 - i.height);
        return new Set(new Uint32Array(x.getImageData(0, 0, i.width, 24).data.buffer)).size < 3; }""",
        list(data),
    )
    assert not empty


def test_a_picture_of_all_has_every_chart(visit: Open, tmp_path: Path) -> None:
    page = visit("/ui/?compare=previous")
    drawn(page, "demand")
    page.get_by_text("Download", exact=True).click()
    downloaded(page, "All as PNG", tmp_path / "all.png")
    data = (tmp_path / "all.png").read_bytes()
    # In strips of 40 pixels, how many rows in a row show nothing but the ground.
    blank = page.evaluate(
        """async bytes => { const i = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
        const c = new OffscreenCanvas(i.width, i.height), x = c.getContext('2d'); x.drawImage(i, 0, 0);
        let most = 0, run = 0;
        for (let y = 0; y < i.height; y++) {
          const row = new Uint32Array(x.getImageData(60, y, i.width - 120, 1).data.buffer);
          run = row.every(one => one === row[0]) ? run + 1 : 0; most = Math.max(most, run);
        } return most; }""",
        list(data),
    )
    assert blank < 60, "a chart that is not drawn would be two hundred empty rows"


def test_hidden_lines_are_in_no_file(visit: Open) -> None:
    page = visit("/ui/?series=wind&hide=wind.forecast,wind.actual")
    drawn(page, "wind")
    page.get_by_role("button", name="CSV: Wind").click()
    when(page, "document.querySelector('#message').textContent.includes('all lines are hidden')")


def test_the_api_calls_work_as_they_stand(visit: Open, tmp_path: Path) -> None:
    page = visit("/ui/?start=2026-10-25&end=2026-10-26&series=wind,snsp&region=ROI")
    drawn(page, "wind", "snsp")
    page.locator("#do-calls").click()
    dialog = page.get_by_role("dialog")
    names = dialog.locator(".call .name").all_inner_texts()
    lines = dialog.locator(".call code").all_inner_texts()
    assert names == ["URL", "curl", "Python", "DuckDB"] * 2
    calls = dict(zip(names[:4], lines[:4], strict=True))
    assert requests.get(calls["URL"], timeout=30).ok
    subprocess.run(calls["curl"], shell=True, check=True, cwd=tmp_path, capture_output=True)
    script = calls["Python"] + "\nprint(len(frame), frame.timestamp.dt.tz)"
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert told.split() == ["192", "UTC"]
    assert len((tmp_path / "data.csv").read_text(encoding="utf-8").split()) == 193
    url = re.findall("'(.*)'", calls["DuckDB"])[0]
    (tmp_path / "own.parquet").write_bytes(requests.get(url, timeout=30).content)
    assert len(duckdb.sql(calls["DuckDB"].replace(url, str(tmp_path / "own.parquet"))).fetchall()) == 192
    dialog.get_by_role("button", name="Copy URL").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == calls["URL"]
    page.keyboard.press("Escape")
    assert dialog.count() == 0 or dialog.is_hidden()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """Another site, which serves a folder."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_chart_can_stand_in_another_page(visit: Open, elsewhere: str, tmp_path: Path) -> None:
    page = visit("/ui/?series=wind&region=NI", also=elsewhere)
    drawn(page, "wind")
    page.get_by_role("button", name="API call: Wind").click()
    html = page.locator(".call", has_text="HTML").locator("code").inner_text()
    (tmp_path / "page.html").write_text(f'<link rel="icon" href="data:,">{html}', encoding="utf-8")
    page.goto(f"{elsewhere}/page.html")
    frame = page.frame_locator("iframe")
    frame.locator("#panel-wind canvas").first.wait_for()
    assert frame.locator(".panel").count() == 1
    assert "Simulated data" in frame.locator(".strip").inner_text()
    assert "Northern Ireland" in frame.locator("h2").inner_text()
    credit = frame.locator(".panel .note")
    assert "EirGrid and SONI" in credit.inner_text()
    place = credit.bounding_box()
    assert place
    assert place["y"] + place["height"] < 480, "it is within the frame that is suggested"
    link = frame.get_by_role("link", name="Open the dashboard")
    assert link.get_attribute("href") == "?region=NI"


def test_a_table_has_what_the_chart_shows(visit: Open, ask: Callable[..., Any]) -> None:
    page = visit("/ui/?start=2026-10-25&end=2026-10-26&series=wind")
    drawn(page, "wind")
    page.locator("#panel-wind details.table summary").click()
    rows = page.locator("#panel-wind details.table tbody tr")
    rows.first.wait_for()
    texts = [row.split("\t") for row in rows.all_inner_texts()]
    answer = ask("/api/wind", start="2026-10-24T23:00:00Z", end="2026-10-26T00:00:00Z", region="ALL", format="columns")
    values = next(one["values"] for one in answer["series"] if one["field"] == "WIND_ACTUAL")
    assert len(texts) == len(values) == 100
    for text, value in zip(reversed(texts), values, strict=True):
        assert text[1] == ("lost at the clock change" if value is None else f"{value:,.0f} MW".replace("-", "−"))


def test_a_range_in_which_nothing_is_held_says_what_is(visit: Open) -> None:
    page = visit("/ui/?start=2016-01-01&end=2016-02-01&series=solar,wind")
    for name in ("wind", "solar"):
        when(page, f"document.querySelector('#panel-{name} .summary').textContent")
        summary = page.locator(f"#panel-{name} .summary").inner_text()
        assert "Nothing of this range is held; there is 1 Oct 2025 to 1 Nov 2026." in summary


def test_lines_are_hidden_by_a_click_on_their_name(visit: Open) -> None:
    page = visit("/ui/?series=interconnection")
    drawn(page, "interconnection")
    moyle = page.locator("#panel-interconnection .legend button", has_text="Moyle")
    before = page.locator("#panel-interconnection canvas").first.evaluate("c => c.toDataURL()")
    moyle.click()
    page.wait_for_url("**hide=interconnection.moyle")
    drawn(page, "interconnection")
    assert moyle.get_attribute("aria-pressed") == "false"
    assert page.locator("#panel-interconnection canvas").first.evaluate("c => c.toDataURL()") != before


def test_an_area_that_fails_leaves_the_others_alone(visit: Open) -> None:
    page = visit("/ui/?series=wind,demand")
    drawn(page, "wind", "demand")
    page.route("**/api/wind?**", lambda route: route.fulfill(json={"unexpected": True}))
    page.get_by_role("button", name="1 y").click()
    when(page, "document.querySelector('#panel-wind.failed')")
    summary = page.locator("#panel-wind .summary").inner_text()
    assert summary.startswith("Cannot be loaded: ")
    assert summary.endswith(" The last data stay.")
    when(page, "document.querySelector('#panel-demand .summary').textContent.includes('2025')")
