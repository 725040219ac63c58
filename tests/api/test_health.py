"""`/health`: the truth, per area. Every summary's newest measured reading is at noon but where said."""

import json
from datetime import timedelta

import pytest

from include.domain.catalogue import AREAS, ATTRIBUTION
from include.domain.catalogue import area as area_named
from include.domain.readings import Feed
from include.storage.keys import summary_key
from include.storage.readings import ReadingsStore
from tests.api.conftest import NOON, Api, export
from tests.jobs.invented import NOW, at, fill


def test_all_is_well_while_nothing_newer_is_due(api: Api) -> None:
    health = api.get("/health").json()
    assert {name: area["status"] for name, area in health.pop("areas").items()} == {area.name: "ok" for area in AREAS}
    assert health == {
        "schema_version": 1,
        "attribution": ATTRIBUTION,
        "status": "ok",
        "feed": "simulated",
        "cached_at": "2026-02-10T12:05:00+00:00",
        "areas_loaded": 9,
        "store": "ok",
    }


def test_an_area_tells_its_newest_reading_and_when_the_next_is_expected(api: Api) -> None:
    """One cadence, the publication lag and one cycle after noon."""
    demand = api.get("/health").json()["areas"]["demand"]
    assert demand == {"status": "ok", "newest": NOON, "expected_by": "2026-02-10T12:45:00Z"}


@pytest.mark.parametrize(
    ("area", "after", "status"),
    [
        ("demand", timedelta(minutes=45), "ok"),
        ("demand", timedelta(minutes=45, seconds=1), "late"),
        ("demand", timedelta(hours=3), "late"),
        ("demand", timedelta(hours=3, seconds=1), "down"),
        ("co2", timedelta(hours=1), "ok"),
        ("co2", timedelta(hours=1, seconds=1), "late"),
        ("co2", timedelta(hours=6), "late"),
        ("co2", timedelta(hours=6, seconds=1), "down"),
    ],
)
def test_late_and_down_by_the_areas_own_thresholds(area: str, after: timedelta, status: str, api: Api) -> None:
    api.at(at(NOON) + after)
    assert api.get("/health").json()["areas"][area]["status"] == status


@pytest.mark.parametrize(("hours", "status"), [(0, "ok"), (1, "late"), (5, "down")])
def test_the_worst_area_decides(hours: int, status: str, api: Api) -> None:
    api.at(at(NOON) + timedelta(hours=hours, minutes=1))
    assert api.get("/health").json()["status"] == status


def test_a_forecast_does_not_make_a_dead_area_fresh(api: Api) -> None:
    later = [(f"2026-02-10T{hour}:00:00Z", "WIND_FCAST", 900.0) for hour in (13, 14, 15, 16)]
    fill(ReadingsStore(api.store, feed=Feed.SIMULATED), "wind", "ALL", later)
    export(api.store)
    api.refresh()
    api.at(at("2026-02-10T16:00:00Z"))
    wind = api.get("/health").json()["areas"]["wind"]
    assert (wind["status"], wind["newest"]) == ("down", NOON)


def test_a_summarys_forecast_is_no_measured_reading(api: Api) -> None:
    found = api.store.get(summary_key("wind"))
    assert found is not None
    summary = json.loads(found.data)
    for one in summary["readings"]:
        if one["role"] == "forecast":
            one |= {"timestamp": "2026-02-10T16:00:00Z", "stale_after": "2026-02-10T16:45:00Z"}
    api.store.overwrite(summary_key("wind"), json.dumps(summary).encode())
    api.refresh()
    assert api.get("/health").json()["areas"]["wind"]["newest"] == NOON


def test_without_data_every_area_is_down(empty: Api) -> None:
    health = empty.get("/health").json()
    assert (health["status"], health["areas_loaded"], health["feed"]) == ("down", 0, None)
    assert all(area == {"status": "down", "newest": None, "expected_by": None} for area in health["areas"].values())
    assert len(health["areas"]) == len(AREAS)


def test_frequency_is_judged_by_its_five_second_readings(api: Api) -> None:
    frequency = api.get("/health").json()["areas"]["frequency"]
    series = area_named("frequency").series[0]
    assert frequency["newest"] == "2026-02-10T12:04:55Z"
    assert at(frequency["expected_by"]) - at(frequency["newest"]) == series.cadence + series.lag + timedelta(minutes=15)


@pytest.mark.parametrize(("hours", "status"), [(1, "ok"), (3, "late"), (49, "down")])
def test_another_sources_area_is_judged_by_what_its_summary_says(hours: int, status: str, api: Api) -> None:
    slot = at(NOW) - timedelta(hours=hours)
    reading = {
        "role": "value", "timestamp": slot.isoformat(), "stale_after": (slot + timedelta(hours=2)).isoformat(),
    }  # fmt: skip
    document = {"feed": "simulated", "area": "rooftop_solar", "alert_after_s": 48 * 3600, "readings": [reading]}
    api.store.overwrite(summary_key("rooftop_solar"), json.dumps(document).encode())
    api.refresh()
    assert api.get("/health").json()["areas"]["rooftop_solar"]["status"] == status
