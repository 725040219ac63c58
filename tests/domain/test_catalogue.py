"""The catalogue is complete, free of contradictions, and wide enough for everything that was ever recorded."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from include.domain.catalogue import (
    ALL,
    AREAS,
    ATTRIBUTION,
    FUELS,
    HISTORY_START,
    NEVER_RECORDED,
    NI,
    QUARTER,
    ROI,
    area,
    area_names,
    series,
)
from include.domain.series import Aggregation, Area, History, Role, Series

SERIES = [one for area in AREAS for one in area.series]
EVERY_SERIES = pytest.mark.parametrize("one", SERIES, ids=lambda one: "-".join(one.key))
EVERY_AREA = pytest.mark.parametrize("one", AREAS, ids=lambda one: one.name)

SERVED_BEFORE = {
    "wind": {ROI, NI, ALL},
    "solar": {ROI, NI, ALL},
    "demand": {ROI, NI, ALL},
    "interconnection": {ALL},
    "co2": {ROI},
    "frequency": {ROI},
    "snsp": {ALL},
    "generation": {ROI},
}
"""Areas and regions of the service that this project replaces."""

UNITS = {
    "wind": {"MW"},
    "solar": {"MW"},
    "demand": {"MW"},
    "interconnection": {"MW"},
    "co2": {"gCO2/kWh", "tCO2/h"},
    "frequency": {"Hz"},
    "snsp": {"%"},
    "generation": {"MWh"},
    "system_generation": {"MW"},
}

CADENCES = {
    "SNSP_ALL": timedelta(minutes=30),
    "DEMAND_FORECAST_VALUE": timedelta(minutes=30),
    "SYS_FREQUENCY": timedelta(seconds=5),
}

UPSTREAMS = {"dashboardservice", "chart", "vargen", "interconn"}


def test_every_area_served_before_is_served_in_all_its_regions() -> None:
    for name, regions in SERVED_BEFORE.items():
        assert regions <= set(area(name).regions), name


def test_names_and_keys_are_unique() -> None:
    assert [name for name, count in Counter(area_names()).items() if count > 1] == []
    assert [key for key, count in Counter(one.key for one in SERIES).items() if count > 1] == []


@EVERY_AREA
def test_every_region_of_an_area_has_series_and_no_other_region_has(one: Area) -> None:
    assert {each.region for each in one.series} == set(one.regions)
    assert all(one.of_region(region) for region in one.regions)
    assert {each.area for each in one.series} == {one.name}


@EVERY_SERIES
def test_each_series_can_be_looked_up(one: Series) -> None:
    assert series(*one.key) is one


@pytest.mark.parametrize("key", [("wind", ROI, "NONE"), ("wind", "UK", "WIND_ACTUAL"), ("tides", ROI, "WIND_ACTUAL")])
def test_what_is_not_in_the_catalogue_is_a_key_error(key: tuple[str, str, str]) -> None:
    with pytest.raises(KeyError):
        series(*key)


@EVERY_SERIES
def test_facts_of_a_series_are_sane(one: Series) -> None:
    assert one.unit in UNITS[one.area]
    assert one.cadence == CADENCES.get(one.field, QUARTER)
    assert timedelta(0) < one.lag <= timedelta(hours=1)
    assert one.low < one.high
    assert HISTORY_START <= one.first_day <= date(2026, 1, 1)
    assert one.name.strip()


@EVERY_SERIES
def test_only_forecasts_have_slots_to_come(one: Series) -> None:
    assert one.future == (one.role is Role.FORECAST)
    if one.history is History.FUTURE_ONLY:
        assert one.future


@EVERY_SERIES
def test_energy_is_never_summed_and_power_never_taken_as_last(one: Series) -> None:
    assert (one.unit == "MWh") == (one.aggregation is Aggregation.LAST) == (one.history is History.SNAPSHOT)


@EVERY_SERIES
def test_a_limit_lies_within_the_plausible_range_and_names_its_source(one: Series) -> None:
    if one.limit is None:
        return
    bounds = [bound for bound in (one.limit.low, one.limit.high) if bound is not None]
    assert bounds
    assert all(one.plausible(bound) for bound in bounds)
    assert one.limit.source


@pytest.mark.parametrize(
    ("area_name", "region", "field", "lowest", "highest"),
    [
        ("demand", ALL, "SYSTEM_DEMAND", 2176, 7015),
        ("demand", ROI, "SYSTEM_DEMAND", 1664, 5573),
        ("demand", NI, "SYSTEM_DEMAND", 369, 1779),
        ("interconnection", ALL, "INTER_EWIC", -506, 584),
        ("interconnection", ALL, "INTER_MOYLE", -512, 494),
        ("interconnection", ALL, "INTER_GRNLK", -120, 523),
        ("wind", ALL, "WIND_ACTUAL", -59, 5000),
        ("solar", ROI, "SOLAR_ACTUAL", -2, 806),
        ("snsp", ALL, "SNSP_ALL", 0.15, 76.0),
        ("frequency", ROI, "SYS_FREQUENCY", 49.8, 50.2),
        ("generation", NI, "FUEL_NET_IMPORT", -2609, 5039),
        ("generation", ALL, "FUEL_GAS", 0, 92_000),
    ],
)
def test_recorded_extremes_are_plausible(
    area_name: str, region: str, field: str, lowest: float, highest: float
) -> None:
    one = series(area_name, region, field)
    assert one.plausible(lowest)
    assert one.plausible(highest)
    assert not one.plausible(one.low - 0.1)
    assert not one.plausible(one.high + 0.1)


@pytest.mark.parametrize(
    ("region", "fields"),
    [
        (ALL, {"INTER_EWIC", "INTER_GRNLK", "INTER_MOYLE", "INTER_NET"}),
        (ROI, {"INTER_EWIC", "INTER_GRNLK", "INTER_NET_ROI"}),
        (NI, {"INTER_MOYLE", "INTER_NET_NI"}),
    ],
)
def test_interconnectors_of_each_region(region: str, fields: set[str]) -> None:
    assert {one.field for one in area("interconnection").of_region(region)} == fields


def test_a_fuel_may_be_absent_and_nothing_else_may() -> None:
    assert {one.field for one in SERIES if one.optional} == set(FUELS)
    assert {one.field for one in area("generation").series} == set(FUELS)


def test_a_region_of_co2_has_a_threshold_below_which_emissions_are_withheld() -> None:
    withheld = {one.key: one.withholding for one in SERIES if one.withholding}
    assert set(withheld) == {("co2", region, "CO2_EMISSIONS") for region in (ALL, ROI, NI)}
    assert [one.below for one in withheld.values()] == [650, 450, 200]
    for key, one in withheld.items():
        assert series(*key).plausible(one.below)
        assert one.derivable_since == date(2022, 5, 18)


def test_only_frequency_has_a_partition_per_day() -> None:
    assert [one.name for one in AREAS if one.partitioned_by_day] == ["frequency"]


@EVERY_AREA
def test_interfaces_are_known_and_named_once(one: Area) -> None:
    for order in (route for each in one.series for route in (each.route.live, each.route.elapsed)):
        assert order
        assert set(order) <= UPSTREAMS
        assert len(set(order)) == len(order)


@EVERY_AREA
def test_the_series_of_a_region_are_asked_of_the_same_interfaces(one: Area) -> None:
    for region in one.regions:
        assert len({each.route for each in one.of_region(region)}) == 1


@EVERY_AREA
def test_nothing_hangs_on_an_interface_that_was_never_recorded(one: Area) -> None:
    for each in one.series:
        assert set(each.route.live) - NEVER_RECORDED
        assert set(each.route.elapsed) - NEVER_RECORDED


@EVERY_AREA
def test_every_region_has_an_interface_for_today_and_for_days_that_are_over(one: Area) -> None:
    today = date(2026, 11, 22)
    for region in one.regions:
        for day in (date(2026, 11, 21), today, date(2026, 11, 23)):
            asked = one.upstreams(day, today=today, region=region)
            assert asked
            # interconn answers for the whole island only.
            assert "interconn" not in asked or (one.name, region) == ("interconnection", ALL)


def test_wind_asks_vargen_first_only_for_days_that_are_over() -> None:
    wind, today = area("wind"), date(2026, 11, 22)
    assert wind.upstreams(date(2026, 11, 21), today=today, region=ROI) == ("vargen", "chart", "dashboardservice")
    assert wind.upstreams(today, today=today, region=ROI) == ("chart", "dashboardservice", "vargen")
    assert wind.upstreams(date(2026, 11, 23), today=today, region=ROI) == ("chart", "dashboardservice", "vargen")


def test_interconn_is_first_for_the_island_and_never_asked_for_a_part() -> None:
    links, today = area("interconnection"), date(2026, 11, 22)
    assert links.upstreams(today, today=today, region=ALL) == ("interconn", "dashboardservice", "chart")
    assert links.upstreams(today, today=today, region=NI) == ("dashboardservice", "chart")


def test_dashboardservice_is_not_asked_for_solar() -> None:
    solar = area("solar")
    for one in solar.series:
        assert "dashboardservice" not in {*one.route.live, *one.route.elapsed}


def test_a_slot_is_stale_when_the_next_one_had_time_to_be_published_and_fetched() -> None:
    slot = datetime.fromisoformat("2026-11-22T20:00:00Z")
    snsp = series("snsp", ALL, "SNSP_ALL")
    assert snsp.stale_after(slot, cycle=QUARTER) == datetime.fromisoformat("2026-11-22T21:15:00Z")


def test_the_attribution_names_both_operators() -> None:
    assert "EirGrid" in ATTRIBUTION
    assert "SONI" in ATTRIBUTION
