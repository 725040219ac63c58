"""What a source gave for a unit, and who failed for which of its days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from include.domain.calendar import day_span
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
    stamps = chunk.df["timestamp"]
    for day in chunk.unit.days:
        span = day_span(day)
        inside = (stamps >= span.start) & (stamps < span.end)
        yield from ((day, str(name)) for name in chunk.df["field"][inside].unique())
