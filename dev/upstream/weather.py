"""What wind and sun offer, in MW, for UTC instants. Irish sizes, invented weather."""

from dataclasses import dataclass

import numpy as np

from dev.upstream.irish_time import DAY, HOUR
from dev.upstream.noise import Floats, Ints, smooth

_YEAR = 31_556_952.0
_LATITUDE = np.deg2rad(53.2)
_LONGITUDE_HOURS = -7.5 / 15.0


@dataclass(frozen=True)
class Pair:
    """One quantity of both jurisdictions, unrounded."""

    roi: Floats
    ni: Floats

    @property
    def all(self) -> Floats:
        """The island's."""
        return self.roi + self.ni

    def of(self, region: str) -> Floats:
        """By the upstream's region name: ROI, NI or ALL."""
        return {"ROI": self.roi, "NI": self.ni}[region] if region != "ALL" else self.all


def years(instants: Ints) -> Floats:
    """Calendar year with its fraction, such as 2024.5 for July 2024."""
    return 1970.0 + instants / _YEAR


def winter(instants: Ints) -> Floats:
    """1 in mid-January, -1 in mid-July."""
    return np.asarray(np.cos(2 * np.pi * (years(instants) - 15 / 365.25)), dtype=np.float64)


def _weather(seed: int, stream: str, instants: Ints) -> Floats:
    """Deviation 1, from fronts that pass in two days down to gusts of an hour."""
    return (
        0.78 * smooth(seed, stream + "/fronts", instants, period=44 * HOUR)
        + 0.52 * smooth(seed, stream + "/day", instants, period=13 * HOUR)
        + 0.32 * smooth(seed, stream + "/hours", instants, period=4 * HOUR)
        + 0.08 * smooth(seed, stream + "/gusts", instants, period=HOUR)
    )


def wind_share(seed: int, instants: Ints) -> Pair:
    """Share of installed wind capacity that the weather offers: a logistic curve over island-wide weather."""
    island = _weather(seed, "wind/island", instants)
    north = 0.88 * island + 0.47 * _weather(seed, "wind/north", instants)
    lift = -1.08 + 0.58 * winter(instants)
    roi = 0.93 / (1.0 + np.exp(-(lift + 1.35 * island))) - 0.008
    ni = 0.90 / (1.0 + np.exp(-(lift - 0.1 + 1.35 * north))) - 0.010
    return Pair(roi, ni)


def wind_available(seed: int, instants: Ints) -> Pair:
    """MW before dispatch-down; slightly negative in a calm, when turbines draw their own supply."""
    year = years(instants)
    share = wind_share(seed, instants)
    roi = np.interp(year, [2014, 2018, 2022, 2027], [2200, 3500, 4350, 5300])
    ni = np.interp(year, [2014, 2018, 2027], [620, 1200, 1480])
    return Pair(roi * share.roi, ni * share.ni)


def sun_height(instants: Ints) -> Floats:
    """Sine of the sun's elevation over the middle of Ireland, 0 at night (declination by Cooper 1969)."""
    day = (instants / DAY + 0.5) % 365.2425
    tilt = np.deg2rad(23.45) * np.sin(2 * np.pi * (day + 284) / 365.25)
    swing = 2 * np.pi * (day - 81) / 364
    equation_hours = (9.87 * np.sin(2 * swing) - 7.53 * np.cos(swing) - 1.5 * np.sin(swing)) / 60
    angle = np.pi / 12 * (instants % DAY / HOUR + _LONGITUDE_HOURS + equation_hours - 12)
    height = np.sin(_LATITUDE) * np.sin(tilt) + np.cos(_LATITUDE) * np.cos(tilt) * np.cos(angle)
    return np.asarray(np.clip(height, 0.0, None), dtype=np.float64)


def solar_power(seed: int, instants: Ints) -> Pair:
    """MW of large-scale solar: sun height times cloud, nothing at night."""
    year = years(instants)
    clear = sun_height(instants) ** 1.15
    cloud = smooth(seed, "cloud/day", instants, period=20 * HOUR)
    roi_cloud = cloud + 0.6 * smooth(seed, "cloud/roi", instants, period=2 * HOUR)
    ni_cloud = cloud + 0.8 * smooth(seed, "cloud/ni", instants, period=2 * HOUR)
    roi = np.interp(year, [2017, 2022, 2023, 2024, 2025, 2027], [0, 20, 220, 560, 900, 1600])
    ni = np.interp(year, [2014, 2017, 2027], [5, 130, 200])
    return Pair(
        roi * clear * (0.18 + 0.72 / (1.0 + np.exp(-1.2 * roi_cloud))),
        ni * clear * (0.18 + 0.72 / (1.0 + np.exp(-1.2 * ni_cloud))),
    )
