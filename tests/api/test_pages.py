"""Pages for people: what they say of the data's feed, age and making, and that they load nothing from elsewhere."""

import base64
import hashlib
import html
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import pytest

from include.domain.catalogue import AREAS
from include.domain.readings import Feed
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.api.conftest import NOON, Api, Start, export
from tests.jobs.invented import at, fill

LOADED = re.compile(
    r"""(?:src|href|action|content)\s*=\s*["']?([^"'\s>]+)|url\(["']?([^"')]+)|@import\s+["']([^"']+)""", re.IGNORECASE
)


def _loads(text: str) -> list[str]:
    return [next(part for part in found if part) for found in LOADED.findall(text)]


def _tiles(page: str) -> dict[str, str]:
    """The tiles by their key, attributes included."""
    blocks = re.findall(r"<article (.*?)</article>", page, re.DOTALL)
    return {re.findall(r'data-key="(.*?)"', one)[0]: one for one in blocks}


def _value(tile: str) -> str:
    """Number and unit, as they are read."""
    (found,) = re.findall(r"<strong.*?>(.*?)</strong> <span class=\"unit\">(.*?)</span>", tile)
    return " ".join(found)


def _eirgrid(tmp_path: Path, start: Start) -> Api:
    store = LocalStore(tmp_path / "eirgrid")
    fill(ReadingsStore(store, feed=Feed.EIRGRID), "snsp", "ALL", [(NOON, "SNSP_ALL", 61.5)])
    export(store, feed=Feed.EIRGRID)
    return start(store)


def test_the_root_leads_to_the_dashboard(api: Api) -> None:
    answer = api.get("/")
    assert answer.status_code in {302, 303, 307, 308}
    assert urljoin("/", answer.headers["location"]) == "/ui/"


def test_the_dashboard_shows_the_newest_value_of_every_kind(api: Api) -> None:
    page = api.get("/ui/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    tiles = _tiles(page.text)
    assert {key: _value(tile) for key, tile in tiles.items()} == {
        "demand": "5,000 MW",
        "wind": "1,250 MW",
        "solar": "90 MW",
        "share": "26.8 %",
        "import": "−93 MW",
        "intensity": "150 g/kWh",
        "emissions": "1,250 t/h",
        "snsp": "61.5 %",
        "frequency": "49.98 Hz",
    }
    assert '<time datetime="2026-02-10T12:45:00+00:00">12:45 GMT</time>' not in tiles["demand"]
    assert "exporting" in tiles["import"]
    assert "limit 75 % since Apr 2022" in tiles["snsp"]
    assert "normal 49.8–50.2 Hz since Jan 2014" in tiles["frequency"]
    assert "no rooftop solar" in tiles["share"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("region=NI", {"demand": "1,000 MW", "wind": "250 MW", "emissions": "150 t/h", "snsp": "61.5 %"}),
        ("region=roi&unit=GW", {"demand": "4.00 GW", "wind": "1.00 GW", "intensity": "150 g/kWh"}),
    ],
)
def test_region_and_unit_are_in_the_address(api: Api, query: str, expected: dict[str, str]) -> None:
    tiles = _tiles(api.get(f"/ui/?{query}").text)
    assert {key: _value(tiles[key]) for key in expected} == expected
    assert "All-island" in tiles["snsp"], "what is not of the region says of what it is"


def test_what_is_not_allowed_is_named_and_the_default_stands(api: Api) -> None:
    page = api.get("/ui/?region=UK&unit=kW").text
    assert "region: got &#39;UK&#39;; allowed: ALL, ROI, NI" in page
    assert "unit: got &#39;kW&#39;; allowed: MW, GW" in page
    assert _value(_tiles(page)["demand"]) == "5,000 MW"


def test_a_choice_keeps_the_rest_of_the_address(api: Api) -> None:
    page = api.get("/ui/?region=NI&range=7d&compare=year").text
    assert '<a href="?region=NI&amp;range=7d&amp;compare=year&amp;unit=GW" data-value="GW">' in page


