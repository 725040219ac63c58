"""From the rows of an answer to readings: checked, in UTC, with the slots that a complete answer left out as nulls."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pandas as pd

from include.domain.calendar import (
    DAY,
    Interval,
    day_span,
    floor_slot,
    irish_day,
    second_pass,
    slots,
)
from include.domain.catalogue import QUARTER
from include.domain.errors import ContractBroken, EmptyAnswer, NotYetPublished
from include.domain.series import History, Series
from include.sources.eirgrid.query import Query, Row
from include.sources.eirgrid.stamps import instant_of, parse_stamp

BROKEN_SHARE = 0.1
"""A larger share of implausible values than this is no spike but another quantity."""


@dataclass(slots=True)
class _Reader:
    query: Query
    interface: str
    now: datetime
    values: dict[tuple[str, datetime], float | None] = field(default_factory=dict)
    days_seen: set[date] = field(default_factory=set)
    warnings: dict[str, int] = field(default_factory=dict)

    def warn(self, text: str) -> None:
        self.warnings[text] = self.warnings.get(text, 0) + 1

    def broken(self, text: str) -> ContractBroken:
        return ContractBroken(f"{self.interface}: {text}", interface=self.interface)


def read_rows(
    rows: Iterable[Row], query: Query, *, interface: str, now: datetime
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Readings (timestamp, field, value, fetched_at) and warnings.

    Raises EmptyAnswer where values must exist and there is no row, NotYetPublished where there need be none,
    ContractBroken for a row that upstream never wrote.
    """
    reader = _Reader(query, interface, now)
    seen = _take_rows(reader, rows)
    if not seen:
        raise _nothing(reader)
    _check_plausible(reader)
    _fill_elapsed(reader)
    return _frame(reader), tuple(f"{text} ({count} rows)" for text, count in reader.warnings.items())


def _take_rows(reader: _Reader, rows: Iterable[Row]) -> bool:
    series = {one.field: one for one in reader.query.series}
    passed: set[tuple[str, datetime]] = set()
    seen = False
    for row in rows:
        one = _series_of(reader, row, series)
        if one is None:
            continue
        seen = True
        value = _number(reader, row)
        slot = _slot(reader, row, one, passed)
        if slot is not None and _kept(reader, one, slot, value):
            key = (one.field, slot)
            if value is not None or key not in reader.values:
                reader.values[key] = value
    if not seen and reader.warnings:
        raise reader.broken(f"no row of {sorted(series)}: {'; '.join(reader.warnings)}")
    return seen


def _series_of(reader: _Reader, row: Row, series: dict[str, Series]) -> Series | None:
    name = row.field
    if name.startswith("*"):
        name = f"{reader.query.area.name.upper()}{name[1:]}"
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
    value = row.value
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise reader.broken(f"a value that is no number: {row.value!r:.60} of {row.field} at {row.stamp!r}")
    return float(value)


def _slot(reader: _Reader, row: Row, series: Series, passed: set[tuple[str, datetime]]) -> datetime | None:
    try:
        local = parse_stamp(row.stamp)
    except ValueError as error:
        raise reader.broken(f"an impossible date: {error}") from error
    query = reader.query
    if series.history is History.SNAPSHOT:
        # The stamp is the current quarter-hour, up to a slot ahead: a snapshot is never newer than its reading.
        slot = _nearest(local, reader.now)
        return min(floor_slot(slot, QUARTER), floor_slot(reader.now, QUARTER)) if slot else None
    if not query.first - DAY <= local.date() <= query.last + DAY:
        raise reader.broken(f"a row of {row.stamp!r}, asked for {query.first} to {query.last}")
    # October: a stamp that comes again is the second pass of the doubled hour.
    again = (row.field, local) in passed
    passed.add((row.field, local))
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
    if slot not in reader.query.span:
        return False
    reader.days_seen.add(irish_day(slot))
    if slot > reader.now:
        return series.future and value is not None
    return value is not None or series.history is History.FULL


def _check_plausible(reader: _Reader) -> None:
    for series in reader.query.series:
        values = [value for (name, _), value in reader.values.items() if name == series.field and value is not None]
        odd = [value for value in values if not series.plausible(value)]
        if len(odd) > max(2, BROKEN_SHARE * len(values)):
            raise reader.broken(
                f"{len(odd)} of {len(values)} values of {series.field} outside {series.low:g} to {series.high:g}"
                f" {series.unit}, such as {odd[0]:g}"
            )
        if odd:
            reader.warn(f"implausible {series.field} stored as sent: {', '.join(f'{one:g}' for one in odd)}")


def _fill_elapsed(reader: _Reader) -> None:
    """Null readings for elapsed slots of each answered day: asked for, and upstream had nothing."""
    span = reader.query.span
    for day in sorted(reader.days_seen):
        whole, lost = day_span(day), second_pass(day)
        part = Interval(max(whole.start, span.start), min(whole.end, span.end, reader.now + timedelta(microseconds=1)))
        for series in reader.query.series:
            if series.history is not History.FULL or day < series.first_day:
                continue
            for slot in _expected(series, part, lost):
                reader.values.setdefault((series.field, slot), None)


def _expected(series: Series, span: Interval, lost: Interval | None) -> Iterator[datetime]:
    return (slot for slot in slots(span, series.cadence) if lost is None or slot not in lost)


def _nothing(reader: _Reader) -> EmptyAnswer | NotYetPublished:
    query = reader.query
    due = [
        query.span.start + one.cadence + one.lag
        for one in query.series
        if one.history is not History.FUTURE_ONLY and query.last >= one.first_day
    ]
    asked = f"{query.area.name} {query.region} {query.first} to {query.last}"
    if due and min(due) <= reader.now:
        return EmptyAnswer(f"{reader.interface}: no rows for {asked}", interface=reader.interface)
    return NotYetPublished(f"{reader.interface}: nothing yet for {asked}", interface=reader.interface)


def _frame(reader: _Reader) -> pd.DataFrame:
    keys = sorted(reader.values)
    frame = pd.DataFrame(
        {
            "timestamp": pd.DatetimeIndex([slot for _, slot in keys], tz="UTC").as_unit("us"),
            "field": pd.Series([name for name, _ in keys], dtype="str"),
            "value": pd.Series([reader.values[key] for key in keys], dtype="float64"),
        }
    )
    frame["fetched_at"] = pd.Timestamp(reader.now).as_unit("us")
    return frame
