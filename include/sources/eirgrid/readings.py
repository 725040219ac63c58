"""From the rows of an answer to readings: checked, in UTC, with the slots that a complete answer left out as nulls."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import pandas as pd

from include.domain.calendar import DAY, Interval, day_span, days, floor_slot, irish_day
from include.domain.catalogue import NEVER_RECORDED, QUARTER
from include.domain.errors import ContractBroken, EmptyAnswer, NotYetPublished
from include.domain.series import History, Series
from include.sources.eirgrid.passes import Stamped, in_passes, is_doubled
from include.sources.eirgrid.query import Query, Row
from include.sources.eirgrid.stamps import instant_of, parse_stamp
from include.sources.values import Values, check_magnitude, fill_elapsed, flags, frame, number, up_to

OLDEST_SNAPSHOT: Final = 31 * DAY
"""How old the stamp of a snapshot may be; it is said to be of now, but has stood still for days."""

Lacks = Mapping[str, frozenset[date]]
"""Irish days by field."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What an answer holds."""

    df: pd.DataFrame
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
    values: Values = field(default_factory=dict)
    told: set[tuple[str, date]] = field(default_factory=set)
    """(field, day) of every row that counts: of an interface that was never recorded, of rows with a value."""
    days_seen: set[date] = field(default_factory=set)
    undecided: set[tuple[str, datetime | None]] = field(default_factory=set)
    """(field, slot) that has a value, but it cannot be told which: no null may stand there."""
    strangers: set[str] = field(default_factory=set)
    """Fields of the area that were not asked for."""
    warnings: Counter[str] = field(default_factory=Counter)

    span: Interval = field(init=False)
    """The query's, worked out once and not per row."""

    def __post_init__(self) -> None:
        self.span = self.query.span

    @property
    def trusted(self) -> bool:
        """Whether a null of this interface is upstream's word. The contract of one never recorded is guessed."""
        return self.interface not in NEVER_RECORDED

    def warn(self, text: str, *, rows: int = 1) -> None:
        self.warnings[text] += rows

    def broken(self, text: str) -> ContractBroken:
        return ContractBroken(f"{self.interface}: {text}", interface=self.interface)


def read_rows(rows: Iterable[Row], query: Query, *, interface: str, now: datetime) -> Readings:
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
    for key in [key for key, value in reader.values.items() if value is None and key in reader.undecided]:
        del reader.values[key]
    warnings = tuple(f"{text} ({count} rows)" for text, count in reader.warnings.items())
    flagged = tuple(flags(reader.values, query.series))
    return Readings(frame(reader.values, fetched_at=now), warnings, flagged, lacks, unknown)


def anything_due(query: Query, *, now: datetime) -> bool:
    """Whether upstream must have some value by now."""
    return any(_due(one, query, query.span, now=now) for one in query.series if query.last >= one.first_day)


def _due(one: Series, query: Query, span: Interval, *, now: datetime) -> bool:
    if one.history is History.FUTURE_ONLY:
        # Only what is left of today is certain to be forecast.
        today = irish_day(now)
        return query.first <= today <= query.last and now + one.cadence < day_span(today).end
    return one.due(span.start) <= now


def _take_rows(reader: _Reader, rows: Iterable[Row]) -> bool:
    """Keep what the rows hold; whether there was any row of a field asked for."""
    by_field: dict[str, list[Stamped]] = {}
    asked = {one.field: one for one in reader.query.series}
    for row in rows:
        one = _series_of(reader, row, asked)
        if one is not None:
            stamped = Stamped(_stamp(reader, row, one), _number(reader, row))
            by_field.setdefault(one.field, []).append(stamped)
    if not by_field and reader.warnings:
        raise reader.broken(f"no row of {sorted(asked)}: {'; '.join(reader.warnings)}")
    for name, stamps in by_field.items():
        for slot, value in _instants(reader, asked[name], stamps):
            _keep(reader, asked[name], slot, value)
    return bool(by_field)


def _series_of(reader: _Reader, row: Row, asked: Mapping[str, Series]) -> Series | None:
    name = row.field
    if row.region is not None and row.region not in _regions(reader.query):
        raise reader.broken(f"a row of region {row.region!r}, asked for {reader.query.region}")
    if name in asked:
        return asked[name]
    if name in {one.field for one in reader.query.area.series}:
        reader.strangers.add(name)
    else:
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


def _instants(reader: _Reader, series: Series, stamps: list[Stamped]) -> Iterator[tuple[datetime, float | None]]:
    """The slots of a field's rows."""
    if series.history is History.SNAPSHOT:
        for one in stamps:
            nearest = _nearest(one.local, reader.now)
            if nearest:
                # A snapshot is never newer than its reading.
                yield min(floor_slot(nearest, QUARTER), floor_slot(reader.now, QUARTER)), one.value
        return
    grid = min(series.cadence, QUARTER)
    for one, again in in_passes(stamps, warn=lambda text: reader.warn(f"{series.field}: {text}")):
        if again is None:
            reader.warn(f"{series.field} of October's doubled hour, whose passes cannot be told apart, left out")
            reader.undecided |= {
                (series.field, instant_of(one.local)),
                (series.field, instant_of(one.local, second_pass=True)),
            }
            continue
        slot = instant_of(one.local, second_pass=again)
        if slot is None:
            if one.value is not None:
                reader.warn("values of the hour that the spring change skips left out")
            continue
        if floor_slot(slot, grid) != slot:
            raise reader.broken(f"{one.local:%d-%b-%Y %H:%M:%S} is off the grid of {series.field} ({grid})")
        yield slot, one.value


def _nearest(local: datetime, now: datetime) -> datetime | None:
    """The instant of a stamp that means now. October: 01:00 happens twice, and the clock tells which it is."""
    passes = (instant_of(local), instant_of(local, second_pass=True) if is_doubled(local) else None)
    return min((one for one in passes if one), key=lambda one: abs(one - now), default=None)


def _keep(reader: _Reader, series: Series, slot: datetime, value: float | None) -> None:
    if series.history is History.SNAPSHOT:
        kept = value is not None
    elif slot not in reader.span:
        return
    else:
        day = irish_day(slot)
        reader.days_seen.add(day)
        if value is not None or reader.trusted:
            reader.told.add((series.field, day))
        kept = value is not None or (slot <= reader.now and series.history is History.FULL)
        kept = kept and (slot <= reader.now or series.future)
    key = (series.field, slot)
    if kept and (value is not None or key not in reader.values):
        reader.values[key] = value


def _lacks(reader: _Reader) -> Lacks:
    """The days, by field, that are due and that the answer passes over."""
    query = reader.query
    spans = {day: day_span(day) for day in days(query.first, query.last)}
    found: dict[str, frozenset[date]] = {}
    for one in query.series:
        if one.history is not History.FULL or one.optional:
            continue
        missed = frozenset(
            day
            for day, span in spans.items()
            if day >= one.first_day
            and span.end > reader.span.start
            and (one.field, day) not in reader.told
            and _due(one, query, Interval(max(span.start, reader.span.start), span.end), now=reader.now)
        )
        if missed:
            found[one.field] = missed
    return found


def _fill_where_told(reader: _Reader, lacks: Lacks) -> None:
    """Nulls for what is left out, but not of a field and day of which there is no value."""
    for (name, slot), value in list(reader.values.items()):
        if value is None and irish_day(slot) in lacks.get(name, ()):
            del reader.values[name, slot]
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