def test_the_mixes_are_labelled_for_what_they_are(api: Api) -> None:
    page = api.get("/ui/").text
    mixes = page[page.index('data-live="mix"') : page.index('id="charts"')]
    assert "Fuel mix, energy over 24 hours to 12:00 GMT" in re.sub(r"<[^>]+>", "", mixes)
    assert "leaves out Greenlink" in mixes
    rows = re.sub(r"<[^>]+>", " ", mixes)
    assert re.search(r"Gas\s+48,000\s+MWh\s+100 %\s+2,000\s+MW on average", rows)
    assert re.search(r"Coal\s+0\s+MWh\s+0 %", rows), "zero is not absent"
    assert "Other fossil" not in rows, "absent is not zero"
    # 5000 - 1250 - 90 + 93.
    # Shares are of demand: what flows out is below zero.
    assert re.search(r"Wind\s+1,250\s+MW\s+25 %", rows)
    assert re.search(r"Net export\s+−93\s+MW\s+−2 %\s+Remainder\s+derived\s+3,753\s+MW\s+75 %", rows)


def test_the_north_south_flow_is_worked_out_and_says_so(api: Api, filled: LocalStore, start: Start) -> None:
    readings = ReadingsStore(filled, feed=Feed.SIMULATED)
    slot = "2026-02-10T12:00:00Z"
    fill(readings, "interconnection", "ROI", [(slot, "INTER_NET_ROI", 100)])
    fill(readings, "system_generation", "ROI", [("2026-02-10T12:00:00Z", "GEN_EXP", 3700)], now="2026-02-10T12:06:00Z")
    export(filled)
    page = start(filled).get("/ui/?region=ROI").text
    rows = re.sub(r"<[^>]+>", " ", page)
    assert "North-South, derived: 200 MW from Northern Ireland" in rows
    assert re.search(r"From Northern Ireland\s+derived\s+200\s+MW", rows)


def test_without_a_generation_value_the_remainder_says_what_is_in_it(filled: LocalStore, start: Start) -> None:
    readings = ReadingsStore(filled, feed=Feed.SIMULATED)
    fill(readings, "interconnection", "ROI", [(NOON, "INTER_NET_ROI", 100)])
    export(filled)
    recent = json.loads((filled.root / "summaries/recent/latest.json").read_text())
    recent["areas"]["system_generation"]["series"] = []
    filled.overwrite("summaries/recent/latest.json", json.dumps(recent).encode())
    rows = re.sub(r"<[^>]+>", " ", start(filled).get("/ui/?region=ROI").text)
    assert re.search(r"Remainder, and North-South\s+derived\s+2,810\s+MW", rows)
    assert "North-South, derived:" not in rows


def test_the_intensity_stands_beside_a_month_of_it(filled: LocalStore, start: Start) -> None:
    slots = [(at(NOON) - timedelta(minutes=15 * n)).isoformat() for n in range(1, 5)]
    values = zip(slots, (140, 150, 160, 170), strict=True)
    readings = ReadingsStore(filled, feed=Feed.SIMULATED)
    fill(readings, "co2", "ALL", [(slot, "CO2_INTENSITY", value) for slot, value in values])
    export(filled)
    # 150 of 140, 150, 150, 160, 170.
    assert "cleaner than 40 % of the last day" in _tiles(start(filled).get("/ui/").text)["intensity"]


def test_the_mixes_say_when_they_are_late_and_down(api: Api) -> None:
    def states() -> list[str]:
        page = api.get("/ui/").text
        mixes = page[page.index('data-live="mix"') : page.index('id="charts"')]
        return re.findall(r'class="state (\w+)"', mixes)

    assert states() == []
    api.at(at("2026-02-10T12:46:00Z"))
    assert states() == ["late", "late"]
    api.at(at("2026-02-10T19:00:00Z"))
    assert states() == ["down", "down"]


def test_a_demand_of_zero_gives_no_share_and_no_error(api: Api) -> None:
    zero = api.get("/api/recent").text.replace('"actual":[5003,5002,5001,5000]', '"actual":[0,0,0,0]')
    assert zero != api.get("/api/recent").text
    api.store.overwrite("summaries/recent/latest.json", zero.encode())
    api.refresh()
    page = api.get("/ui/")
    assert page.status_code == 200
    assert "no slot of the last days has wind, solar and demand" in _tiles(page.text)["share"]


def test_a_share_with_holes_is_marked_too(api: Api) -> None:
    tile = _tiles(api.get("/ui/").text)["share"]
    assert "92 of 96 slots of the last 24 hours lack wind, solar or demand" in tile


def test_the_last_day_is_there_as_a_table_too(api: Api) -> None:
    page = api.get("/ui/").text
    table = page[page.index('data-live="hours"') :]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]]
    assert len(rows) == 24
    assert rows[0] == ["12:00", "GMT", "5,000", "1,250", "90", "−93", "150", "1,250", "–", "49.98"]
    assert rows[1][2:] == ["–"] * 8


