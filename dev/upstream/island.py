"""The all-island power system at given UTC instants, consistent with itself, every quantity unrounded.

Demand and weather come first, exchanges follow the wind, wind is held back at the limit for non-synchronous
generation, and conventional plant fills what is left. API.md 6 gives the identities and their tolerances.
"""

from calendar import timegm
from functools import cached_property

import numpy as np

from dev.upstream import weather
from dev.upstream.demand import demand
from dev.upstream.irish_time import HOUR
from dev.upstream.noise import Floats, Ints, normal, smooth
from dev.upstream.weather import Pair

GREENLINK_START = timegm((2025, 1, 29, 0, 0, 0))
"""The first slot with a Greenlink value."""
INTENSITY_BY_DEMAND = timegm((2022, 5, 15, 0, 0, 0))
"""From here on intensity is emissions ÷ demand, before it emissions ÷ generation."""
_LIMIT_YEARS = (2015.83, 2017.25, 2017.92, 2021.33, 2022.33)
_LIMITS = np.array([50.0, 55.0, 60.0, 65.0, 70.0, 75.0])


class Island:
    """One system over one array of instants; a quantity is computed when it is first asked for."""

    def __init__(self, seed: int, instants: Ints) -> None:
        self.seed = seed
        self.instants = instants
        self.year = weather.years(instants)

    def _smooth(self, stream: str, hours: float) -> Floats:
        return smooth(self.seed, stream, self.instants, period=int(hours * HOUR))

    @cached_property
    def demand(self) -> Pair:
        """MW."""
        return demand(self.seed, self.instants)

    @cached_property
    def sun(self) -> Pair:
        """MW from sunlight alone."""
        return weather.solar_power(self.seed, self.instants)

    @cached_property
    def solar(self) -> Pair:
        """MW; the Republic's plant reads 2 MW when idle."""
        return Pair(self.sun.roi + np.where(self.year > 2022, 2.0, 0.0), self.sun.ni)

    @cached_property
    def wind_available(self) -> Pair:
        """MW before dispatch-down."""
        return weather.wind_available(self.seed, self.instants)

    @cached_property
    def _pull(self) -> Floats:
        """Import as a share of the rating: prices abroad, against the wind at home."""
        windy = weather.wind_share(self.seed, self.instants).roi - 0.28
        bias = np.interp(self.year, [2014, 2017, 2019, 2022.5, 2024, 2026], [0.5, 0.3, 0.1, 0.1, 0.4, 0.52])
        return np.asarray(bias - 0.75 * windy + 0.3 * self._smooth("price/days", 50), dtype=np.float64)

    def _flow(self, link: str, *, most: float, least: float) -> Floats:
        pull = self._pull + 0.35 * self._smooth(f"{link}/hours", 6) + 0.08 * self._smooth(f"{link}/hour", 1)
        drift = 1.5 * normal(self.seed, f"{link}/telemetry", self.instants // 900)
        return np.asarray(np.rint(np.clip(most * 1.1 * pull, least, most) + drift), dtype=np.float64)

    @cached_property
    def ewic(self) -> Floats:
        """MW into the Republic, whole."""
        return self._flow("ewic", most=528.0, least=-500.0)

    @cached_property
    def moyle(self) -> Floats:
        """MW into Northern Ireland, whole."""
        return self._flow("moyle", most=443.0, least=-409.0)

    @cached_property
    def greenlink(self) -> Floats:
        """MW into the Republic, whole; NaN before the link was built."""
        flow = self._flow("greenlink", most=512.0, least=-118.0)
        return np.where(self.instants >= GREENLINK_START, flow, np.nan)

    @cached_property
    def net(self) -> Pair:
        """MW into each jurisdiction from Great Britain: exactly the sum of its links."""
        return Pair(self.ewic + np.nan_to_num(self.greenlink), self.moyle)

    @cached_property
    def exports(self) -> Floats:
        """MW sent out, all links together, positive."""
        links = (self.ewic, self.moyle, np.nan_to_num(self.greenlink))
        return np.asarray(sum(np.clip(-link, 0, None) for link in links), dtype=np.float64)

    @cached_property
    def imports(self) -> Floats:
        """MW taken in, all links together."""
        return self.net.all + self.exports

    @cached_property
    def wind(self) -> Pair:
        """MW after dispatch-down to the limit on non-synchronous generation of the day."""
        limit = _LIMITS[np.searchsorted(_LIMIT_YEARS, self.year)] - 0.5 + 0.3 * self._smooth("limit", 1)
        offered = self.wind_available.all
        excess = offered + self.solar.all + self.imports - limit / 100 * (self.demand.all + self.exports)
        kept = 1 - np.clip(excess, 0, np.clip(offered, 0, None)) / np.clip(offered, 1, None)
        return Pair(self.wind_available.roi * kept, self.wind_available.ni * kept)

    @cached_property
    def snsp(self) -> Floats:
        """Percent: (wind + solar + imports) ÷ (demand + exports)."""
        supply = self.wind.all + self.solar.all + self.imports
        share = 100 * supply / (self.demand.all + self.exports) + 0.15 * self._smooth("snsp", 0.5)
        return np.clip(share, 0.1, 76.0)

    @cached_property
    def _conventional(self) -> Pair:
        """MW from all but wind and solar; the North's part leaves a flow on the North-South tie."""
        residual = -65 + 85 * self._smooth("residual/days", 30) + 65 * self._smooth("residual/hours", 2)
        total = self.demand.all - self.net.all - residual - self.wind.all - self.solar.all
        tie = np.interp(self.year, [2014, 2022, 2026], [-40, -90, -270]) + 90 * self._smooth("tie", 9)
        wanted = self.demand.ni - self.net.ni - tie - self.wind.ni - self.solar.ni
        north = np.clip(wanted, 0.08 * total + 40, 0.42 * total)
        return Pair(total - north, north)

    @cached_property
    def other_renewable(self) -> Pair:
        """MW of hydro, biomass and waste."""
        river = 1 + 0.35 * weather.winter(self.instants) + 0.1 * self._smooth("river", 24)
        return Pair(140 * river, 22 * river)

    @cached_property
    def generation(self) -> Pair:
        """MW exported by all generators."""
        plant = self._conventional
        return Pair(self.wind.roi + self.solar.roi + plant.roi, self.wind.ni + self.solar.ni + plant.ni)

    @cached_property
    def fossil(self) -> Pair:
        """MW from gas, coal, peat and oil."""
        plant, green = self._conventional, self.other_renewable
        return Pair(np.clip(plant.roi - green.roi, 100, None), np.clip(plant.ni - green.ni, 40, None))

    @cached_property
    def emissions(self) -> Pair:
        """tCO2 per hour: a factor that falls as coal and peat go, and a part burnt at any load."""
        roi = np.interp(self.year, [2014, 2019, 2022.5, 2024, 2026], [0.60, 0.52, 0.50, 0.45, 0.41])
        ni = np.interp(self.year, [2014, 2022.5, 2023.9, 2026], [0.78, 0.72, 0.48, 0.40])
        roi_fuel = (0.78 * self.fossil.roi + 360) * (1 + 0.02 * self._smooth("carbon/roi", 8))
        ni_fuel = (0.78 * self.fossil.ni + 100) * (1 + 0.03 * self._smooth("carbon/ni", 8))
        return Pair(roi * roi_fuel, ni * ni_fuel)

    def intensity(self, region: str) -> Floats:
        """gCO2/kWh."""
        newer = self.instants >= INTENSITY_BY_DEMAND
        energy = np.where(newer, self.demand.of(region), self.generation.of(region))
        return np.asarray(1000 * self.emissions.of(region) / energy, dtype=np.float64)
