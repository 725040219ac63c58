"""The simulated feed: what upstream would publish, invented from a seed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dev.upstream.catalogue import FUELS, REGIONS, Kind, Series, series_of
from dev.upstream.feed import Column, FuelMix
from dev.upstream.forecasts import demand_forecast, solar_forecast, wind_forecast
from dev.upstream.frequency import frequency
from dev.upstream.fuel_mix import fuel_energy
from dev.upstream.irish_time import (
    HOUR,
    QUARTER,
    local_seconds,
    second_pass,
    seconds,
    skipped,
    to_local,
    to_utc,
)
from dev.upstream.island import Island
from dev.upstream.noise import Floats, Ints
from dev.upstream.publication import horizon, is_published

_WITHHELD_BELOW = {"ALL": 650, "ROI": 450, "NI": 200}
"""tCO2/h under which upstream blanks the emissions."""

_QUANTITIES: dict[str, Callable[[Island, str], Floats]] = {
    "SYSTEM_DEMAND": lambda island, region: island.demand.of(region),
    "GEN_EXP": lambda island, region: island.generation.of(region),
    "WIND_ACTUAL": lambda island, region: island.wind.of(region),
    "SOLAR_ACTUAL": lambda island, region: island.solar.of(region),
    "CO2_EMISSIONS": lambda island, region: island.emissions.of(region),
    "CO2_INTENSITY": lambda island, region: island.intensity(region),
    "SNSP_ALL": lambda island, _: island.snsp,
    "INTER_EWIC": lambda island, _: island.ewic,
    "INTER_GRNLK": lambda island, _: island.greenlink,
    "INTER_MOYLE": lambda island, _: island.moyle,
    "INTER_NET": lambda island, _: island.net.all,
    "INTER_NET_ROI": lambda island, _: island.net.roi,
    "INTER_NET_NI": lambda island, _: island.net.ni,
    "WIND_FCAST": wind_forecast,
    "SOLAR_FCAST": solar_forecast,
    "DEMAND_FORECAST_VALUE": demand_forecast,
}
_AREAS_OF_FIELDS = (
    "demandactual", "generationactual", "windactual", "solaractual", "co2intensity", "co2emission", "snspall",
    "interconnection", "windforecast", "solarforecast", "demandforecast", "frequency",
)  # fmt: skip


def _series(field: str, region: str) -> Series:
    """Find the series of a field as upstream answers it for a region; KeyError when it never does."""
    for area in _AREAS_OF_FIELDS:
        for series in series_of(area, region):
            if series.field == field:
                return series
    raise KeyError(f"{field} is never answered for {region}; regions are {', '.join(REGIONS)}")


@dataclass(frozen=True)
class Simulated:
    """A stateless model of the Irish system: one seed, field, region and slot always give one value."""

    seed: int = 1
    dst_wind_forecast_twice: bool = False
    """October: the wind forecast carries both passes of the doubled hour, as one observer saw it."""

    @property
    def name(self) -> str:
        """Sent along with every answer."""
        return "simulated"

    def value(self, field: str, region: str, slot_utc: datetime) -> float | None:
        """Tell the settled value of a slot; None where upstream never has one (withheld, not yet built)."""
        value = float(self.values(field, region, np.array([seconds(slot_utc)], dtype=np.int64))[0])
        return None if np.isnan(value) else value

    def values(self, field: str, region: str, slots: Ints) -> Floats:
        """Tell the settled values for UTC slots (epoch seconds, multiples of the step), NaN for null.

        MW, g/kWh and t/h are whole; SNSP has four decimals, Hz and MWh two. A forecast has a value for any
        slot here, however far off. October's second pass is NaN: upstream cannot say it. KeyError for a pair
        of field and region that it never answers.
        """
        if field in FUELS:
            return fuel_energy(self.seed, field, region, slots)
        series = _series(field, region)
        values = self._modelled(series, region, slots)
        twice = self.dst_wind_forecast_twice and field == "WIND_FCAST"
        hidden = (to_local(slots) < series.since) | (second_pass(slots) & (not twice))
        return np.where(hidden, np.nan, values)

    def column(self, series: Series, region: str, stamps: Ints, now: datetime) -> Column:
        """Give the rows upstream would send for these wall-clock stamps at `now`."""
        stamps = stamps[stamps >= series.since]
        instants = to_utc(stamps)
        if series.kind is Kind.UPCOMING:
            ahead = (instants > seconds(now)) & (stamps < horizon(now)) & ~skipped(stamps)
            return Column(series, stamps[ahead], self._modelled(series, region, instants[ahead]))
        if self.dst_wind_forecast_twice and series.field == "WIND_FCAST":
            stamps, instants = _with_second_pass(stamps, instants)
        shown = self._shown(series, region, stamps, instants, now)
        values = np.where(shown, self._modelled(series, region, instants), np.nan)
        if series.kind is Kind.SPARSE:
            return Column(series, stamps[shown], values[shown])
        return Column(series, stamps, values)

    def fuel_mix(self, region: str, now: datetime) -> FuelMix | None:
        """Give the snapshot of the current quarter-hour."""
        slot = seconds(now) // QUARTER * QUARTER
        found = {fuel: fuel_energy(self.seed, fuel, region, np.array([slot], dtype=np.int64))[0] for fuel in FUELS}
        entries = tuple((fuel, float(value)) for fuel, value in found.items() if not np.isnan(value))
        return FuelMix(local_seconds(now) // QUARTER * QUARTER, entries)

    def _shown(self, series: Series, region: str, stamps: Ints, instants: Ints, now: datetime) -> Ints:
        if series.kind is Kind.FORECAST:
            ready = stamps < horizon(now)
        else:
            ready = is_published(self.seed, series.field, region, instants, now)
        return np.asarray(ready & ~skipped(stamps))

    def _modelled(self, series: Series, region: str, instants: Ints) -> Floats:
        """Round as upstream rounds and withhold what it withholds; publication plays no part."""
        if series.field == "SYS_FREQUENCY":
            return np.round(frequency(self.seed, instants), series.decimals)
        values = np.round(_QUANTITIES[series.field](Island(self.seed, instants), region), series.decimals)
        if series.field == "CO2_EMISSIONS":
            values = np.where(values < _WITHHELD_BELOW[region], np.nan, values)
        return values + 0.0


def _with_second_pass(stamps: Ints, instants: Ints) -> tuple[Ints, Ints]:
    """Both passes of October's doubled hour, the second after the first."""
    again = second_pass(instants + HOUR)
    order = np.argsort(np.concatenate((instants, instants[again] + HOUR)), kind="stable")
    return (
        np.concatenate((stamps, stamps[again]))[order],
        np.concatenate((instants, instants[again] + HOUR))[order],
    )
