"""The fuel mix: MWh over the trailing 24 hours, by fuel (API.md section 6)."""

import numpy as np

from dev.upstream.irish_time import DAY, QUARTER, to_local
from dev.upstream.island import Island
from dev.upstream.noise import Floats, Ints, uniform

_SLOTS = 96
_SEEN = {"ROI": 0.999, "NI": 0.967}
"""Share of GEN_EXP energy that the fuel mix accounts for."""


def _power(island: Island, region: str, fuel: str) -> Floats:
    """MW of one fuel in one jurisdiction."""
    fossil = island.fossil.of(region)
    coal = np.interp(island.year, [2014, 2018, 2023, 2025, 2025.5], [0.35, 0.2, 0.08, 0.02, 0.0])
    other = np.interp(island.year, [2014, 2020, 2024], [0.16, 0.10, 0.06])
    if region == "NI":
        coal, other = 0 * coal, np.where(other_fossil_reported(island), 0.04, 0.0)
    if fuel == "FUEL_COAL":
        return fossil * coal
    if fuel == "FUEL_OTHER_FOSSIL":
        return fossil * other
    if fuel == "FUEL_GAS":
        return fossil * (1 - coal - other)
    return np.clip(island.generation.of(region) - fossil, 0, None)


def other_fossil_reported(island: Island) -> Floats:
    """Whether the North burned oil on each slot's day, one in five; otherwise it has no such row."""
    day = to_local(island.instants) // DAY
    return np.asarray(uniform(island.seed, "fuel/ni/other", day) < 0.2, dtype=np.float64)


def _net_import(island: Island, region: str) -> Floats:
    """MW: the older links, without Greenlink; a jurisdiction's includes the North-South tie."""
    if region == "ALL":
        return island.ewic + island.moyle
    link = island.ewic if region == "ROI" else island.moyle
    return link + island.demand.of(region) - island.generation.of(region) - island.net.of(region)


def _instants_before(slots: Ints) -> Ints:
    """List the quarter-hours of the 24-hour windows that end at `slots`, flattened."""
    offsets = np.arange(-_SLOTS + 1, 1, dtype=np.int64) * QUARTER
    return np.asarray((slots[:, None] + offsets[None, :]).ravel(), dtype=np.int64)


def fuel_energy(seed: int, field: str, region: str, slots: Ints) -> Floats:
    """MWh over the 24 hours up to each slot, to two decimals; NaN where the fuel has no row upstream."""
    island = Island(seed, _instants_before(slots))
    if field == "FUEL_NET_IMPORT":
        power = _net_import(island, region)
    else:
        regions = ("ROI", "NI") if region == "ALL" else (region,)
        power = np.asarray(sum(_SEEN[each] * _power(island, each, field) for each in regions), dtype=np.float64)
    energy = np.round(power.reshape(-1, _SLOTS).sum(axis=1) * QUARTER / 3600, 2)
    absent = region == "NI" and field in {"FUEL_COAL", "FUEL_OTHER_FOSSIL"}
    return np.where(energy == 0, np.nan, energy) if absent else energy
