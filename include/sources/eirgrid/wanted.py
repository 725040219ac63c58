"""What a unit still wants of upstream while one interface after the other is asked."""

from dataclasses import dataclass, field
from datetime import date

from include.domain.calendar import days
from include.domain.errors import ContractBroken, EmptyAnswer, Permanent, Unsupported, UpstreamError
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
        """Why something could not be had; None when what is open is known to be null."""
        failed = [name for name, left in self.open.items() if any((name, day) not in self.nulls for day in left)]
        verdicts = [_verdict(self.errors[name]) for name in sorted(failed) if name in self.errors]
        return gravest(verdicts) if verdicts else None

    def settle(self, query: Query) -> None:
        """Nothing more is to be had of these fields now."""
        for one in query.series:
            self.open.pop(one.field, None)

    def refuse(self, query: Query, error: UpstreamError) -> Setback:
        """An interface did not answer."""
        return self._set_back([one.field for one in query.series], query.first, query.last, error)

    def take(self, query: Query, found: Found) -> Setback | None:
        """An interface answered; a setback for the days that it passed over."""
        for one in query.series:
            lacking = found.lacks.get(one.field, frozenset())
            self.nulls |= {(one.field, day) for day in lacking - found.unknown.get(one.field, frozenset())}
            left = self.open[one.field] & lacking
            if left:
                self.open[one.field] = left
            else:
                del self.open[one.field]
        fields = sorted(found.lacks.keys() & self.open.keys())
        passed_over = sorted({day for name in fields for day in self.open[name]})
        if not passed_over:
            return None
        first, last = passed_over[0], passed_over[-1]
        name = found.chunk.interface
        missed = f"{first}" if first == last else f"{len(passed_over)} days of {first} to {last}"
        error = EmptyAnswer(f"{name}: an answer without {', '.join(fields)} of {missed}", interface=name)
        return self._set_back(fields, first, last, error)

    def _set_back(self, fields: list[str], first: date, last: date, error: UpstreamError) -> Setback:
        for one in fields:
            self.errors.setdefault(one, []).append(error)
        return Setback(tuple(fields), first, last, error)


def gravest(errors: list[UpstreamError]) -> UpstreamError:
    """The error that decides: one that may pass before one that will not, a refusal last."""
    last = (Permanent, Unsupported, ContractBroken)
    return min(errors, key=lambda error: tuple(isinstance(error, kind) for kind in last))


def _verdict(errors: list[UpstreamError]) -> UpstreamError:
    """Why a field could not be had: a refusal beside answers without rows is a refusal."""
    refusals = [error for error in errors if isinstance(error, Unsupported)]
    if refusals and all(isinstance(error, Unsupported | EmptyAnswer) for error in errors):
        return refusals[0]
    return gravest(errors)
