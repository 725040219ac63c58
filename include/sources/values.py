"""Strict instants and numbers, and what a source yields of them. Whole columns at once: `columns`."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from include.domain.calendar import Interval, floor_slot, irish_day
from include.domain.readings import Unit
from include.domain.series import Series
from include.sources.base import DataChunk

Values = dict[tuple[str, datetime], float | None]
"""(field, slot) to value; None where the publisher had none."""

LARGEST: Final = 1e12
"""Beyond this no number means anything here; NaN and infinity do not come below it either."""
# What float() takes beyond this ("1_0", "inf", the digits of every script) no publisher ever wrote.
_NUMBER: Final = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", flags=re.ASCII)


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


def up_to(now: datetime, span: Interval) -> Interval:
    """The part of a span that has elapsed, the slot of this instant included."""
    return Interval(span.start, min(span.end, now + timedelta(microseconds=1)))


def chunk_of(
    values: Mapping[tuple[str, datetime], float | None],
    series: Collection[Series],
    unit: Unit,
    *,
    interface: str,
    span: Interval,
    fetched_at: datetime,
) -> DataChunk:
    """The readings of a complete answer in UTC: checked, sorted, with nulls for what it left out of the span's days.

    ValueError when the values are of another magnitude than the series'.
    """
    from include.sources import columns  # noqa: PLC0415  DAG files are parsed without numpy and pyarrow

    found = columns.by_field(values)
    columns.check_magnitude(found, series)
    columns.fill_elapsed(found, series, {irish_day(slot) for _, slot in values}, span=span)
    flagged = tuple(columns.flags(found, series))
    return DataChunk(unit, columns.table(found, fetched_at=fetched_at), interface, flagged=flagged)
