"""What a source is: something that yields readings for a unit of work."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from include.domain.errors import SettingInvalid, UpstreamError
from include.domain.readings import Feed, Unit
from include.domain.series import Area

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from include.settings import Settings

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class DataChunk:
    """Readings from one answer."""

    unit: Unit
    readings: "pd.DataFrame | pa.Table"
    """Columns `timestamp` (UTC), `field`, `value` (double; NaN or null = upstream had no value), `fetched_at` (UTC);
    one row per (timestamp, field)."""
    interface: str
    """Which of the source's interfaces answered."""
    warnings: tuple[str, ...] = ()
    """What was odd about the answer but did not make it unusable."""
    flagged: tuple[tuple[datetime, str], ...] = ()
    """Implausible values, stored as upstream sent them: the slot of each, and what it is."""

    @property
    def df(self) -> "pd.DataFrame":
        """The readings as a pandas frame; the names of fields are text."""
        found: Any = self.readings
        if not hasattr(found, "to_pandas"):
            frame: pd.DataFrame = found
            return frame
        read: pd.DataFrame = found.to_pandas()
        return read.astype({"field": "str"})


@dataclass(frozen=True, slots=True)
class Setback:
    """An interface that failed for good for a part of a unit; the next one in the order is asked in its place."""

    fields: tuple[str, ...]
    first: date
    last: date
    """Last Irish day of the part, included."""
    error: UpstreamError


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier units and runs have found out, so that upstream is not asked in vain."""

    refused: frozenset[tuple[str, str]] = frozenset()
    """(interface, field) pairs that upstream refused within the last day."""
    unavailable: frozenset[str] = frozenset()
    """Interfaces that have failed for good for several units in a row in this run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """What the DAGs need to know of a source without loading it."""

    source_id: str
    title: str
    attribution: str
    """Whose numbers these are; in every file and summary."""
    areas: tuple[Area, ...]
    implementation: str
    """`module:Class` of the Source."""
    feeds: tuple[Feed, ...] = (Feed.EIRGRID,)
    """Stores of which feeds it may fill: `eirgrid` for real numbers; a stand-in's where it can be asked instead."""
    enabled_by: str | None = None
    """Setting that switches it on (`csv_folder`: GRID_CSV_FOLDER); None: it is on."""
    problem: str = ""
    """Why it cannot be used as it is described; its DAG is there and says so."""

    def load(self) -> "type[Source]":
        """The class that fetches."""
        module, _, name = self.implementation.partition(":")
        loaded: type[Source] = getattr(import_module(module), name)
        return loaded

    def area(self, name: str) -> Area:
        """One of the source's areas; SettingInvalid when there is none of this name."""
        for one in self.areas:
            if one.name == name:
                return one
        raise SettingInvalid.of("areas", name, ", ".join(one.name for one in self.areas))


class Source(ABC):
    """A publisher. A module below `include/sources` that holds one, and a `SOURCE`, makes the DAG `ingest_<name>`."""

    source_id: ClassVar[str]
    """Name in keys, DAG ids and pools: lower-case letters, digits and underscores."""

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: "Settings", *, clock: Clock) -> "Source":
        """The source as the settings describe it."""

    @abstractmethod
    def fetch(
        self, unit: Unit, *, since: datetime | None = None, known: Known | None = None
    ) -> Iterator[DataChunk | Setback]:
        """Yield the readings of a unit, an answer at a time, and the setbacks on the way to them.

        `since` leaves out what lies before this instant. Raises an UpstreamError when part of the unit could not be
        had, after every chunk that could; a ContractBroken spoils the whole unit.
        """
