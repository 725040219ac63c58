"""From the rows of an answer to readings: checked, in UTC, with the slots that a complete answer left out as nulls."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import pandas as pd

from include.domain.calendar import (
    DAY,
    Interval,
    floor_slot,
    irish_day,
)
from include.domain.catalogue import QUARTER
from include.domain.errors import ContractBroken, EmptyAnswer, NotYetPublished
from include.domain.series import History, Series
from include.sources.eirgrid.query import Query, Row
from include.sources.eirgrid.stamps import instant_of, parse_stamp
from include.sources.values import Values, fill_elapsed, flags, frame, number, up_to

BROKEN_SHARE: Final = 0.1
"""A larger share of values far out of range than this is no spike but another quantity."""
OLDEST_SNAPSHOT: Final = 31 * DAY
"""How old the stamp of a snapshot may be; it is said to be of now, but has stood still for days."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What an answer holds."""

    df: pd.DataFrame
    """Columns `timestamp` (UTC), `field`, `value`, `fetched_at`; one row per (timestamp, field), sorted."""
    warnings: tuple[str, ...]
    flagged: tuple[tuple[datetime, str], ...]
    """Implausible values, kept as upstream sent them: the slot of each, and what it is."""


@dataclass(slots=True)
class _Reader:
    query: Query
    interface: str
    now: datetime
    values: Values = field(default_factory=dict)
    days_seen: set[date] = field(default_factory=set)
    warnings: dict[str, int] = field(default_factory=dict)

    span: Interval = field(init=False)
    """The query's, worked out once and not per row."""

    def __post_init__(self) -> None:
        self.span = self.query.span

    def warn(self, text: str) -> None:
        self.warnings[text] = self.warnings.get(text, 0) + 1

    def broken(self, text: str) -> ContractBroken:
        return ContractBroken(f"{self.interface}: {text}", interface=self.interface)


def read_rows(rows: Iterable[Row], query: Query, *, interface: str, now: datetime) -> Readings:
    """The readings of an answer that came at `now`.

    Raises EmptyAnswer where values must exist and there is no row, NotYetPublished where there need be none,
    ContractBroken for a row that upstream never wrote.
    """
    reader = _Reader(query, interface, now)
    seen = _take_rows(reader, rows)
    if not seen:
        raise _nothing(reader)
    _check_plausible(reader)
    fill_elapsed(reader.values, query.series, reader.days_seen, span=up_to(now, reader.span))
    warnings = tuple(f"{text} ({count} rows)" for text, count in reader.warnings.items())
    flagged = tuple(flags(reader.values, query.series))
    return Readings(frame(reader.values, fetched_at=now), warnings, flagged)


def anything_due(query: Query, *, now: datetime) -> bool:
    """Whether upstream must have some value by now: the first slot asked for, its length and lag, have passed."""
    due = [
        query.span.start + one.cadence + one.lag
        for one in query.series
        if one.history is not History.FUTURE_ONLY and query.last >= one.first_day
    ]
    return bool(due) and min(due) <= now


def _take_rows(reader: _Reader, rows: Iterable[Row]) -> bool:
    series = {one.field: one for one in reader.query.series}
    read = [(row, one, _number(reader, row)) for row in rows if (one := _series_of(reader, row, series))]
    if not read and reader.warnings:
        raise reader.broken(f"no row of {sorted(series)}: {'; '.join(reader.warnings)}")
    stamped = [(row, one, value, _stamp(reader, row, one)) for row, one, value in read]
    twice = _sent_twice(reader, ((one.field, local) for _, one, _, local in stamped))
    passed: set[tuple[str, datetime]] = set()
    for row, one, value, local in stamped:
        again = (one.field, local) in passed and (one.field, local) in twice
        passed.add((one.field, local))
        slot = _slot(reader, row, one, local, again=again)
        if slot is None or not _kept(reader, one, slot, value) or (again and value is None):
            continue
        key = (one.field, slot)
        if value is not None or key not in reader.values:
            reader.values[key] = value
    return bool(read)


def _sent_twice(reader: _Reader, stamps: Iterable[tuple[str, datetime]]) -> set[tuple[str, datetime]]:
    """Stamps that came again because clocks went back: October's doubled hour, and nothing but it, is repeated."""
    counted = Counter(stamps)
    repeated = {key for key, count in counted.items() if count > 1}
    doubled = {(name, local) for name, local in repeated if instant_of(local) != instant_of(local, second_pass=True)}
    elsewhere = {name for name, _ in repeated - doubled}
    for name in sorted(elsewhere):
        reader.warn(f"stamps of {name} sent more than once")
    return {(name, local) for name, local in doubled if name not in elsewhere}