def test_times_are_irish(tmp_path: Path, start: Start) -> None:
    api = _eirgrid(tmp_path, start)
    document = api.get("/api/current").json()
    assert document["as_of"] == NOON
    summer = api.get("/api/recent").text.replace("2026-02-10T12:00:00Z", "2026-07-10T12:00:00Z")
    api.store.overwrite("summaries/recent/latest.json", summer.encode())
    api.refresh()
    api.at(at("2026-07-10T12:05:00Z"))
    assert ">13:00 IST</time>" in api.get("/ui/").text
    assert ">12:00 UTC</time>" in api.get("/ui/?tz=UTC").text


def test_another_day_is_named(tmp_path: Path, start: Start) -> None:
    api = _eirgrid(tmp_path, start)
    api.at(at("2026-02-11T00:05:00Z"))
    assert ">10 Feb, 12:00 GMT</time>" in api.get("/ui/").text
    api.at(at("2027-02-11T00:05:00Z"))
    assert ">10 Feb 2026, 12:00 GMT</time>" in api.get("/ui/").text


def test_a_simulated_feed_is_named_across_the_page_and_in_every_answer(api: Api) -> None:
    page = api.get("/ui/").text
    assert "<strong>Simulated data.</strong> These are not EirGrid's numbers of today." in page
    assert "(simulated data)</title>" in page
    for path in ("/api/current", "/api/wind", "/api/snapshot"):
        assert api.get(path).headers["x-data-feed"] == "simulated"
    assert api.get("/health").json()["feed"] == "simulated"
    assert all(one["feed"] == "simulated" for one in api.get("/api/current").json()["readings"])


def test_eirgrids_own_feed_needs_no_such_word(tmp_path: Path, start: Start) -> None:
    api = _eirgrid(tmp_path, start)
    assert "imulated" not in api.get("/ui/").text
    assert api.get("/api/snsp").headers["x-data-feed"] == "eirgrid"


def test_derived_values_are_marked_where_they_stand(api: Api) -> None:
    """NI's emission is withheld; that of ALL was sent."""
    withheld = _tiles(api.get("/ui/?region=NI").text)["emissions"]
    assert '<strong class="derived" title="Withheld by EirGrid' in withheld
    assert '<span class="word">derived</span>' in withheld
    assert "derived" not in _tiles(api.get("/ui/").text)["emissions"]


def test_late_and_down_stand_beside_the_number(api: Api) -> None:
    def states() -> dict[str, str]:
        tiles = _tiles(api.get("/ui/").text)
        return {key: " ".join(re.findall(r'class="state (\w+)"', tile)) for key, tile in tiles.items()}

    assert set(states().values()) == {""}
    api.at(at("2026-02-10T12:46:00Z"))
    assert states()["demand"] == "late"
    assert states()["intensity"] == "", "due an hour after its slot"
    api.at(at("2026-02-10T15:01:00Z"))
    assert (states()["demand"], states()["intensity"]) == ("down", "late")


def test_slots_without_a_value_mark_their_tile(api: Api) -> None:
    """Three quarter-hours and noon are stored; the 92 before them are not."""
    tile = _tiles(api.get("/ui/").text)["wind"]
    assert 'class="gap-mark" title="92 of 96 slots of the last 24 hours have no value.' in tile
    assert "The gap check has not looked at it yet." in tile


def test_a_number_can_be_traced(api: Api) -> None:
    tile = _tiles(api.get("/ui/").text)["wind"]
    assert "<dd>wind · ALL · WIND_ACTUAL</dd>" in tile
    assert "<dd>12:00 GMT = 2026-02-10T12:00:00Z</dd>" in tile
    (call,) = re.findall(r'href="\.\./(api/.*?)"', tile)
    (point,) = api.get(f"/{html.unescape(call)}").json()["series"][0]["points"]
    assert (point["timestamp"], point["value"]) == ("2026-02-10T12:00:00Z", 1250)


def test_without_data_the_page_says_so(empty: Api) -> None:
    page = empty.get("/ui/")
    assert page.status_code == 200
    assert "No data yet." in page.text
    assert "<article" not in page.text


