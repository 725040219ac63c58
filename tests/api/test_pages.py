"""Pages for people: what they say of the data's feed, age and making, and that they load nothing from elsewhere."""

import re
from pathlib import Path

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


def _articles(html: str) -> dict[str, str]:
    blocks = re.findall(r"<article>(.*?)</article>", html, re.DOTALL)
    return {re.findall(r"<h2>(.*?)</h2>", one)[0]: one for one in blocks}


def _eirgrid(tmp_path: Path, start: Start) -> Api:
    store = LocalStore(tmp_path / "eirgrid")
    fill(ReadingsStore(store, feed=Feed.EIRGRID), "snsp", "ALL", [(NOON, "SNSP_ALL", 61.5)])
    export(store, feed=Feed.EIRGRID)
    return start(store)


def test_the_root_leads_to_the_dashboard(api: Api) -> None:
    answer = api.get("/")
    assert answer.status_code in {302, 303, 307, 308}
    assert answer.headers["location"] == "/ui/"


def test_the_page_shows_the_newest_value_of_every_kind(api: Api) -> None:
    page = api.get("/ui/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    tiles = _articles(page.text)
    assert tiles.keys() == {
        "Demand", "Wind", "Solar", "Net import", "CO2 intensity", "CO2 emissions", "SNSP", "Frequency",
    }  # fmt: skip
    for title, value in {
        "Demand": "5,000",
        "Wind": "1,250",
        "Net import": "-93",
        "SNSP": "61.5",
        "Frequency": "49.98",
    }.items():
        assert f">{value}</strong>" in tiles[title], title
    assert '<time datetime="2026-02-10T12:00:00Z">12:00 GMT</time>' in tiles["Demand"]
    assert re.search(r"<td>Gas</td><td>48,000</td><td>2,000</td>", page.text)


def test_times_are_irish(tmp_path: Path, start: Start) -> None:
    api = _eirgrid(tmp_path, start)
    document = api.get("/api/current").json()
    assert document["as_of"] == NOON
    summer = api.get("/api/current").text.replace("2026-02-10T12:00:00Z", "2026-07-10T12:00:00Z")
    api.store.overwrite("summaries/current/latest.json", summer.encode())
    api.refresh()
    assert ">13:00 IST</time>" in api.get("/ui/").text


def test_a_simulated_feed_is_named_across_the_page_and_in_every_answer(api: Api) -> None:
    page = api.get("/ui/").text
    assert "Simulated data. These are not EirGrid's numbers of today." in page
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
    """NI's emission is withheld; those of ALL and ROI were sent."""
    tile = _articles(api.get("/ui/").text)["CO2 emissions"]
    lines = {re.findall(r'"region">(.*?)<', one)[0]: one for one in re.findall(r"<p .*?</p>", tile, re.DOTALL)}
    withheld = lines["Northern Ireland"]
    assert 'class="derived" title="Withheld by EirGrid' in withheld
    assert '<span class="word">derived</span>' in withheld
    assert ">150</strong>" in withheld
    assert "derived" not in lines["All-island"] + lines["Republic of Ireland"]


def test_late_values_are_marked_where_they_stand(api: Api) -> None:
    assert '<span class="late">' not in api.get("/ui/").text
    api.at(at("2026-02-10T12:46:00Z"))
    page = api.get("/ui/").text
    tiles = _articles(page)
    assert tiles["Demand"].count('<span class="late">late</span>') == 3
    assert '<span class="late">' not in tiles["CO2 intensity"], "due an hour after its slot"
    table = page.partition("<tbody>")[2]
    assert table.count('<span class="late">late</span>') == 6, "a fuel mix goes stale too"


def test_without_data_the_page_says_so(empty: Api) -> None:
    page = empty.get("/ui/")
    assert page.status_code == 200
    assert "No data yet." in page.text
    assert "<article>" not in page.text


@pytest.mark.parametrize("state", ["api", "empty"])
@pytest.mark.parametrize("path", ["/ui/", "/docs", "/redoc"])
def test_a_page_loads_nothing_from_elsewhere(path: str, state: str, request: pytest.FixtureRequest) -> None:
    api: Api = request.getfixturevalue(state)
    page = api.get(path)
    assert page.status_code == 200
    loads = _loads(page.text)
    assert not [one for one in loads if "//" in one]
    for one in (one for one in loads if one.startswith("/static")):
        part = api.get(one)
        assert part.status_code == 200
        if one.endswith(".css"):
            assert not [inner for inner in _loads(part.text) if "//" in inner and not inner.startswith("data:")]


def test_text_from_the_store_is_escaped(api: Api) -> None:
    attack = api.get("/api/current").text.replace('"unit":"MW"', '"unit":"<script>alert(1)</script>"')
    api.store.overwrite("summaries/current/latest.json", attack.encode())
    api.refresh()
    page = api.get("/ui/").text
    assert "<script>" not in page
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
