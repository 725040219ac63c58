"""The Parquet files, the catalogue and the status."""

import hashlib
import io
import json

import pyarrow.parquet as pq
import pytest

from include.domain.catalogue import AREAS
from include.domain.readings import Feed, Outcome
from include.jobs.cycle import record
from include.jobs.result import UnitResult
from include.storage.keys import summary_key
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.api.conftest import NOON, Api, Start, export
from tests.jobs.invented import NOW, at, fill, unit


@pytest.fixture
def bulk(start: Start, filled: LocalStore) -> Api:
    return start(filled, public_bulk=True)


def test_files_are_off_unless_a_deployment_turns_them_on(api: Api, bulk: Api) -> None:
    for path in ("/api/files", "/api/files/readings/source=eirgrid/x"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert "PUBLIC_BULK is off" in answer.json()["detail"]
    assert bulk.get("/api/files").status_code == 200


def test_every_file_can_be_had_by_its_address_and_is_what_is_listed(bulk: Api) -> None:
    listed = bulk.get("/api/files").json()["files"]
    assert {file["area"] for file in listed} == {area.name for area in AREAS}
    for file in listed:
        answer = bulk.get(file["url"])
        assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-data-feed"] == "simulated"
        assert f"simulated_{file['area']}_{file['region']}_" in answer.headers["content-disposition"]
        table = pq.read_table(io.BytesIO(answer.content))
        assert (table.num_rows, len(answer.content)) == (file["rows"], file["size"])
        assert bulk.get(file["url"], if_none_match=answer.headers["etag"]).status_code == 304


def test_the_list_can_be_narrowed(bulk: Api) -> None:
    def paths(query: str) -> set[tuple[str, str]]:
        return {(one["area"], one["region"]) for one in bulk.get(f"/api/files?{query}").json()["files"]}

    assert paths("area=wind,snsp&region=ROI,ALL") == {("wind", "ROI"), ("wind", "ALL"), ("snsp", "ALL")}
    assert paths("area=wind&start=2026-02-01&end=2026-03-01") == {("wind", "ALL"), ("wind", "ROI"), ("wind", "NI")}
    assert paths("start=2026-03-01") == set()
    assert bulk.get("/api/files?area=tidal").json()["parameter"] == "area"


def test_an_address_of_bytes_that_are_gone_says_so(bulk: Api) -> None:
    (file,) = bulk.get("/api/files?area=snsp").json()["files"]
    fill(ReadingsStore(bulk.store, feed=Feed.SIMULATED), "snsp", "ALL", [(NOON, "SNSP_ALL", 60)])
    assert bulk.get(file["url"]).status_code == 410
    unpinned = bulk.get(file["url"].partition("?")[0])
    assert unpinned.status_code == 200
    assert "immutable" not in unpinned.headers["cache-control"]
    export(bulk.store)
    bulk.refresh()
    (again,) = bulk.get("/api/files?area=snsp").json()["files"]
    assert again["url"] != file["url"]
    assert bulk.get(again["url"]).status_code == 200


@pytest.mark.parametrize(
    "key", ["_store.json", "summaries/wind/latest.json", "../secret", "..%2f..%2fetc%2fpasswd", "readings/", "%00"]
)
def test_only_what_is_listed_can_be_had(key: str, bulk: Api) -> None:
    answer = bulk.get(f"/api/files/{key}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_version_that_is_none_is_refused(bulk: Api) -> None:
    (file,) = bulk.get("/api/files?area=snsp").json()["files"]
    path = file["url"].partition("?")[0]
    for version in ("../x", "Iþ", "", "x" * 1025):
        assert bulk.get(f"{path}?version={version}").status_code == 400, version
    assert bulk.get(f"{path}?version=0123456789abcdef").status_code == 410
    assert bulk.get(f"{path}?v=1").status_code == 400


def test_the_catalogue_has_every_series(api: Api) -> None:
    catalogue = api.get("/api/catalogue").json()
    listed = {(area["area"], row["region"], row["field"]): row for area in catalogue["areas"] for row in area["series"]}
    assert set(listed) == {one.key for area in AREAS for one in area.series}
    wind = listed["wind", "ROI", "WIND_ACTUAL"]
    assert (wind["first"], wind["last"], wind["unit"]) == ("2026-02-10T11:15:00Z", NOON, "MW")


def test_the_status_tells_age_and_the_last_live_run(api: Api) -> None:
    units = [unit("wind", "ROI", "2026-02-10"), unit("snsp", "ALL", "2026-02-10")]
    done = UnitResult(label=units[0].label, area="wind", outcome=Outcome.STORED, message="")
    record(api.store, "eirgrid", units=units, results=[done], run_after=at(NOW), ended_at=at(NOW))
    api.refresh()
    api.at(at("2026-02-10T12:50:00Z"))
    status = api.get("/api/status")
    assert status.headers["cache-control"] == "no-store"
    told = status.json()
    assert told["last_cycle"] == {"eirgrid": {"run_after": NOW, "ended_at": NOW}}
    assert told["areas"]["wind"] == {
        "status": "late",
        "newest": NOON,
        "expected_by": "2026-02-10T12:45:00Z",
        "age_s": 3000,
        "last_cycle": {"stored": 1},
    }
    assert told["areas"]["snsp"]["last_cycle"] == {"lost": 1}
    assert told["areas"]["solar"]["last_cycle"] is None


def test_gaps_can_be_filtered(api: Api) -> None:
    def gap(area: str, region: str, state: str, first: str, last: str) -> dict[str, object]:
        found = {"area": area, "region": region, "state": state, "first": first, "last": last}
        return found | {"field": "F", "count": 1, "reason": "r"}

    gaps = [
        gap("wind", "ROI", "late", "2026-02-10T11:00:00Z", "2026-02-10T11:45:00Z"),
        gap("wind", "NI", "missing_upstream", "2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        gap("co2", "ROI", "withheld", "2026-02-03T00:00:00Z", "2026-02-05T00:00:00Z"),
    ]
    series = [
        {"area": "wind", "region": "NI", "expected": 100, "known": 99},
        {"area": "co2", "region": "ROI", "expected": 100, "known": 100},
    ]
    window = {"start": "2026-02-01T00:00:00Z", "end": "2026-02-11T00:00:00Z"}
    report = {"feed": "simulated", "checked_at": NOW, "gaps": gaps, "series": series, "window": window}
    api.store.overwrite(summary_key("gaps"), json.dumps(report).encode())
    api.refresh()

    def found(query: str) -> list[int]:
        return [gaps.index(one) for one in api.get(f"/api/gaps?{query}").json()["gaps"]]

    assert found("area=wind") == [0, 1]
    assert found("region=roi&state=late,withheld") == [0, 2]
    assert found("start=2026-02-05") == [0, 2]
    assert found("start=2026-02-05T00:15:00Z") == [0]
    assert found("end=2026-02-03") == [1]
    assert found("start=2026-02-04&end=2026-02-05") == [2]
    assert api.get("/api/gaps?area=wind").json()["filters"] == {"area": "wind"}
    assert api.get("/api/gaps?area=co2").json()["completeness"] == 1
    assert api.get("/api/gaps?area=wind").json()["completeness"] == 0.99
    assert api.get("/api/gaps?area=solar").json()["completeness"] is None
    assert api.get("/api/gaps?state=gone").json()["parameter"] == "state"
    for query in ("start=2025-01-01&end=2025-02-01", "start=2026-02-05&end=2026-02-04", "area=snsp&region=ROI"):
        assert api.get(f"/api/gaps?{query}").status_code == 422, query
