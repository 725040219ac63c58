"""From the rows of an answer to readings: checked, in UTC, with the slots that a complete answer left out as nulls."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
import pyarrow as pa

from include.domain.calendar import DAY, Interval, day_span, days, irish_day, microseconds, start_of
from include.domain.catalogue import NEVER_RECORDED, QUARTER
from include.domain.errors import ContractBroken, EmptyAnswer, NotYetPublished
from include.domain.series import History, Series
from include.sources.columns import (
    NOTHING,
    Bools,
    Column,
    Columns,
    Floats,
    Ints,
    ascends,
    check_magnitude,
    fill_elapsed,
    flags,
    numbers,
    table,
    within,
)
from include.sources.eirgrid.passes import in_passes
from include.sources.eirgrid.query import Query
from include.sources.eirgrid.rows import Rows, read_all
from include.sources.eirgrid.stamps import NOWHERE, instants_of, parse_stamps, unzoned, wall_clock
from include.sources.values import up_to

OLDEST_SNAPSHOT: Final = 31 * DAY
"""How old the stamp of a snapshot may be; it is said to be of now, but has stood still for days."""

Lacks = Mapping[str, frozenset[date]]
"""Irish days by field."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What an answer holds."""

    table: pa.Table
    """Columns `timestamp` (UTC), `field`, `value`, `fetched_at`; one row per (timestamp, field), sorted."""
    warnings: tuple[str, ...]
    flagged: tuple[tuple[datetime, str], ...]
    """Implausible values, kept as upstream sent them: the slot of each, and what it is."""
    lacks: Lacks
    """Days that are due and of which the answer says nothing of a field: another interface may know better."""
    unknown: Lacks
    """Those of them of which the answer holds no row at all, so that nothing can be taken for a null either."""


@dataclass(slots=True)
class _Reader:
    query: Query
    interface: str
    now: datetime
    values: Columns = field(default_factory=dict)
    told: set[tuple[str, date]] = field(default_factory=set)
    """(field, day) of every row that counts: of an interface that was never recorded, of rows with a value."""
    days_seen: set[date] = field(default_factory=set)
    undecided: dict[str, Ints] = field(default_factory=dict)
    """Slots by field that have a value, but it cannot be told which: no null may stand there."""
    strangers: set[str] = field(default_factory=set)
    """Fields of the area that were not asked for."""
    warnings: Counter[str] = field(default_factory=Counter)

    span: Interval = field(init=False)
    """The query's."""
    days: list[date] = field(init=False)
    """Its Irish days."""
    midnights: Ints = field(init=False)
    """When each of them starts."""

    def __post_init__(self) -> None:
        self.span = self.query.span
        self.days = days(self.query.first, self.query.last)
        self.midnights = np.array([start_of(day) for day in self.days], dtype=np.int64)

    @property
    def trusted(self) -> bool:
        """Whether a null of this interface is upstream's word. The contract of one never recorded is guessed."""
        return self.interface not in NEVER_RECORDED

    def warn(self, text: str, *, rows: int = 1) -> None:
        if rows:
            self.warnings[text] += rows

    def days_of(self, slots: Ints) -> set[date]:
        """The Irish days of slots in the span."""
        if ascends(slots):
            counts = np.diff(np.append(np.searchsorted(slots, self.midnights), len(slots)))
        else:
            counts = np.bincount(self._places(slots), minlength=len(self.days))
        return {day for day, count in zip(self.days, counts.tolist(), strict=True) if count}

    def on(self, slots: Ints, chosen: Iterable[date]) -> Bools:
        """Whether each of some slots in the span is of one of these Irish days."""
        asked = set(chosen)
        return np.array([day in asked for day in self.days], dtype=bool)[self._places(slots)]

    def _places(self, slots: Ints) -> Ints:
        return np.searchsorted(self.midnights, slots, side="right") - 1

    def broken(self, text: str) -> ContractBroken:
        return ContractBroken(f"{self.interface}: {text}", interface=self.interface)


