"""What a run has found out about upstream so far: an interface that is down is not asked by every unit in turn."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from include.domain.errors import (
    CircuitOpen,
    ContractBroken,
    EmptyAnswer,
    NotYetPublished,
    StatusError,
    Unsupported,
    UpstreamError,
)
from include.jobs.result import UnitResult

UNITS_IN_A_ROW: Final = 5
"""Upstream loses one poll in nine for good: five in a row by chance is one run in tens of thousands."""


@dataclass(frozen=True, slots=True)
class RunSoFar:
    """What the units of a run that have ended say of each interface."""

    down: frozenset[str] = frozenset()
    """Failed for good for the last `UNITS_IN_A_ROW` units that asked: the rest of the run fails fast."""
    answering: frozenset[str] = frozenset()
    """Gave readings to some unit."""

    @classmethod
    def of(cls, results: Iterable[UnitResult]) -> "RunSoFar":
        """From the results in the order in which the units ended. A circuit stays open for the rest of its run."""
        in_a_row: dict[str, int] = {}
        down: set[str] = set()
        answering: set[str] = set()
        for result in results:
            answering |= set(result.answered)
            in_a_row |= dict.fromkeys(result.answered, 0)
            for name in result.down:
                in_a_row[name] = in_a_row.get(name, 0) + 1
                if in_a_row[name] >= UNITS_IN_A_ROW:
                    down.add(name)
        return cls(frozenset(down), frozenset(answering))


def went_down(errors: Iterable[UpstreamError]) -> set[str]:
    """Interfaces that failed for good. One that has nothing, or refuses, of a range or a region has answered."""
    answers = (EmptyAnswer, StatusError, Unsupported, NotYetPublished, ContractBroken, CircuitOpen)
    return {error.interface for error in errors if not isinstance(error, answers)}
