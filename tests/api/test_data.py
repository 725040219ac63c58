"""The paths of REFERENCE.md 4 that answer with data, and how they are cached."""

import gzip
import json

import pytest

from include.domain.catalogue import AREAS, ATTRIBUTION
from include.domain.readings import Feed
from include.storage.keys import summary_key
from include.storage.readings import ReadingsStore
from tests.api.conftest import NOON, Api, export
from tests.jobs.invented import at, fill

NAMES = [area.name for area in AREAS]
SUMMARIES = [*NAMES, "current", "recent", "snapshot"]


def _stored(api: Api, name: str) -> bytes:
    found = api.store.get(summary_key(name))
    assert found is not None
    return found.data


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_is_handed_out_as_it_is_stored(name: str, api: Api) -> None:
    answer = api.get(f"/api/{name}", accept_encoding="identity")
    assert answer.status_code == 200
    assert answer.content == _stored(api, name)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-data-feed"] == "simulated"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["attribution"] == ATTRIBUTION
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("name", NAMES)
def test_an_area_has_thirty_days_in_series_of_points(name: str, api: Api) -> None:
    summary = api.get(f"/api/{name}").json()
    assert summary["area"] == name
    assert summary["series"]
    assert any(block["points"] for block in summary["series"])
    units = {one.field: one.unit for area in AREAS for one in area.series}
    assert all(block["unit"] == units[block["field"]] for block in summary["series"])


def test_current_has_the_reference_names(api: Api) -> None:
    current = api.get("/api/current").json()
    assert current["as_of"] == "2026-02-10T12:04:55Z"
    assert current["demand_mw"] == {"ALL": 5000, "ROI": 4000, "NI": 1000}
    assert current["wind_mw"] == {"ALL": 1250, "ROI": 1000, "NI": 250}
    assert current["wind_forecast_mw"] == {"ALL": 1000, "ROI": 800, "NI": 200}
    assert (current["frequency_hz"], current["snsp_pct"], current["co2_t"]) == (49.98, 61.5, 1000)
    assert current["interconnection_mw"] == {"NET": -93}
    assert current["generation_mw"] == {"gas": 2000, "coal": 0}


@pytest.mark.parametrize("name", ["wind", "current"])
def test_a_client_that_has_it_already_gets_304(name: str, api: Api) -> None:
    first = api.get(f"/api/{name}")
    etag = first.headers["etag"]
    assert etag.startswith('"'), "strong"
    for condition in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = api.get(f"/api/{name}", if_none_match=condition)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == first.headers["cache-control"]
    assert api.get(f"/api/{name}", if_none_match='"other"').status_code == 200


def test_an_etag_changes_with_the_bytes_and_only_then(api: Api) -> None:
    before = {name: api.get(f"/api/{name}").headers["etag"] for name in SUMMARIES}
    assert len(set(before.values())) == len(before)
    api.refresh()
    assert {name: api.get(f"/api/{name}").headers["etag"] for name in SUMMARIES} == before
    fill(ReadingsStore(api.store, feed=Feed.SIMULATED), "snsp", "ALL", [(NOON, "SNSP_ALL", 60)])
    export(api.store)
    api.refresh()
    after = {name: api.get(f"/api/{name}").headers["etag"] for name in SUMMARIES}
    assert {name for name in SUMMARIES if after[name] != before[name]} == {"snsp", "current", "recent", "snapshot"}


def test_a_client_that_reads_gzip_gets_it(api: Api) -> None:
    with api.client.stream("GET", "/api/snapshot", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(raw) == _stored(api, "snapshot")
    assert len(raw) < len(_stored(api, "snapshot")) / 2


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-02-10T12:05:00Z", 15),  # The live run of 12:03 is at work.
        ("2026-02-10T12:07:00Z", 11 * 60),
        ("2026-02-10T12:17:30Z", 30),
        ("2026-02-10T12:17:59Z", 15),
        ("2026-10-25T00:59:00Z", 4 * 60),
    ],
)
def test_answers_may_be_kept_until_the_next_live_run(now: str, seconds: int, api: Api) -> None:
    api.at(at(now))
    cached = api.get("/api/wind").headers["cache-control"]
    assert cached == f"public, max-age={seconds}, stale-while-revalidate=60, stale-if-error=86400"


@pytest.mark.parametrize("name", SUMMARIES)
def test_before_the_first_export_there_is_no_data_yet(name: str, empty: Api) -> None:
    answer = empty.get(f"/api/{name}")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert (problem["status"], problem["title"]) == (503, "No data yet")
    assert problem["detail"].startswith(f"{name}: nothing has been exported")


@pytest.mark.parametrize("state", ["api", "empty"])
def test_an_unknown_area_is_named_with_those_there_are(state: str, request: pytest.FixtureRequest) -> None:
    api: Api = request.getfixturevalue(state)
    answer = api.get("/api/tidal")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["areas"] == NAMES
    assert answer.json()["detail"] == f"area: got 'tidal'; allowed: {', '.join(NAMES)}"


def test_an_area_that_another_source_brought_is_served(api: Api) -> None:
    """Whatever lies beside EirGrid's summaries; no other file is taken for one."""
    body = b'{"feed":"simulated","area":"rooftop_solar"}'
    api.store.overwrite(summary_key("rooftop_solar"), body)
    api.store.overwrite("summaries/notes.txt", b"a note")
    api.refresh()
    assert api.get("/api/rooftop_solar").content == body
    ranged = api.get("/api/rooftop_solar?start=2026-02-01")
    assert (ranged.status_code, "last thirty days" in ranged.json()["detail"]) == (422, True)
    assert api.get("/api/tidal").json()["areas"] == [*NAMES, "rooftop_solar"]


@pytest.mark.parametrize(
    ("path", "verb", "status"), [("/nothing", "GET", 404), ("/api/wind/x", "GET", 404), ("/api/wind", "DELETE", 405)]
)
def test_other_errors_are_problem_documents_too(path: str, verb: str, status: int, api: Api) -> None:
    answer = api.client.request(verb, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_gaps_before_a_gap_check_are_unknown_and_not_none(api: Api, empty: Api) -> None:
    gaps = api.get("/api/gaps")
    assert gaps.status_code == 200
    assert (gaps.json()["checked_at"], gaps.json()["feed"]) == (None, "simulated")
    assert "has not run" in gaps.json()["note"]
    assert empty.get("/api/gaps").json()["checked_at"] is None


def test_gaps_are_those_that_were_found(api: Api) -> None:
    found = json.dumps({"feed": "simulated", "checked_at": "2026-02-10T06:00:00Z", "gaps": [{"area": "wind"}]}).encode()
    api.store.overwrite(summary_key("gaps"), found)
    api.refresh()
    assert api.get("/api/gaps").content == found
