"""Forecasts: what happened (or will) with a smooth error. One vintage only, as upstream (API.md 5.3)."""

import numpy as np

from dev.upstream.irish_time import HOUR
from dev.upstream.island import Island
from dev.upstream.noise import Floats, smooth


def _error(island: Island, stream: str, *, hours: int) -> Floats:
    return smooth(island.seed, f"forecast/{stream}", island.instants, period=hours * HOUR)


def _by_region(island: Island, region: str, part: str) -> Floats:
    regions = ("ROI", "NI") if region == "ALL" else (region,)
    return np.asarray(sum(_one(island, each, part) for each in regions), dtype=np.float64)


def _one(island: Island, region: str, part: str) -> Floats:
    if part == "wind":
        offered = island.wind_available.of(region)
        miss = 0.10 * _error(island, f"wind/{region}", hours=16) + 0.05 * _error(island, f"wind/{region}/near", hours=4)
        size = {"ROI": 250.0, "NI": 60.0}[region]
        return np.clip(offered * (1 + miss) + size * miss, 0, None)
    if part == "solar":
        return np.clip(island.sun.of(region) * (1 + 0.18 * _error(island, f"solar/{region}", hours=7)), 0, None)
    return island.demand.of(region) * (1 + 0.012 * _error(island, f"demand/{region}", hours=12))


def wind_forecast(island: Island, region: str) -> Floats:
    """MW, never negative; ALL is the sum of both jurisdictions."""
    return _by_region(island, region, "wind")


def solar_forecast(island: Island, region: str) -> Floats:
    """MW, zero at night."""
    return _by_region(island, region, "solar")


def demand_forecast(island: Island, region: str) -> Floats:
    """MW."""
    return _by_region(island, region, "demand")
