"""What a source is: something that yields readings for a unit of work."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from include.domain.readings import Unit

if TYPE_CHECKING:
    import pandas as pd

    from include.settings import Settings

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class DataChunk:
    """Readings from one answer."""

    unit: Unit
    df: "pd.DataFrame"
    """Columns `timestamp` (UTC), `field`, `value` (double, NaN = upstream had no value), `fetched_at` (UTC);
    one row per (timestamp, field)."""
    interface: str
    """Which of the source's interfaces answered."""
    warnings: tuple[str, ...] = ()
    """What was odd about the answer but did not make it unusable."""


class Source(ABC):
    """A publisher. Subclass it, register it in `registry.py`, and the DAG `ingest_<source_id>` is there."""

    source_id: ClassVar[str]
    """Name in keys, DAG ids and pools: lower-case letters, digits and underscores."""

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: "Settings", *, clock: Clock) -> "Source":
        """The source as the settings describe it."""

    @abstractmethod
    def fetch(self, unit: Unit, *, since: datetime | None = None) -> Iterator[DataChunk]:
        """Yield the readings of a unit, an answer at a time.

        `since` leaves out what lies before this instant. Raises an UpstreamError when part of the unit could not be
        had, after every chunk that could; a ContractBroken spoils the whole unit.
        """