@pytest.mark.parametrize("state", ["api", "empty"])
@pytest.mark.parametrize("path", ["/ui/", "/ui/?embed=wind", "/ui/completeness/", "/ui/status/", "/docs", "/redoc"])
def test_a_page_loads_nothing_from_elsewhere(path: str, state: str, request: pytest.FixtureRequest) -> None:
    api: Api = request.getfixturevalue(state)
    page = api.get(path)
    assert page.status_code == 200
    # A link to EirGrid's own page is followed by people only.
    loads = _loads(page.text.replace('href="https://www.smartgriddashboard.com/"', ""))
    assert not [one for one in loads if "//" in one]
    for one in (one for one in loads if "static" in one or "assets/" in one):
        part = api.get(urljoin(path, one))
        assert part.status_code == 200
        if one.endswith(".css"):
            assert not [inner for inner in _loads(part.text) if "//" in inner and not inner.startswith("data:")]


def test_text_from_the_store_is_escaped(api: Api) -> None:
    attack = api.get("/api/recent").text.replace('"unit":"MW"', '"unit":"<script>alert(1)</script>"')
    api.store.overwrite("summaries/recent/latest.json", attack.encode())
    api.refresh()
    page = api.get("/ui/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_every_page_and_answer_names_whose_data_they_are(api: Api) -> None:
    assert "Data: EirGrid and SONI" in api.get("/ui/").text
    assert "Not affiliated" in api.get("/ui/").text
    assert "EirGrid and SONI" in api.get("/openapi.json").json()["info"]["description"]


def test_the_guide_is_served_where_it_is_built(tmp_path: Path, filled: LocalStore, start: Start) -> None:
    guide = tmp_path / "site"
    guide.mkdir()
    (guide / "index.html").write_text("<h1>Guide</h1>", encoding="utf-8")
    (guide / "how").mkdir()
    (guide / "how" / "index.html").write_text("<h1>How</h1>", encoding="utf-8")
    served = start(filled, grid_guide=guide)
    assert served.get("/guide/").text == "<h1>Guide</h1>"
    assert served.get("/guide/how/").text == "<h1>How</h1>"
    for path in ("/guide", "/guide/how"):
        assert (served.get(path).status_code, served.get(path).headers["location"]) == (307, f"{path}/")
    for path in ("/guide/no", "/guide/../secret", "/guide/%2e%2e/index.html"):
        assert served.get(path).status_code == 404
    assert start(filled).get("/guide/").status_code == 404


def test_openapi_lists_every_data_path(api: Api) -> None:
    paths = set(api.get("/openapi.json").json()["paths"])
    assert paths == {
        "/health",
        *(
            f"/api/{name}"
            for name in ("current", "recent", "snapshot", "gaps", "status", "catalogue", "files", "files/{path}")
        ),
        *(f"/api/{area.name}" for area in AREAS),
    }


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
@pytest.mark.parametrize("path", ["/ui/", "/guide/", "/docs"])
def test_the_scripts_in_a_page_may_run_whatever_it_is_compressed_to(
    path: str, encoding: str, tmp_path: Path, filled: LocalStore, start: Start
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<script>alert(1)</script>", encoding="utf-8")
    page = start(filled, grid_guide=tmp_path / "site").get(path, accept_encoding=encoding)
    scripts = re.findall(r"<script(?![^>]*src=)[^>]*>(.*?)</script>", page.text, re.DOTALL)
    assert scripts
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/ui/", "/ui/?embed=snsp"])
def test_a_chart_draws_the_limits_of_the_catalogue(path: str, api: Api) -> None:
    page = api.get(path).text
    found = dict(re.findall(r'data-panel="(\w+)" data-bounds="(.*?)"', page))
    bounds = {name: json.loads(html.unescape(text)) for name, text in found.items()}
    expected = {"snsp": [{"value": 75.0, "since": "2022-04-01"}]}
    if path == "/ui/":
        expected["frequency"] = [{"value": value, "since": "2014-01-01"} for value in (49.8, 50.2)]
    assert bounds == expected


def test_only_a_chart_alone_may_stand_in_another_page(api: Api) -> None:
    assert "frame-ancestors *" in api.get("/ui/?embed=wind").headers["content-security-policy"]
    for path in ("/ui/", "/ui/?embedded=1", "/ui/status/?embed=wind"):
        assert "frame-ancestors 'self'" in api.get(path).headers["content-security-policy"]
    page = api.get("/ui/?embed=wind&region=NI").text
    assert re.findall(r'data-panel="(\w+)"', page) == ["wind"]
    assert "Data: EirGrid and SONI" in page
    assert "imulated data" in page


def test_a_page_that_has_not_changed_is_not_sent_again(api: Api) -> None:
    first = api.get("/ui/?region=ROI")
    assert first.headers["cache-control"] == "no-cache"
    again = api.get("/ui/?region=ROI", if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert api.get("/ui/?region=NI").headers["etag"] != first.headers["etag"]


# Completeness and status.


def _gap(first: str, last: str, state: str = "missing_upstream", **more: object) -> dict[str, object]:
    series = {"source": "eirgrid", "area": "wind", "region": "ROI", "field": "WIND_ACTUAL"}
    told = {"state": state, "first": first, "last": last, "count": 4, "reason": f"because of {first}"}
    return series | told | more


@pytest.fixture
def checked(filled: LocalStore, start: Start) -> Api:
    """An API over a store whose gaps have been looked for."""
    rows = [{"area": "wind", "region": "ROI", "field": "WIND_ACTUAL", "name": "Wind", "source": "eirgrid"}]
    gaps = [
        _gap("2026-02-08T23:00:00Z", "2026-02-09T00:15:00Z", attempts=2, next_try="2026-02-11T06:00:00Z"),
        _gap("2026-02-10T03:00:00Z", "2026-02-10T03:45:00Z", "permanent", attempts=5),
    ]
    report = {
        "schema_version": 1, "feed": "simulated", "attribution": "", "checked_at": "2026-02-10T06:00:00Z",
        "window": {"start": "2026-02-08T00:00:00Z", "end": "2026-02-11T00:00:00Z"},
        "completeness": 0.99996, "expected": 1000, "known": 999, "not_checked": {}, "series": rows, "gaps": gaps,
        "states": {"ok": "A value is stored.", "missing_upstream": "Asked, and no value."},
        "days": {
            "dates": ["2026-02-08", "2026-02-09", "2026-02-10"],
            "series": [rows[0] | {"completeness": [0.9583, 0.9999, None]}],
        },
    }  # fmt: skip
    filled.overwrite("summaries/gaps/latest.json", json.dumps(report).encode())
    export(filled)
    return start(filled)


def test_the_heat_map_never_rounds_up_to_complete(checked: Api) -> None:
    page = checked.get("/ui/completeness/").text
    assert "99.99 % of 1,000 slots have a known value." in page
    cells = re.findall(r'class="level level-(\w+)" href="(.*?)" title="(.*?)"', page)
    assert [(level, title) for level, _, title in cells] == [
        ("2", "2026-02-08: 95.8 %"),
        ("1", "2026-02-09: 99.9 %"),
        ("none", "2026-02-10: nothing was due"),
    ]
    assert "Complete: 99.9 % of the last 31 days" in checked.get("/ui/").text


def test_a_cell_opens_the_gaps_of_its_day_and_series(checked: Api) -> None:
    page = checked.get("/ui/completeness/").text
    links = [html.unescape(link) for link in re.findall(r'class="level level-\w+" href="(.*?)"', page)]
    listed = [checked.get(f"/ui/completeness/{link}").text for link in links]
    heads = [re.findall(r'<h2 id="gaps-title">(.*?)</h2>', one)[0] for one in listed]
    # The first gap goes over midnight: it is of both days.
    assert heads == [f"Gaps of wind · ROI · WIND_ACTUAL, 2026-02-{day}: 1" for day in ("08", "09", "10")]
    assert "EirGrid sent no value" in listed[0]
    assert "because of 2026-02-08T23:00:00Z" in listed[0]
    assert "11 Feb, 06:00 GMT" in listed[0], "the next try"
    assert "given up" in listed[2]
    assert "All gaps: 2" in page


def test_before_the_first_gap_check_the_page_says_so(api: Api) -> None:
    assert "The gap check has not run on this store yet." in api.get("/ui/completeness/").text


def test_the_status_page_tells_what_api_status_tells(api: Api) -> None:
    page = re.sub(r"<[^>]+>", " ", api.get("/ui/status/").text)
    for name, area in api.get("/api/status").json()["areas"].items():
        assert re.search(rf"{name.replace('_', ' ')}\s+{area['status']}\s", page), name
    assert re.search(r"wind\s+ok\s+12:00 GMT\s+5 min\s+12:45 GMT\s+no live run on record", page)


def test_a_store_that_cannot_be_read_is_no_secret(api: Api) -> None:
    shutil.move(api.store.root, api.store.root.with_name("gone"))
    api.refresh()
    page = api.get("/ui/").text
    assert "The store cannot be read. What is shown was read at 12:05 GMT." in page
    assert _value(_tiles(page)["demand"]) == "5,000 MW"
