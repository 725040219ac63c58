"""The fields upstream answers for an area and a region, and how each behaves (API.md 3 and 4.2)."""

from calendar import timegm
from dataclasses import dataclass
from enum import StrEnum

from dev.upstream.irish_time import QUARTER

REGIONS = ("ROI", "NI", "ALL")
_SNSP_START = timegm((2021, 3, 1, 0, 0, 0))
_GREENLINK_START = timegm((2025, 1, 29, 0, 0, 0))
_REGIONAL_SUMS_START = timegm((2025, 2, 1, 0, 0, 0))
_SOLAR_START = timegm((2025, 5, 1, 0, 0, 0))


class Kind(StrEnum):
    """How a series fills up as time passes."""

    ACTUAL = "actual"
    """A row for every slot; null until published."""
    SPARSE = "sparse"
    """No row until published (SNSP)."""
    FORECAST = "forecast"
    """Past and future alike, to the end of tomorrow; null after."""
    UPCOMING = "upcoming"
    """Only slots still to come, to the end of tomorrow (demand forecast)."""


@dataclass(frozen=True)
class Series:
    """One field of one answer."""

    field: str
    row_region: str
    """Region printed in the rows, which is not always the one asked for."""
    step: int = QUARTER
    """Seconds between slots."""
    decimals: int = 0
    kind: Kind = Kind.ACTUAL
    since: int = 0
    """Wall-clock stamp of the first row upstream has."""


_SIMPLE = {
    "demandactual": "SYSTEM_DEMAND",
    "generationactual": "GEN_EXP",
    "windactual": "WIND_ACTUAL",
    "co2intensity": "CO2_INTENSITY",
    "co2emission": "CO2_EMISSIONS",
}
AREAS = (
    *_SIMPLE,
    "demandforecast",
    "windforecast",
    "solaractual",
    "solarforecast",
    "interconnection",
    "snspall",
    "frequency",
    "fuelmix",
)
"""Area names in lower case; upstream does not mind the case."""
FUELS = ("FUEL_COAL", "FUEL_GAS", "FUEL_NET_IMPORT", "FUEL_OTHER_FOSSIL", "FUEL_RENEW")


def _interconnection(region: str) -> tuple[Series, ...]:
    if region == "ALL":
        return (
            Series("INTER_EWIC", "ROI"),
            Series("INTER_GRNLK", "ROI", since=_GREENLINK_START),
            Series("INTER_MOYLE", "NI"),
            Series("INTER_NET", "ALL"),
        )
    if region == "ROI":
        return (
            Series("INTER_EWIC", "ROI"),
            Series("INTER_GRNLK", "ROI", since=_REGIONAL_SUMS_START),
            Series("INTER_NET_ROI", "ROI", since=_REGIONAL_SUMS_START),
        )
    return (Series("INTER_MOYLE", "NI"), Series("INTER_NET_NI", "NI", since=_REGIONAL_SUMS_START))


def series_of(area: str, region: str) -> tuple[Series, ...]:
    """Give the fields of an area in the order of the answer.

    Empty where upstream sends no rows (SNSP of one region).
    Raises KeyError for an area that is not in AREAS; the fuel mix has no slots and is not answered here.
    """
    if area in _SIMPLE:
        return (Series(_SIMPLE[area], region),)
    if area == "interconnection":
        return _interconnection(region)
    if area == "snspall":
        snsp = Series("SNSP_ALL", "ALL", step=2 * QUARTER, decimals=4, kind=Kind.SPARSE, since=_SNSP_START)
        return (snsp,) if region == "ALL" else ()
    return {
        "demandforecast": (Series("DEMAND_FORECAST_VALUE", region, step=2 * QUARTER, kind=Kind.UPCOMING),),
        "windforecast": (Series("WIND_FCAST", region, kind=Kind.FORECAST),),
        "solaractual": (Series("SOLAR_ACTUAL", region, since=_SOLAR_START),),
        "solarforecast": (Series("SOLAR_FCAST", region, kind=Kind.FORECAST, since=_SOLAR_START),),
        "frequency": (Series("SYS_FREQUENCY", region, step=5, decimals=2),),
    }[area]
