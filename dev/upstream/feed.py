"""What a feed must be able to answer, and the two forms in which it does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dev.upstream.catalogue import Series
from dev.upstream.noise import Floats, Ints


@dataclass(frozen=True)
class Column:
    """One field over one range: rising wall-clock stamps and their values, NaN where upstream says null."""

    series: Series
    stamps: Ints
    values: Floats
    quoted: bool = False
    """Numbers are sent as strings (a fault)."""


@dataclass(frozen=True)
class FuelMix:
    """One snapshot: MWh over the 24 hours before `stamp` (wall clock), in the order of the answer."""

    stamp: int
    entries: tuple[tuple[str, float], ...]


class Feed(Protocol):
    """Where the numbers come from."""

    @property
    def name(self) -> str:
        """`simulated` or `recorded`: sent along with every answer."""

    def column(self, series: Series, region: str, stamps: Ints, now: datetime) -> Column:
        """Give the rows that upstream would send for these wall-clock stamps at `now`."""

    def fuel_mix(self, region: str, now: datetime) -> FuelMix | None:
        """Give the newest snapshot at `now`; None when there is none."""