def read_rows(rows: Rows, query: Query, *, interface: str, now: datetime) -> Readings:
    """The readings of an answer that came at `now`.

    Raises EmptyAnswer where values must exist and there is no row, NotYetPublished where there need be none,
    ContractBroken for a row that upstream never wrote.
    """
    reader = _Reader(query, interface, now)
    if not _take_rows(reader, rows):
        raise _nothing(reader)
    try:
        check_magnitude(reader.values, query.series)
    except ValueError as error:
        raise reader.broken(str(error)) from error
    lacks = _lacks(reader)
    if reader.trusted:
        fill_elapsed(reader.values, query.series, reader.days_seen, span=up_to(now, reader.span), irish_stamps=True)
        unknown = {name: frozenset(missed - reader.days_seen) for name, missed in lacks.items()}
    else:
        _fill_where_told(reader, lacks)
        unknown = dict(lacks)
    for name, slots in reader.undecided.items():
        column = reader.values.get(name, NOTHING)
        reader.values[name] = column.where(~(np.isnan(column.values) & np.isin(column.slots, slots)))
    warnings = tuple(f"{text} ({count} rows)" for text, count in reader.warnings.items())
    flagged = tuple(flags(reader.values, query.series))
    return Readings(table(reader.values, fetched_at=now), warnings, flagged, lacks, unknown)


def anything_due(query: Query, *, now: datetime) -> bool:
    """Whether upstream must have some value by now."""
    return any(_due(one, query, query.span, now=now) for one in query.series if query.last >= one.first_day)


def _due(one: Series, query: Query, span: Interval, *, now: datetime) -> bool:
    if one.history is History.FUTURE_ONLY:
        # Only what is left of today is certain to be forecast.
        today = irish_day(now)
        return query.first <= today <= query.last and now + one.cadence < day_span(today).end
    return one.due(span.start) <= now


def _take_rows(reader: _Reader, rows: Rows) -> bool:
    """Keep what the rows hold; whether there was any row of a field asked for."""
    asked = {one.field: one for one in reader.query.series}
    found = read_all(rows, lambda part: _checked(reader, part, asked))
    _name_others(reader, rows, asked)
    if not found and reader.warnings:
        raise reader.broken(f"no row of {sorted(asked)}: {'; '.join(reader.warnings)}")
    for name, (walls, values) in found.items():
        if asked[name].history is History.SNAPSHOT:
            _keep_snapshot(reader, name, walls, values)
        else:
            _keep(reader, asked[name], *_instants(reader, asked[name], walls, values))
    return bool(found)


def _checked(reader: _Reader, rows: Rows, asked: Mapping[str, Series]) -> dict[str, tuple[Ints, Floats]]:
    """Wall-clock times and values by field, in the order of rows. ContractBroken for a row that upstream never wrote.

    The text of the error is right where it is about a single row.
    """
    strange = set(rows.regions) - {None, *_regions(reader.query)}
    if strange:
        raise reader.broken(f"a row of region {strange.pop()!r}, asked for {reader.query.region}")
    rows = rows.only(asked)
    walls, values = _walls(reader, rows), _numbers(reader, rows)
    places = {name: rows.codes == code for code, name in enumerate(rows.fields) if name in asked}
    return {name: (walls[own], values[own]) for name, own in places.items() if own.any()}


def _name_others(reader: _Reader, rows: Rows, asked: Mapping[str, Series]) -> None:
    """Take down the fields that nobody asked for."""
    of_area = {one.field for one in reader.query.area.series}
    for name, count in zip(rows.fields, np.bincount(rows.codes, minlength=len(rows.fields)).tolist(), strict=True):
        if name in asked:
            continue
        if name in of_area:
            reader.strangers.add(name)
        else:
            reader.warn(f"unknown field {name[:60]!r} left out", rows=count)


def _regions(query: Query) -> tuple[str, ...]:
    """What rows may name as their region: the one asked for, but for what belongs to more than one."""
    if query.area.name == "interconnection" and query.region == "ALL":
        return ("ALL", "ROI", "NI")
    if query.area.name in {"interconnection", "frequency"}:
        return (query.region, "ALL")
    return (query.region,)


def _numbers(reader: _Reader, rows: Rows) -> Floats:
    try:
        # Of -0 and 0, which are equal, it must not show which of them upstream wrote.
        return numbers(rows.values) + 0.0
    except ValueError as error:
        raise reader.broken(f"{error} of {rows.fields[rows.codes[0]][:60]} at {rows.stamps[0][:60]!r}") from error


def _walls(reader: _Reader, rows: Rows) -> Ints:
    """The wall-clock times of rows, checked against what was asked for."""
    try:
        walls = parse_stamps(rows.stamps)
    except ValueError as error:
        raise reader.broken(f"an impossible date: {error}") from error
    first, last = _days_of_stamps(reader)
    start, end = wall_clock(datetime.combine(first, time())), wall_clock(datetime.combine(last + DAY, time()))
    if ((walls < start) | (walls >= end)).any():
        raise reader.broken(f"a row of {rows.stamps[0]!r}, asked for {reader.query.first} to {reader.query.last}")
    return walls


