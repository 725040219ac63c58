"""What a unit still wants of upstream while one interface after the other is asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby

import pyarrow.compute as pc

from include.domain.calendar import DAY, day_span, days
from include.domain.errors import ContractBroken, EmptyAnswer, Permanent, Unsupported, UpstreamError
from include.domain.series import History
from include.sources.base import DataChunk, Setback
from include.sources.eirgrid.query import Query
from include.sources.eirgrid.readings import Lacks


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, and the due days of which it says nothing."""

    chunk: DataChunk
    lacks: Lacks
    """Another interface may know better."""
    unknown: Lacks
    """Those of them of which there is no row at all."""


@dataclass(slots=True)
class Wanted:
    """The fields and Irish days of a query that nobody has answered yet, and why."""

    asked: Query
    open: dict[str, set[date]] = field(init=False)
    nulls: set[tuple[str, date]] = field(default_factory=set)
    """Told by the silence of an answer that holds rows of that day."""
    errors: dict[str, list[UpstreamError]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open = {one.field: set(days(self.asked.first, self.asked.last)) for one in self.asked.series}

    @property
    def nothing(self) -> bool:
        """Whether all is answered."""
        return not self.open

    @property
    def query(self) -> Query:
        """What is still to be asked for."""
        left = [day for wanted in self.open.values() for day in wanted]
        return self.asked.only(self.open).between(min(left), max(left))

    @property
    def failure(self) -> UpstreamError | None:
        """Why something could not be had; None when what is open is known to be null, or may well not exist."""
        failed = [name for name, left in self.open.items() if any((name, day) not in self.nulls for day in left)]
        verdicts = [_verdict(self.errors[name]) for name in sorted(failed) if name in self.errors]
        due = [error for error in verdicts if not (self.ahead and isinstance(error, EmptyAnswer))]
        return gravest(due) if due else None

    @property
    def ahead(self) -> bool:
        """Whether only slots to come are asked for: upstream promises none."""
        return all(one.history is History.FUTURE_ONLY for one in self.asked.series)

    def settle(self, query: Query) -> None:
        """Nothing more is to be had of these fields now."""
        for one in query.series:
            self._close(one.field, set(days(query.first, query.last)))

    def refuse(self, query: Query, error: UpstreamError) -> list[Setback]:
        """An interface did not answer; a setback for each stretch of days that is open yet."""
        asked = set(days(query.first, query.last))
        lacking = {one.field: self.open.get(one.field, set()) & asked for one in query.series}
        return [self._set_back(list(fields), first, last, error) for fields, first, last in _stretches(lacking)]

    def trim(self, query: Query, chunk: DataChunk) -> DataChunk:
        """A chunk without the fields and days that an interface before has answered."""
        asked = set(days(query.first, query.last))
        table, flagged = chunk.readings, list(chunk.flagged)
        for one in query.series:
            for day in asked - self.open.get(one.field, set()):
                span, at = day_span(day), pc.field("timestamp")
                table = table.filter((pc.field("field") != one.field) | (at < span.start) | (at >= span.end))
                told = f"{one.field} "
                flagged = [flag for flag in flagged if flag[0] not in span or not flag[1].startswith(told)]
        return chunk if table is chunk.readings else replace(chunk, readings=table, flagged=tuple(flagged))

    def take(self, query: Query, found: Found) -> list[Setback]:
        """An interface answered; a setback for each stretch of days that it passed over."""
        asked = set(days(query.first, query.last))
        for one in query.series:
            lacks = found.lacks.get(one.field, frozenset())
            self.nulls |= {(one.field, day) for day in lacks - found.unknown.get(one.field, frozenset())}
            self._close(one.field, asked - lacks)
        name = found.chunk.interface
        setbacks = []
        lacking = {one: self.open[one] & asked for one in found.lacks.keys() & self.open.keys()}
        for fields, first, last in _stretches(lacking):
            missed = f"{first}" if first == last else f"{first} to {last}"
            error = EmptyAnswer(f"{name}: an answer without {', '.join(fields)} of {missed}", interface=name)
            setbacks.append(self._set_back(list(fields), first, last, error))
        return setbacks

    def _close(self, name: str, answered: set[date]) -> None:
        left = self.open.pop(name, set()) - answered
        if left:
            self.open[name] = left

    def _set_back(self, fields: list[str], first: date, last: date, error: UpstreamError) -> Setback:
        for one in fields:
            self.errors.setdefault(one, []).append(error)
        return Setback(tuple(fields), first, last, error)


def gravest(errors: list[UpstreamError]) -> UpstreamError:
    """The error that decides: one that may pass before one that will not, then a refusal.

    Last is a shape that is unknown: only of an interface that was never recorded, which must not stop a unit.
    """
    last = (ContractBroken, Unsupported, Permanent)
    return min(errors, key=lambda error: tuple(isinstance(error, kind) for kind in last))


def _stretches(lacking: Mapping[str, set[date]]) -> Iterator[tuple[tuple[str, ...], date, date]]:
    """Runs of days on which the same fields are lacking: the fields, the first day and the last."""
    by_day: dict[date, tuple[str, ...]] = {}
    for name in sorted(lacking):
        for day in lacking[name]:
            by_day[day] = (*by_day.get(day, ()), name)
    ordered = sorted(by_day)
    for _, run in groupby(enumerate(ordered), key=lambda place: (by_day[place[1]], place[1] - DAY * place[0])):
        stretch = [day for _, day in run]
        yield by_day[stretch[0]], stretch[0], stretch[-1]


def _verdict(errors: list[UpstreamError]) -> UpstreamError:
    """Why a field could not be had: a refusal beside answers without rows is a refusal."""
    refusals = [error for error in errors if isinstance(error, Unsupported)]
    if refusals and all(isinstance(error, Unsupported | EmptyAnswer) for error in errors):
        return refusals[0]
    return gravest(errors)
