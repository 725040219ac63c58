"""What a source gave for a unit, and who failed for which of its days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from include.domain.calendar import DAY, irish_day, microseconds, midnight
from include.domain.errors import ContractBroken, NotYetPublished, Unsupported, UpstreamError
from include.sources.base import DataChunk, Setback


@dataclass
class Fetched:
    """What a source gave for a unit, all together and day by day."""

    chunks: list[DataChunk] = field(default_factory=list)
    setbacks: list[Setback] = field(default_factory=list)
    failure: UpstreamError | None = None

    @property
    def errors(self) -> list[UpstreamError]:
        """Everything that went wrong on the way."""
        return [*(one.error for one in self.setbacks), *([self.failure] if self.failure else [])]

    @cached_property
    def told(self) -> Mapping[date, Mapping[str, tuple[str, ...]]]:
        """What was answered of each Irish day: the interfaces by field."""
        found: dict[date, dict[str, tuple[str, ...]]] = {}
        for chunk in self.chunks:
            for day, name in _days_and_fields(chunk):
                fields = found.setdefault(day, {})
                fields[name] = (*fields.get(name, ()), chunk.interface)
        return found

    @cached_property
    def flagged(self) -> Mapping[date, list[str]]:
        """The implausible values of each Irish day, in phrases."""
        found: dict[date, list[str]] = {}
        for chunk in self.chunks:
            for slot, flag in chunk.flagged:
                found.setdefault(irish_day(slot), []).append(flag)
        return found

    def failure_of(self, day: date) -> UpstreamError | None:
        """Why something of a day could not be had; None when all of it was, or nobody failed there."""
        if self.failure is None or isinstance(self.failure, NotYetPublished):
            return None
        if isinstance(self.failure, ContractBroken) or not self.setbacks:
            return self.failure
        answered = self.told.get(day, {})
        failed = [one.error for one in self.setbacks_of(day) if not set(one.fields) <= answered.keys()]
        return self.failure if self.failure in failed else failed[-1] if failed else None

    def setbacks_of(self, day: date) -> list[Setback]:
        """Who failed for a day."""
        return [one for one in self.setbacks if one.first <= day <= one.last]

    def interfaces_of(self, day: date) -> tuple[str, ...]:
        """Who gave readings of a day."""
        return tuple(dict.fromkeys(name for names in self.told.get(day, {}).values() for name in names))

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Who gave readings."""
        return tuple(dict.fromkeys(chunk.interface for chunk in self.chunks))

    @property
    def fields(self) -> set[tuple[str, str]]:
        """(interface, field) pairs that were answered."""
        return {(chunk.interface, str(name)) for chunk in self.chunks for name in chunk.df["field"].unique()}

    @property
    def refused(self) -> set[tuple[str, str]]:
        """(interface, field) pairs that were refused just now."""
        refusals = [one for one in self.setbacks if isinstance(one.error, Unsupported) and not one.error.remembered]
        return {(one.error.interface, name) for one in refusals for name in one.fields}

    def is_news(self, day: date) -> bool:
        """Whether something failed for this day that is not merely remembered."""
        of_day = [one.error for one in self.setbacks_of(day)]
        failure = self.failure_of(day)
        return any(not error.remembered for error in [*of_day, *([failure] if failure else [])])


def _days_and_fields(chunk: DataChunk) -> Iterator[tuple[date, str]]:
    """The Irish days of the unit, and the fields, that a chunk holds rows of."""
    days, (codes, unique) = chunk.unit.days, chunk.df["field"].factorize()
    names = [str(name) for name in unique]
    stamps = chunk.df["timestamp"].dt.as_unit("us").astype("int64").to_numpy()
    places = np.searchsorted(edges(days), stamps, side="right") - 1
    here = (places >= 0) & (places < len(days))
    for pair in np.unique(places[here] * len(names) + codes[here]).tolist():
        place, code = divmod(pair, len(names))
        yield days[place], names[code]


def edges(days: Sequence[date]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """When each of some Irish days in a row starts, and the last one ends: microseconds since 1970."""
    return np.array([microseconds(midnight(day)) for day in (*days, days[-1] + DAY)], dtype=np.int64)
