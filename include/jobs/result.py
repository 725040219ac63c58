"""What happened to a unit, as its task tells it to the others of its run."""

from dataclasses import dataclass

from include.domain.errors import GridError
from include.domain.readings import Outcome, Unit


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What happened to one unit."""

    label: str
    area: str
    outcome: Outcome
    rows: int = 0
    """Readings added or replaced."""
    newest: str | None = None
    """Newest stored slot with a value that is no forecast, UTC, ISO 8601."""
    message: str = ""
    answered: tuple[str, ...] = ()
    """Interfaces that gave readings."""
    down: tuple[str, ...] = ()
    """Interfaces that failed for good, with every retry, and gave nothing."""
    fallback: str = ""
    """Who failed before another answered, and why."""


def our_error(unit: Unit, error: Exception) -> UnitResult:
    """The result of a unit that failed for a reason of ours: the store, a setting, a fault in the code."""
    kind = "" if isinstance(error, GridError) else f"{type(error).__name__}: "
    return UnitResult(unit.label, unit.partition.area, Outcome.OUR_ERROR, message=f"{kind}{error}")


def describe(result: UnitResult) -> str:
    """One line on a unit for the log."""
    counted = f"{result.rows} readings added or replaced" if result.rows else "nothing new, no object written"
    instead = f"; {' and '.join(result.answered)} asked instead, since {result.fallback}" if result.fallback else ""
    return f"{result.label}: {result.outcome} ({result.message or counted}{instead})"
