"""The server's idea of now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Clock:
    """Runs with `source` (aware datetimes) unless `fixed` holds it still."""

    fixed: datetime | None = None
    source: Callable[[], datetime] = _wall_clock

    def __call__(self) -> datetime:
        """Now, in UTC."""
        return (self.fixed or self.source()).astimezone(UTC)


def parse_instant(text: str) -> datetime:
    """Read an ISO instant with an offset or Z; ValueError for one without."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; write it as 2026-11-22T20:07:00Z")
    return moment.astimezone(UTC)
