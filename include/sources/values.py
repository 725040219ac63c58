"""Strict instants and numbers of an answer, one at a time. Whole columns of them: `columns`."""

import re
from datetime import UTC, datetime
from typing import Final

from include.domain.calendar import floor_slot
from include.domain.series import Series

LARGEST: Final = 1e12
"""Beyond this no number means anything here; NaN and infinity do not come below it either."""
# What float() takes beyond this ("1_0", "inf", the digits of every script) no publisher ever wrote.
_NUMBER: Final = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*", flags=re.ASCII)


def number(value: object) -> float | None:
    """A value of an answer: a number, or one as text; None for a null or an empty text. ValueError otherwise."""
    if value is None or value == "":
        return None
    read = float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
    if isinstance(read, int | float) and not isinstance(read, bool) and abs(read) < LARGEST:
        return float(read)
    raise ValueError(f"no number: {value!r:.60}")


def instant(text: object) -> datetime:
    """An ISO 8601 instant in UTC. ValueError otherwise: without an offset, it would be of this machine's zone."""
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) else None
        if read is not None and read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"no instant: {text!r:.60}; allowed: ISO 8601 with an offset, such as 2026-11-22T20:00:00Z")


def on_grid(slot: datetime, one: Series) -> datetime:
    """The slot itself. ValueError when it is none of the series'."""
    if floor_slot(slot, one.cadence) != slot:
        raise ValueError(f"{slot:%Y-%m-%dT%H:%M:%SZ} is off the grid of {one.field}; allowed: every {one.cadence}")
    return slot
