"""The simulated system: the same whenever asked, and consistent with itself to API.md section 6."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dev.upstream.simulated import Simulated

Slots = Callable[..., NDArray[np.int64]]
FIRST = int(datetime(2014, 1, 1, tzinfo=UTC).timestamp()) // 900
REGIONAL = (
    "SYSTEM_DEMAND", "GEN_EXP", "WIND_ACTUAL", "SOLAR_ACTUAL", "CO2_INTENSITY", "CO2_EMISSIONS",
    "WIND_FCAST", "SOLAR_FCAST", "DEMAND_FORECAST_VALUE",
)  # fmt: skip
PAIRS = [
    *((field, region) for field in REGIONAL for region in ("ROI", "NI", "ALL")),
    ("SNSP_ALL", "ALL"),
    ("INTER_NET", "ALL"),
    ("INTER_GRNLK", "ROI"),
    ("INTER_NET_NI", "NI"),
    ("SYS_FREQUENCY", "ALL"),
    ("FUEL_GAS", "ALL"),
    ("FUEL_OTHER_FOSSIL", "NI"),
]
YEARS = [("2014-01-01T00:00Z", "2014-12-31T00:00Z"), ("2022-06-01T00:00Z", "2023-03-01T00:00Z"),
         ("2026-01-01T00:00Z", "2026-11-26T00:00Z")]  # fmt: skip


@pytest.mark.parametrize(("field", "region"), PAIRS)
@given(start=st.integers(0, 450_000), length=st.integers(2, 8))
@settings(max_examples=5, deadline=None)
def test_a_value_depends_on_its_slot_alone(field: str, region: str, start: int, length: int) -> None:
    slots = (np.arange(start, start + length, dtype=np.int64) + FIRST) * 900
    whole = Simulated(7).values(field, region, slots)
    apart = [Simulated(7).values(field, region, slots[place : place + 1])[0] for place in range(length)]
    np.testing.assert_array_equal(whole, apart)


def test_value_is_one_of_values(feed: Simulated, slots: Slots) -> None:
    day = slots("2026-06-01T00:00Z", "2026-06-02T00:00Z")
    emissions = feed.values("CO2_EMISSIONS", "NI", day)
    for slot, expected in zip(day.tolist(), emissions.tolist(), strict=True):
        value = feed.value("CO2_EMISSIONS", "NI", datetime.fromtimestamp(slot, UTC))
        assert value == (None if np.isnan(expected) else expected)


def test_seeds_differ(slots: Slots) -> None:
    day = slots("2026-06-01T00:00Z", "2026-06-02T00:00Z")
    assert (Simulated(1).values("WIND_ACTUAL", "ALL", day) != Simulated(2).values("WIND_ACTUAL", "ALL", day)).all()


@pytest.mark.parametrize(("first", "last"), YEARS)
@pytest.mark.parametrize("field", ["SYSTEM_DEMAND", "GEN_EXP", "WIND_ACTUAL", "SOLAR_ACTUAL"])
def test_the_island_is_the_sum_of_its_parts(feed: Simulated, slots: Slots, field: str, first: str, last: str) -> None:
    year = slots(first, last)
    island, south, north = (feed.values(field, region, year) for region in ("ALL", "ROI", "NI"))
    assert np.nanmax(np.abs(island - south - north), initial=0) <= 1


@pytest.mark.parametrize(("first", "last"), YEARS)
def test_demand_is_generation_and_imports(feed: Simulated, slots: Slots, first: str, last: str) -> None:
    year = slots(first, last)
    demand, generation, net = (feed.values(field, "ALL", year) for field in ("SYSTEM_DEMAND", "GEN_EXP", "INTER_NET"))
    residual = demand - generation - net
    assert -120 < np.nanmean(residual) < -20
    assert 60 < np.nanstd(residual) < 150
    assert np.nanmax(np.abs(residual)) < 550


@pytest.mark.parametrize(("first", "last"), YEARS)
def test_net_is_exactly_the_sum_of_the_links(feed: Simulated, slots: Slots, first: str, last: str) -> None:
    year = slots(first, last)
    links = [feed.values(field, "ALL", year) for field in ("INTER_EWIC", "INTER_GRNLK", "INTER_MOYLE")]
    net = feed.values("INTER_NET", "ALL", year)
    there = ~np.isnan(net)
    np.testing.assert_array_equal(sum(np.nan_to_num(link[there]) for link in links), net[there])


def test_greenlink_flows_from_its_first_day(feed: Simulated, slots: Slots) -> None:
    days = slots("2025-01-28T00:00Z", "2025-02-03T00:00Z")
    island = feed.values("INTER_GRNLK", "ALL", days)
    assert np.flatnonzero(~np.isnan(island))[0] == 96
    assert np.flatnonzero(~np.isnan(feed.values("INTER_GRNLK", "ROI", days)))[0] == 4 * 96
    assert np.flatnonzero(~np.isnan(feed.values("INTER_NET_ROI", "ROI", days)))[0] == 4 * 96


@pytest.mark.parametrize("region", ["ALL", "ROI", "NI"])
@pytest.mark.parametrize(
    ("first", "last", "divisor"),
    [
        ("2021-01-01T00:00Z", "2022-05-01T00:00Z", "GEN_EXP"),
        ("2022-06-01T00:00Z", "2023-06-01T00:00Z", "SYSTEM_DEMAND"),
    ],
)
def test_intensity_is_emissions_over_energy(
    feed: Simulated, slots: Slots, region: str, first: str, last: str, divisor: str
) -> None:
    year = slots(first, last)
    emissions, intensity, energy = (
        feed.values(field, region, year) for field in ("CO2_EMISSIONS", "CO2_INTENSITY", divisor)
    )
    rounding = 0.5 + 500 / energy + 0.5 * intensity / energy
    off = np.abs(1000 * emissions / energy - intensity)
    assert np.nanmax(off - rounding) <= 1e-9


@pytest.mark.parametrize(("region", "threshold"), [("ALL", 650), ("ROI", 450), ("NI", 200)])
def test_small_emissions_are_withheld_and_their_intensity_is_not(
    feed: Simulated, slots: Slots, region: str, threshold: int
) -> None:
    year = slots("2026-05-01T00:00Z", "2026-09-01T00:00Z")
    emissions, intensity, demand = (
        feed.values(field, region, year) for field in ("CO2_EMISSIONS", "CO2_INTENSITY", "SYSTEM_DEMAND")
    )
    assert np.nanmin(emissions) >= threshold
    withheld = np.isnan(emissions)
    assert 0.02 < withheld.mean() < 0.8
    assert not np.isnan(intensity).any()
    assert (intensity[withheld] * demand[withheld] / 1000 < threshold + 1.5).all()


def test_snsp_is_wind_sun_and_imports_over_demand_and_exports(feed: Simulated, slots: Slots) -> None:
    year = slots("2025-11-01T00:00Z", "2026-10-01T00:00Z", 1800)
    wind, sun, demand = (feed.values(f, "ALL", year) for f in ("WIND_ACTUAL", "SOLAR_ACTUAL", "SYSTEM_DEMAND"))
    links = np.array([feed.values(f, "ALL", year) for f in ("INTER_EWIC", "INTER_GRNLK", "INTER_MOYLE")])
    supply = wind + sun + np.clip(links, 0, None).sum(axis=0)
    expected = 100 * supply / (demand + np.clip(-links, 0, None).sum(axis=0))
    snsp = feed.values("SNSP_ALL", "ALL", year)
    assert np.nanmax(np.abs(snsp - expected)) < 1.5
    assert 74 < np.nanmax(snsp) <= 76
    np.testing.assert_array_equal(snsp, np.round(snsp, 4))


@pytest.mark.parametrize(
    ("field", "region", "least", "most"),
    [
        ("SYSTEM_DEMAND", "ALL", 2100, 7100),
        ("SYSTEM_DEMAND", "NI", 350, 1800),
        ("WIND_ACTUAL", "ALL", -90, 5600),
        ("SOLAR_ACTUAL", "ROI", 0, 1400),
        ("INTER_EWIC", "ALL", -510, 540),
        ("INTER_MOYLE", "ALL", -420, 455),
        ("CO2_INTENSITY", "ALL", 60, 700),
        ("GEN_EXP", "NI", 120, 2300),
    ],
)
def test_values_stay_within_irish_bounds(
    feed: Simulated, slots: Slots, field: str, region: str, least: float, most: float
) -> None:
    values = feed.values(field, region, slots("2014-01-01T00:00Z", "2026-11-26T00:00Z", 3600))
    values = values[~np.isnan(values)]
    assert least <= values.min() < values.max() <= most
    np.testing.assert_array_equal(values, np.round(values))


def test_demand_follows_the_day_the_week_and_the_year(feed: Simulated, slots: Slots) -> None:
    days = feed.values("SYSTEM_DEMAND", "ALL", slots("2024-11-04T00:00Z", "2024-12-02T00:00Z")).reshape(4, 7, 24, 4)
    by_hour = days.mean(axis=(0, 1, 3))
    assert by_hour[3] < 0.8 * by_hour[17]
    by_weekday = days.mean(axis=(0, 2, 3))
    assert by_weekday[6] < by_weekday[5] < by_weekday[2]
    july = feed.values("SYSTEM_DEMAND", "ALL", slots("2024-07-01T00:00Z", "2024-07-29T00:00Z"))
    assert july.mean() < 0.95 * days.mean()


def test_the_sun_sets_and_its_forecast_with_it(feed: Simulated, slots: Slots) -> None:
    night = slots("2026-06-10T23:30Z", "2026-06-11T03:00Z")
    assert set(feed.values("SOLAR_ACTUAL", "ROI", night)) == {2.0}
    assert set(feed.values("SOLAR_FCAST", "ALL", night)) == {0.0}
    assert feed.values("SOLAR_ACTUAL", "ROI", slots("2026-06-11T11:00Z", "2026-06-11T13:00Z")).min() > 100


def test_forecasts_are_near_what_happens(feed: Simulated, slots: Slots) -> None:
    year = slots("2020-06-01T00:00Z", "2021-06-01T00:00Z")
    for actual, forecast, most in (
        ("SYSTEM_DEMAND", "DEMAND_FORECAST_VALUE", 120),
        ("WIND_ACTUAL", "WIND_FCAST", 450),
    ):
        error = feed.values(forecast, "ALL", year) - feed.values(actual, "ALL", year)
        assert 10 < np.nanstd(error) < most


def test_frequency_keeps_near_50_hz_with_two_decimals(feed: Simulated, slots: Slots) -> None:
    day = feed.values("SYS_FREQUENCY", "ALL", slots("2026-05-14T00:00Z", "2026-05-15T00:00Z", 5))
    assert 49.9 < np.nanmin(day) < np.nanmax(day) < 50.1
    assert 0 < np.isnan(day).sum() < 20
    np.testing.assert_array_equal(day, np.round(day, 2))


@pytest.mark.parametrize(("region", "share"), [("ALL", 0.993), ("ROI", 0.999), ("NI", 0.967)])
def test_the_fuel_mix_is_the_last_24_hours_of_generation(
    feed: Simulated, slots: Slots, region: str, share: float
) -> None:
    until = datetime(2026, 8, 3, 12, 15, tzinfo=UTC)
    fuels = [feed.value(f, region, until) for f in ("FUEL_COAL", "FUEL_GAS", "FUEL_OTHER_FOSSIL", "FUEL_RENEW")]
    day = slots((until - timedelta(hours=23, minutes=45)).isoformat(), (until + timedelta(minutes=1)).isoformat())
    energy = feed.values("GEN_EXP", region, day).sum() / 4
    assert len(day) == 96
    assert sum(fuel or 0 for fuel in fuels) == pytest.approx(share * energy, rel=0.003)


def test_the_islands_net_import_leaves_out_greenlink(feed: Simulated, slots: Slots) -> None:
    day = slots("2026-08-02T12:15Z", "2026-08-03T12:15Z")
    older = feed.values("INTER_EWIC", "ALL", day) + feed.values("INTER_MOYLE", "ALL", day)
    mix = feed.value("FUEL_NET_IMPORT", "ALL", datetime(2026, 8, 3, 12, 0, tzinfo=UTC))
    assert mix == pytest.approx(older.sum() / 4, abs=0.01)


def test_the_north_has_no_coal_and_seldom_other_fossil(feed: Simulated, slots: Slots) -> None:
    days = slots("2026-04-01T12:00Z", "2026-07-30T12:00Z", 86_400)
    assert np.isnan(feed.values("FUEL_COAL", "NI", days)).all()
    assert 0.1 < (~np.isnan(feed.values("FUEL_OTHER_FOSSIL", "NI", days))).mean() < 0.65


def test_what_upstream_never_answers_is_named(feed: Simulated) -> None:
    with pytest.raises(KeyError, match="SNSP_ALL is never answered for NI"):
        feed.value("SNSP_ALL", "NI", datetime(2026, 1, 1, tzinfo=UTC))
