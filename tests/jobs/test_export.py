"""Summaries against the readings they are made from: the same numbers, each with its own time."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from include.domain.catalogue import AREAS
from include.domain.readings import Feed
from include.jobs.export import NOT_CHECKED, Export
from include.jobs.summary import SUMMED_NOTE, WITHHELD_NOTE, as_json, head_of
from include.sources.registry import source
from include.storage.keys import summary_key
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.columns import as_points
from tests.jobs.invented import NOW, Reading, at, fill

Json = dict[str, Any]
GOLDEN: Final = Path(__file__).parent / "golden" / "current_shape.json"
NOON: Final = "2026-02-10T12:00:00Z"


def _export(store: LocalStore, *, now: str = NOW) -> Export:
    return Export(store=store, feed=Feed.SIMULATED, entries=(source("eirgrid"),), now=at(now))


def _document(store: LocalStore, name: str) -> Json:
    found = store.get(summary_key(name))
    assert found is not None
    document: Json = json.loads(found.data)
    return document


def _summary(store: LocalStore, area: str, *, now: str = NOW) -> Json:
    assert _export(store, now=now).area("eirgrid", area)
    return _document(store, area)


def _block(summary: Json, region: str, field: str) -> Json:
    (found,) = [one for one in summary["series"] if (one["region"], one["field"]) == (region, field)]
    block: Json = found
    return block


def _points(summary: Json, region: str, field: str) -> list[Json]:
    points: list[Json] = _block(summary, region, field)["points"]
    return points


def _reading(summary: Json, region: str, field: str) -> Json:
    (found,) = [one for one in summary["readings"] if (one["region"], one["field"]) == (region, field)]
    reading: Json = found
    return reading


def test_the_version_of_what_a_summary_is_made_of_changes_with_its_readings_only(
    readings: ReadingsStore, store: LocalStore
) -> None:
    fill(readings, "snsp", "ALL", [(NOON, "SNSP_ALL", 40)])
    before = {name: _export(store).version("eirgrid", name) for name in ("snsp", "wind")}
    fill(readings, "snsp", "ALL", [(NOON, "SNSP_ALL", 40)])
    assert _export(store).version("eirgrid", "snsp") == before["snsp"]
    fill(readings, "snsp", "ALL", [("2026-02-10T12:15:00Z", "SNSP_ALL", 41)])
    assert _export(store).version("eirgrid", "snsp") != before["snsp"]
    assert _export(store).version("eirgrid", "wind") == before["wind"]


def test_the_numbers_are_the_stored_ones(readings: ReadingsStore, store: LocalStore) -> None:
    fill(readings, "snsp", "ALL", [("2026-02-10T11:00:00Z", "SNSP_ALL", 41.2187), (NOON, "SNSP_ALL", 0)])
    summary = _summary(store, "snsp")
    assert _points(summary, "ALL", "SNSP_ALL") == [
        {"timestamp": "2026-02-10T11:00:00Z", "value": 41.2187},
        {"timestamp": NOON, "value": 0},
    ]
    assert _reading(summary, "ALL", "SNSP_ALL") == {
        "area": "snsp",
        "region": "ALL",
        "field": "SNSP_ALL",
        "name": "System non-synchronous penetration",
        "role": "value",
        "value": 0,
        "unit": "%",
        "timestamp": NOON,
        "fetched_at": "2026-02-10T12:05:00Z",
        "stale_after": "2026-02-10T13:15:00Z",
        "derived": False,
        "feed": "simulated",
    }
    assert (summary["area"], summary["feed"], summary["as_of"]) == ("snsp", "simulated", NOON)


def test_null_absent_and_zero_differ(readings: ReadingsStore, store: LocalStore) -> None:
    rows: list[Reading] = [
        ("2026-02-10T11:00:00Z", "WIND_ACTUAL", None),
        ("2026-02-10T11:15:00Z", "WIND_ACTUAL", 0),
        ("2026-02-10T11:15:00Z", "WIND_FCAST", None),
        ("2026-02-10T11:30:00Z", "WIND_FCAST", 40),
    ]
    fill(readings, "wind", "NI", rows)
    assert _points(_summary(store, "wind"), "NI", "WIND_ACTUAL") == [
        {"timestamp": "2026-02-10T11:00:00Z", "actual": None},
        {"timestamp": "2026-02-10T11:15:00Z", "actual": 0, "forecast": None},
        {"timestamp": "2026-02-10T11:30:00Z", "forecast": 40},
    ]


def test_the_forecast_beside_an_actual_is_for_the_same_slot(readings: ReadingsStore, store: LocalStore) -> None:
    rows: list[Reading] = [
        ("2026-02-10T11:30:00Z", "WIND_ACTUAL", 900),
        ("2026-02-10T11:30:00Z", "WIND_FCAST", 950),
        ("2026-02-10T11:45:00Z", "WIND_ACTUAL", None),
        ("2026-02-10T11:45:00Z", "WIND_FCAST", 960),
        ("2026-02-11T11:45:00Z", "WIND_FCAST", 2000),
    ]
    fill(readings, "wind", "ROI", rows)
    summary = _summary(store, "wind")
    actual, forecast = _reading(summary, "ROI", "WIND_ACTUAL"), _reading(summary, "ROI", "WIND_FCAST")
    assert (actual["timestamp"], actual["value"]) == ("2026-02-10T11:30:00Z", 900)
    assert (forecast["timestamp"], forecast["value"]) == ("2026-02-10T11:30:00Z", 950)
    assert summary["as_of"] == "2026-02-10T11:30:00Z"
    assert _points(summary, "ROI", "WIND_ACTUAL")[-1] == {"timestamp": "2026-02-11T11:45:00Z", "forecast": 2000}


def test_no_forecast_for_the_actuals_slot_means_none_beside_it(readings: ReadingsStore, store: LocalStore) -> None:
    rows: list[Reading] = [
        ("2026-02-10T11:45:00Z", "SYSTEM_DEMAND", 4000),
        ("2026-02-10T11:30:00Z", "DEMAND_FORECAST_VALUE", 4050),
        ("2026-02-10T12:30:00Z", "DEMAND_FORECAST_VALUE", 4100),
    ]
    fill(readings, "demand", "ROI", rows)
    assert [one["field"] for one in _summary(store, "demand")["readings"]] == ["SYSTEM_DEMAND"]


def test_a_slot_to_come_is_never_the_newest(readings: ReadingsStore, store: LocalStore) -> None:
    fill(readings, "snsp", "ALL", [(NOON, "SNSP_ALL", 50), ("2026-02-10T12:30:00Z", "SNSP_ALL", 51)])
    assert _reading(_summary(store, "snsp"), "ALL", "SNSP_ALL")["value"] == 50


def test_a_summary_holds_thirty_irish_days_and_tomorrow(readings: ReadingsStore, store: LocalStore) -> None:
    stamps = ["2026-01-11T23:30:00Z", "2026-01-12T00:00:00Z", "2026-02-11T23:30:00Z", "2026-02-12T00:00:00Z"]
    fill(readings, "wind", "ALL", [(one, "WIND_FCAST", 1) for one in stamps])
    summary = _summary(store, "wind")
    assert summary["window"] == {"start": "2026-01-12T00:00:00Z", "end": "2026-02-12T00:00:00Z"}
    assert [one["timestamp"] for one in _points(summary, "ALL", "WIND_ACTUAL")] == stamps[1:3]


def test_the_window_is_of_irish_days_in_summer(readings: ReadingsStore, store: LocalStore) -> None:
    window = _summary(store, "wind", now="2026-07-09T23:00:00Z")["window"]
    assert window == {"start": "2026-06-10T23:00:00Z", "end": "2026-07-11T23:00:00Z"}


# CO2: what EirGrid withholds.


def _co2(
    readings: ReadingsStore,
    slot: str,
    region: str,
    *,
    emission: float | None,
    intensity: float | None,
    demand: float | None,
) -> None:
    fill(readings, "co2", region, [(slot, "CO2_EMISSIONS", emission), (slot, "CO2_INTENSITY", intensity)], now=slot)
    if demand is not None:
        later = (at(slot) + timedelta(minutes=1)).isoformat()
        fill(readings, "demand", region, [(slot, "SYSTEM_DEMAND", demand)], now=later)


def test_a_withheld_emission_is_derived_and_marked(readings: ReadingsStore, store: LocalStore) -> None:
    """200 g/kWh x 2000 MW = 400 t/h, below the 450 that EirGrid sends for ROI."""
    _co2(readings, NOON, "ROI", emission=None, intensity=200, demand=2000)
    summary = _summary(store, "co2")
    assert _points(summary, "ROI", "CO2_EMISSIONS") == [
        {"timestamp": NOON, "value": 400, "derived": True, "withheld": True}
    ]
    assert _points(summary, "ROI", "CO2_INTENSITY") == [{"timestamp": NOON, "value": 200}]
    reading = _reading(summary, "ROI", "CO2_EMISSIONS")
    assert (reading["value"], reading["derived"], reading["note"]) == (400, True, WITHHELD_NOTE)
    assert reading["fetched_at"] == "2026-02-10T12:01:00Z", "the later of its two factors"
    intensity = _reading(summary, "ROI", "CO2_INTENSITY")
    assert intensity["derived"] is False
    assert "note" not in intensity


@pytest.mark.parametrize(
    ("region", "intensity", "demand", "derived"),
    [
        # threshold + 0.0005 x demand + 0.5: the last case of each pair lies on or above it.
        ("ALL", 130, 5019, 652.5),
        ("ALL", 130, 5024, None),
        ("ROI", 150, 3008, 451.2),
        ("ROI", 150, 3014, None),
        ("NI", 250, 803, 200.8),
        ("NI", 250, 804, None),
    ],
)
def test_only_what_lies_below_the_regions_threshold_and_margin_is_withheld(
    region: str, intensity: float, demand: float, derived: float | None, readings: ReadingsStore, store: LocalStore
) -> None:
    _co2(readings, NOON, region, emission=None, intensity=intensity, demand=demand)
    (point,) = _points(_summary(store, "co2"), region, "CO2_EMISSIONS")
    assert point["value"] == derived
    assert point.get("derived", False) is (derived is not None)


@pytest.mark.parametrize(
    ("emission", "intensity", "demand"),
    [(320, 200, 2000), (0, 200, 2000), (None, None, 2000), (None, 200, None)],
    ids=["sent", "sent as zero", "no intensity", "no demand"],
)
def test_what_was_sent_or_cannot_be_derived_stays_as_it_is(
    emission: float | None,
    intensity: float | None,
    demand: float | None,
    readings: ReadingsStore,
    store: LocalStore,
) -> None:
    _co2(readings, NOON, "ROI", emission=emission, intensity=intensity, demand=demand)
    points = _points(_summary(store, "co2"), "ROI", "CO2_EMISSIONS")
    assert points == [{"timestamp": NOON, "value": emission}]


@pytest.mark.parametrize(("slot", "derived"), [("2022-05-17T22:45:00Z", False), ("2022-05-17T23:00:00Z", True)])
def test_emissions_are_derived_from_18_may_2022_irish_time(
    slot: str, derived: bool, readings: ReadingsStore, store: LocalStore
) -> None:
    _co2(readings, slot, "ROI", emission=None, intensity=200, demand=2000)
    (point,) = _points(_summary(store, "co2", now="2022-05-18T12:00:00Z"), "ROI", "CO2_EMISSIONS")
    assert (point["value"] is not None) is derived


def test_regions_are_not_mixed_up_when_emissions_are_derived(readings: ReadingsStore, store: LocalStore) -> None:
    _co2(readings, NOON, "ROI", emission=None, intensity=200, demand=2000)
    _co2(readings, NOON, "NI", emission=None, intensity=150, demand=600)
    summary = _summary(store, "co2")
    assert _points(summary, "ROI", "CO2_EMISSIONS")[0]["value"] == 400
    assert _points(summary, "NI", "CO2_EMISSIONS")[0]["value"] == 90


# Demand: all-island is fetched; the sum is a marked fallback.


def _demand(readings: ReadingsStore, region: str, value: float | None) -> None:
    fill(readings, "demand", region, [(NOON, "SYSTEM_DEMAND", value)])


@pytest.mark.parametrize("island", ["absent", "null"])
def test_all_island_demand_falls_back_to_the_sum_and_says_so(
    island: str, readings: ReadingsStore, store: LocalStore
) -> None:
    _demand(readings, "ROI", 4000)
    _demand(readings, "NI", 900)
    if island == "null":
        _demand(readings, "ALL", None)
    summary = _summary(store, "demand")
    assert _points(summary, "ALL", "SYSTEM_DEMAND") == [{"timestamp": NOON, "actual": 4900, "derived": True}]
    assert _points(summary, "ROI", "SYSTEM_DEMAND") == [{"timestamp": NOON, "actual": 4000}]
    reading = _reading(summary, "ALL", "SYSTEM_DEMAND")
    assert (reading["derived"], reading["note"]) == (True, SUMMED_NOTE)


def test_all_island_demand_that_was_sent_is_not_summed(readings: ReadingsStore, store: LocalStore) -> None:
    for region, value in (("ROI", 4000), ("NI", 900), ("ALL", 4901)):
        _demand(readings, region, value)
    assert _points(_summary(store, "demand"), "ALL", "SYSTEM_DEMAND") == [{"timestamp": NOON, "actual": 4901}]


def test_one_part_is_no_sum(readings: ReadingsStore, store: LocalStore) -> None:
    _demand(readings, "ROI", 4000)
    _demand(readings, "NI", None)
    _demand(readings, "ALL", None)
    assert _points(_summary(store, "demand"), "ALL", "SYSTEM_DEMAND") == [{"timestamp": NOON, "actual": None}]


# Frequency and fuel mix.


def test_frequency_is_minimum_mean_and_maximum_of_each_quarter_hour(readings: ReadingsStore, store: LocalStore) -> None:
    rows: list[Reading] = [
        ("2026-02-10T11:44:55Z", "SYS_FREQUENCY", 49.9),
        ("2026-02-10T11:45:00Z", "SYS_FREQUENCY", 50.0),
        ("2026-02-10T11:45:05Z", "SYS_FREQUENCY", 50.06),
        ("2026-02-10T11:45:10Z", "SYS_FREQUENCY", None),
        ("2026-02-10T11:59:55Z", "SYS_FREQUENCY", 49.97),
        ("2026-02-10T12:00:00Z", "SYS_FREQUENCY", None),
    ]
    fill(readings, "frequency", "ROI", rows)
    summary = _summary(store, "frequency")
    assert _points(summary, "ROI", "SYS_FREQUENCY") == [
        {"timestamp": "2026-02-10T11:30:00Z", "max": 49.9, "min": 49.9, "readings": 1, "value": 49.9},
        {"timestamp": "2026-02-10T11:45:00Z", "max": 50.06, "min": 49.97, "readings": 3, "value": 50.01},
        {"timestamp": "2026-02-10T12:00:00Z", "max": None, "min": None, "readings": 0, "value": None},
    ]
    newest = _reading(summary, "ROI", "SYS_FREQUENCY")
    assert (newest["timestamp"], newest["value"]) == ("2026-02-10T11:59:55Z", 49.97), "a value, not a mean"


def test_frequency_of_days_ago_is_still_the_newest(readings: ReadingsStore, store: LocalStore) -> None:
    fill(readings, "frequency", "ROI", [("2026-02-05T11:45:00Z", "SYS_FREQUENCY", 50.03)])
    assert _reading(_summary(store, "frequency"), "ROI", "SYS_FREQUENCY")["timestamp"] == "2026-02-05T11:45:00Z"


def test_the_fuel_mix_is_one_snapshot(readings: ReadingsStore, store: LocalStore) -> None:
    """A fuel that the last snapshot leaves out is absent, not what it was a day ago."""
    rows: list[Reading] = [
        ("2026-02-09T12:00:00Z", "FUEL_GAS", 40_000),
        ("2026-02-09T12:00:00Z", "FUEL_OTHER_FOSSIL", 2400),
        (NOON, "FUEL_GAS", 41_000),
        (NOON, "FUEL_COAL", 0),
    ]
    fill(readings, "generation", "NI", rows)
    newest = {one["field"]: one["value"] for one in _summary(store, "generation")["readings"]}
    assert newest == {"FUEL_GAS": 41_000, "FUEL_COAL": 0}


# Writing.


def test_an_unchanged_summary_is_not_written_again(readings: ReadingsStore, store: LocalStore) -> None:
    fill(readings, "snsp", "ALL", [(NOON, "SNSP_ALL", 50)])
    first, later = _export(store), _export(store, now="2026-02-10T12:29:59Z")
    assert first.area("eirgrid", "snsp")
    assert first.current()
    assert first.snapshot()
    names = ("snsp", "current", "recent", "snapshot")
    before = {name: (store.root / summary_key(name)).stat().st_mtime_ns for name in names}
    assert not later.area("eirgrid", "snsp")
    assert not later.current()
    assert not later.snapshot()
    assert {name: (store.root / summary_key(name)).stat().st_mtime_ns for name in names} == before
    fill(readings, "snsp", "ALL", [("2026-02-10T12:30:00Z", "SNSP_ALL", 51)])
    assert _export(store, now="2026-02-10T12:30:00Z").area("eirgrid", "snsp")


@pytest.mark.parametrize("area", [area.name for area in AREAS])
def test_an_empty_store_gives_an_empty_summary(area: str, store: LocalStore) -> None:
    summary = _summary(store, area)
    assert (summary["as_of"], summary["readings"]) == (None, [])
    assert all(block["points"] == [] for block in summary["series"])


# Current and snapshot.


@pytest.fixture
def everything(readings: ReadingsStore, store: LocalStore) -> LocalStore:
    """One or two readings of every series, all areas exported."""
    for region, base in (("ALL", 3000), ("ROI", 2000), ("NI", 1000)):
        pairs = [("wind", "WIND_ACTUAL", "WIND_FCAST"), ("solar", "SOLAR_ACTUAL", "SOLAR_FCAST")]
        for area, actual, forecast in [*pairs, ("demand", "SYSTEM_DEMAND", "DEMAND_FORECAST_VALUE")]:
            fill(readings, area, region, [(NOON, actual, base + len(area)), (NOON, forecast, base + 50)])
        fill(readings, "co2", region, [(NOON, "CO2_INTENSITY", 250), (NOON, "CO2_EMISSIONS", base / 2)])
        fill(readings, "generation", region, [(NOON, "FUEL_GAS", base * 24), (NOON, "FUEL_NET_IMPORT", -2400)])
        fill(readings, "system_generation", region, [(NOON, "GEN_EXP", base)])
    flows = {"INTER_EWIC": -212, "INTER_GRNLK": 305, "INTER_MOYLE": 0, "INTER_NET": 93}
    fill(readings, "interconnection", "ALL", [(NOON, field, value) for field, value in flows.items()])
    fill(readings, "snsp", "ALL", [("2026-02-10T11:30:00Z", "SNSP_ALL", 61.5)])
    fill(readings, "frequency", "ROI", [("2026-02-10T12:04:55Z", "SYS_FREQUENCY", 49.98)])
    export = _export(store)
    for one in AREAS:
        export.area("eirgrid", one.name)
    export.current()
    export.snapshot()
    return store


def test_current_has_the_newest_value_of_every_metric_under_its_old_name(everything: LocalStore) -> None:
    current = _document(everything, "current")
    assert {name: current[name] for name in current if name not in {"readings", "regions", "attribution"}} == {
        "schema_version": 1,
        "feed": "simulated",
        "as_of": "2026-02-10T12:04:55Z",
        "wind_mw": {"ALL": 3004, "ROI": 2004, "NI": 1004},
        "wind_forecast_mw": {"ALL": 3050, "ROI": 2050, "NI": 1050},
        "solar_mw": {"ALL": 3005, "ROI": 2005, "NI": 1005},
        "solar_forecast_mw": {"ALL": 3050, "ROI": 2050, "NI": 1050},
        "demand_mw": {"ALL": 3006, "ROI": 2006, "NI": 1006},
        "demand_forecast_mw": {"ALL": 3050, "ROI": 2050, "NI": 1050},
        "frequency_hz": 49.98,
        "snsp_pct": 61.5,
        "co2_t": 1000,
        "interconnection_mw": {"EWIC": -212, "GRNLK": 305, "MOYLE": 0, "NET": 93},
        "generation_mw": {"gas": 2000, "net_import": -100},
        "generation_mwh_24h": {"gas": 48000, "net_import": -2400},
    }


def test_every_reading_of_current_carries_its_own_time_and_unit(everything: LocalStore) -> None:
    readings = _document(everything, "current")["readings"]
    assert len({(one["area"], one["region"], one["field"]) for one in readings}) == len(readings) == 39
    for one in readings:
        slot, stale = datetime.fromisoformat(one["timestamp"]), datetime.fromisoformat(one["stale_after"])
        assert slot < stale
        assert slot <= at(NOW)
        assert one["unit"]
        assert one["feed"] == "simulated"


def _shape(value: object) -> object:
    """Keys and types; a list is the shapes of its items, each once."""
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items()}
    if isinstance(value, list):
        shapes = {json.dumps(_shape(item), sort_keys=True) for item in value}
        return [json.loads(one) for one in sorted(shapes)]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def test_the_shape_of_current_is_the_one_on_file(everything: LocalStore) -> None:
    """Programs read this file: a changed name or type is a breaking change."""
    assert _shape(_document(everything, "current")) == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_current_before_any_reading_has_every_name(store: LocalStore) -> None:
    _export(store).current()
    current = _document(store, "current")
    assert current.keys() == json.loads(GOLDEN.read_text(encoding="utf-8")).keys()
    assert (current["as_of"], current["frequency_hz"], current["wind_mw"]) == (None, None, {})


def test_the_snapshot_is_current_and_every_area_and_the_gaps(everything: LocalStore) -> None:
    snapshot = _document(everything, "snapshot")
    assert snapshot["current"] == _document(everything, "current")
    areas = {name: as_points(summary) for name, summary in snapshot["areas"].items()}
    assert areas == {area.name: _document(everything, area.name) for area in AREAS}
    assert snapshot["gaps"] == NOT_CHECKED
    assert snapshot["gaps"]["checked_at"] is None, "not checked is not the same as no gaps"


def test_the_snapshot_takes_the_gaps_that_were_found(store: LocalStore) -> None:
    store.overwrite(summary_key("gaps"), b'{"checked_at": "2026-02-10T06:00:00Z", "gaps": []}')
    _export(store).snapshot()
    assert _document(store, "snapshot")["gaps"] == {"checked_at": "2026-02-10T06:00:00Z", "gaps": []}


def test_recent_is_the_snapshot_of_the_last_three_days(readings: ReadingsStore, store: LocalStore) -> None:
    """8 February to tomorrow, 11 February, in Irish days; of the gaps those that reach into them."""
    days = ("2026-02-07T23:45:00Z", "2026-02-08T00:00:00Z", NOON)
    fill(readings, "wind", "ALL", [(day, "WIND_ACTUAL", 100 + n) for n, day in enumerate(days)])
    gaps = [{"last": "2026-02-07T23:30:00Z"}, {"last": "2026-02-08T00:00:00Z"}]
    report = {"checked_at": "2026-02-10T06:00:00Z", "completeness": 0.9, "gaps": gaps, "series": [1], "days": {}}
    store.overwrite(summary_key("gaps"), json.dumps(report).encode())
    _summary(store, "wind")
    _export(store).snapshot()
    recent = _document(store, "recent")
    wind = recent["areas"]["wind"]
    assert wind["window"] == {"start": "2026-02-08T00:00:00Z", "end": "2026-02-12T00:00:00Z"}
    points = as_points(wind)["series"][0]["points"]
    assert [(point["timestamp"], point["actual"]) for point in points] == [(days[1], 101), (days[2], 102)]
    assert recent["gaps"] == {"checked_at": "2026-02-10T06:00:00Z", "completeness": 0.9, "gaps": gaps[1:]}
    assert recent["current"] == _document(store, "snapshot")["current"]


def test_recent_starts_at_an_irish_midnight_in_summer(store: LocalStore) -> None:
    _summary(store, "wind", now="2026-07-10T00:30:00+01:00")
    _export(store, now="2026-07-10T00:30:00+01:00").snapshot()
    assert _document(store, "recent")["areas"]["wind"]["window"] == {
        "start": "2026-07-07T23:00:00Z",
        "end": "2026-07-11T23:00:00Z",
    }


@pytest.mark.parametrize("area", ["wind", "generation"])
def test_the_head_of_a_summary_is_all_but_its_series(area: str, everything: LocalStore) -> None:
    """Also where a word of it looks like the key of the series."""
    summary = _document(everything, area) | {"title": 'a title,"series":[ that is none'}
    without = {name: part for name, part in summary.items() if name != "series"}
    assert head_of(as_json(summary)) == head_of(as_json(without)) == without


def test_a_derived_value_is_marked_in_current(readings: ReadingsStore, store: LocalStore) -> None:
    _co2(readings, NOON, "ROI", emission=None, intensity=200, demand=2000)
    export = _export(store)
    export.area("eirgrid", "co2")
    export.current()
    current = _document(store, "current")
    assert current["co2_t"] == 400
    (emission,) = [one for one in current["readings"] if one["field"] == "CO2_EMISSIONS"]
    assert emission["derived"] is True
    assert emission["note"] == WITHHELD_NOTE