def _series_of(reader: _Reader, row: Row, series: dict[str, Series]) -> Series | None:
    name = row.field
    if row.region is not None and row.region not in _regions(reader.query):
        raise reader.broken(f"a row of region {row.region!r}, asked for {reader.query.region}")
    if name in series:
        return series[name]
    if name not in {one.field for one in reader.query.area.series}:
        reader.warn(f"unknown field {name[:60]!r} left out")
    return None


def _regions(query: Query) -> tuple[str, ...]:
    """What rows may name as their region: the one asked for, but for what belongs to more than one."""
    if query.area.name == "interconnection" and query.region == "ALL":
        return ("ALL", "ROI", "NI")
    if query.area.name in {"interconnection", "frequency"}:
        return (query.region, "ALL")
    return (query.region,)


def _number(reader: _Reader, row: Row) -> float | None:
    try:
        return number(row.value)
    except ValueError as error:
        raise reader.broken(f"{error} of {row.field[:60]} at {row.stamp[:60]!r}") from error


def _stamp(reader: _Reader, row: Row, series: Series) -> datetime:
    """The wall-clock time of a row, checked against what was asked for."""
    try:
        local = parse_stamp(row.stamp)
    except ValueError as error:
        raise reader.broken(f"an impossible date: {error}") from error
    first, last = reader.query.first - DAY, reader.query.last + DAY
    if series.history is History.SNAPSHOT:
        # The stamp is the current quarter-hour, up to a slot ahead.
        first, last = (irish_day(reader.now) - OLDEST_SNAPSHOT), irish_day(reader.now) + DAY
    if not first <= local.date() <= last:
        raise reader.broken(f"a row of {row.stamp!r}, asked for {reader.query.first} to {reader.query.last}")
    return local


def _slot(reader: _Reader, row: Row, series: Series, local: datetime, *, again: bool) -> datetime | None:
    if series.history is History.SNAPSHOT:
        # A snapshot is never newer than its reading.
        nearest = _nearest(local, reader.now)
        return min(floor_slot(nearest, QUARTER), floor_slot(reader.now, QUARTER)) if nearest else None
    slot = instant_of(local, second_pass=again)
    if slot is None:
        if row.value not in {None, ""}:
            reader.warn("values of the hour that the spring change skips left out")
        return None
    grid = min(series.cadence, QUARTER)
    if floor_slot(slot, grid) != slot:
        raise reader.broken(f"{row.stamp!r} is off the grid of {row.field} ({grid})")
    return slot


def _nearest(local: datetime, now: datetime) -> datetime | None:
    """The instant of a stamp that means now. October: 01:00 happens twice, and the clock tells which it is."""
    passes = (instant_of(local), instant_of(local, second_pass=True))
    return min((one for one in passes if one), key=lambda one: abs(one - now), default=None)


def _kept(reader: _Reader, series: Series, slot: datetime, value: float | None) -> bool:
    if series.history is History.SNAPSHOT:
        return value is not None
    if slot not in reader.span:
        return False
    reader.days_seen.add(irish_day(slot))
    if slot > reader.now:
        return series.future and value is not None
    return value is not None or series.history is History.FULL


def _check_plausible(reader: _Reader) -> None:
    for series in reader.query.series:
        values = [value for (name, _), value in reader.values.items() if name == series.field and value is not None]
        far = [value for value in values if series.another_quantity(value)]
        if len(far) > max(2, BROKEN_SHARE * len(values)):
            raise reader.broken(
                f"{len(far)} of {len(values)} values of {series.field} are far outside"
                f" {series.low:g} to {series.high:g} {series.unit}, such as {far[0]:g}"
            )


def _nothing(reader: _Reader) -> EmptyAnswer | NotYetPublished:
    query = reader.query
    asked = f"{query.area.name} {query.region} {query.first} to {query.last}"
    if anything_due(query, now=reader.now):
        return EmptyAnswer(f"{reader.interface}: no rows for {asked}", interface=reader.interface)
    return NotYetPublished(f"{reader.interface}: nothing yet for {asked}", interface=reader.interface)