def _days_of_stamps(reader: _Reader) -> tuple[date, date]:
    """The first and the last day that stamps may be of."""
    if any(one.history is History.SNAPSHOT for one in reader.query.series):
        # The stamp is the current quarter-hour, up to a slot ahead.
        today = irish_day(reader.now)
        return today - OLDEST_SNAPSHOT, today + DAY
    return reader.query.first - DAY, reader.query.last + DAY


def _keep_snapshot(reader: _Reader, name: str, walls: Ints, values: Floats) -> None:
    """Keep the values of a snapshot. October: 01:00 happens twice, and the clock tells which it is."""
    now, step = microseconds(reader.now), QUARTER // timedelta(microseconds=1)
    first, second = instants_of(walls, day_span(*_days_of_stamps(reader)))
    nearest = np.where(np.abs(first - now) <= np.abs(second - now), first, second)
    # A snapshot is never newer than its reading.
    slots = np.minimum(nearest, now) // step * step
    kept = (first != NOWHERE) & ~np.isnan(values)
    reader.values[name] = Column.of(slots[kept], values[kept])


def _instants(reader: _Reader, series: Series, walls: Ints, values: Floats) -> tuple[Ints, Floats]:
    """The slots of a field's rows that have one, and their values."""
    name = series.field
    first, second = instants_of(walls, day_span(*_days_of_stamps(reader)))
    rows, again, undecided = in_passes(walls, values, first != second, warn=lambda text: reader.warn(f"{name}: {text}"))
    if len(undecided):
        text = f"{name} of October's doubled hour, whose passes cannot be told apart, left out"
        reader.warn(text, rows=len(undecided))
        reader.undecided[name] = np.concatenate([first[undecided], second[undecided]])
    slots, values = np.where(again, second[rows], first[rows]), values[rows]
    skipped = slots == NOWHERE
    lost = int((skipped & ~np.isnan(values)).sum())
    reader.warn("values of the hour that the spring change skips left out", rows=lost)
    grid = min(series.cadence, QUARTER)
    off = np.flatnonzero(~skipped & (slots % (grid // timedelta(microseconds=1)) != 0))
    if len(off):
        local = unzoned(int(walls[rows[off[0]]]))
        raise reader.broken(f"{local:%d-%b-%Y %H:%M:%S} is off the grid of {name} ({grid})")
    return slots[~skipped], values[~skipped]


def _keep(reader: _Reader, series: Series, slots: Ints, values: Floats) -> None:
    inside = within(slots, reader.span)
    slots, values = slots[inside], values[inside]
    given, elapsed = ~np.isnan(values), slots <= microseconds(reader.now)
    seen = reader.days_of(slots)
    reader.days_seen |= seen
    reader.told |= {(series.field, day) for day in (seen if reader.trusted else reader.days_of(slots[given]))}
    kept = (given | (elapsed & (series.history is History.FULL))) & (elapsed | series.future)
    reader.values[series.field] = Column.of(slots[kept], values[kept])


def _lacks(reader: _Reader) -> Lacks:
    """The days, by field, that are due and that the answer passes over."""
    query = reader.query
    found: dict[str, frozenset[date]] = {}
    for one in query.series:
        if one.history is not History.FULL or one.optional:
            continue
        missed = frozenset(
            day
            for day in reader.days
            if (one.field, day) not in reader.told
            and day >= one.first_day
            and (span := day_span(day)).end > reader.span.start
            and _due(one, query, Interval(max(span.start, reader.span.start), span.end), now=reader.now)
        )
        if missed:
            found[one.field] = missed
    return found


def _fill_where_told(reader: _Reader, lacks: Lacks) -> None:
    """Nulls for what is left out, but not of a field and day of which there is no value."""
    for name, column in reader.values.items():
        lacking = np.isnan(column.values) & reader.on(column.slots, lacks.get(name, ()))
        reader.values[name] = column.where(~lacking)
    for one in reader.query.series:
        answered = {day for name, day in reader.told if name == one.field}
        fill_elapsed(reader.values, [one], answered, span=up_to(reader.now, reader.span), irish_stamps=True)


def _nothing(reader: _Reader) -> EmptyAnswer | NotYetPublished:
    query = reader.query
    asked = f"{query.area.name} {query.region} {query.first} to {query.last}"
    if anything_due(query, now=reader.now):
        fields = ", ".join(one.field for one in query.series)
        instead = f"; there are rows of {', '.join(sorted(reader.strangers))} only" if reader.strangers else ""
        return EmptyAnswer(f"{reader.interface}: no rows of {fields} for {asked}{instead}", interface=reader.interface)
    return NotYetPublished(f"{reader.interface}: nothing yet for {asked}", interface=reader.interface)
