"""From an answer to what a source yields, as columns: numbers checked, gaps filled, odd values flagged, a table.

Instants are microseconds since 1970, nulls are NaN.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import NoneType
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from include.domain.calendar import Interval, day_span, days, from_microseconds, microseconds, second_passes
from include.domain.series import History, Series
from include.sources.values import LARGEST, number

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BROKEN_SHARE: Final = 0.1
"""A larger share of values far out of range than this is no spike but another quantity."""
# Text of these characters that float() takes is a number to `number` too.
_PLAIN: Final = re.compile(r"[-+.0-9]*", flags=re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """The readings of one field: a value, or NaN, for each of some slots, no slot twice."""

    slots: Ints
    values: Floats

    @classmethod
    def of(cls, slots: Ints, values: Floats) -> "Column":
        """What was sent of each slot, in the order of first sending: its last value, or a null when there was none."""
        if ascends(slots):
            return cls(slots, values)
        found, first, place = np.unique(slots, return_index=True, return_inverse=True)
        given, last = ~np.isnan(values), np.full(len(found), np.nan)
        last[place[given]] = values[given]
        order = np.argsort(first)
        return cls(found[order], last[order])

    def where(self, chosen: Bools) -> "Column":
        """The readings at these places."""
        return Column(self.slots[chosen], self.values[chosen])

    def sorted(self) -> "Column":
        """The same in the order of slots."""
        if ascends(self.slots):
            return self
        order = np.argsort(self.slots)
        return Column(self.slots[order], self.values[order])


Columns = dict[str, Column]
"""The readings of each field."""

NOTHING: Final = Column(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64))


def by_field(cells: Mapping[tuple[str, datetime], float | None]) -> Columns:
    """The readings of each field, in the order of these cells."""
    found: dict[str, tuple[list[int], list[float | None]]] = {}
    for (name, slot), value in cells.items():
        slots, values = found.setdefault(name, ([], []))
        slots.append(microseconds(slot))
        values.append(value)
    return {
        name: Column(np.array(slots, dtype=np.int64), np.array(values, dtype=np.float64))
        for name, (slots, values) in found.items()
    }


def ascends(instants: Ints) -> bool:
    """Whether each is later than the one before."""
    return bool((instants[1:] > instants[:-1]).all())


def numbers(column: Sequence[object] | Floats) -> Floats:
    """`number` of each value of a column; numbers with NaN for nulls may have been made of it before.

    ValueError when one of them is none.
    """
    if isinstance(column, np.ndarray):
        if not (np.isnan(column) | (np.abs(column) < LARGEST)).all():
            raise ValueError(f"a number beyond {LARGEST:g}")
        return column
    with suppress(ValueError, OverflowError):
        read, nulls = _plain_numbers(column), column.count(None)
        # NaN stands for a null here, but is no number when it was sent.
        missing = np.isnan(read)
        if missing.sum() == nulls and (missing | (np.abs(read) < LARGEST)).all():
            return read
    return np.array([math.nan if one is None else one for one in map(number, column)], dtype=np.float64)


def _plain_numbers(column: Sequence[object]) -> Floats:
    """A column without what only `number` can judge. ValueError or OverflowError when there is such a thing."""
    kinds = set(map(type, column))
    texts = column if kinds == {str} else [one for one in column if type(one) is str] if str in kinds else []
    if not kinds <= {int, float, str, NoneType} or not _PLAIN.fullmatch("".join(cast("Sequence[str]", texts))):
        raise ValueError("not plain")
    return np.array([float(one) if type(one) is str else one for one in column] if texts else column, dtype=np.float64)


def check_magnitude(values: Mapping[str, Column], series: Iterable[Series]) -> None:
    """ValueError when so many values are far out that they are of another quantity, such as kW for MW."""
    by_field = {one.field: one for one in series}
    together: dict[str, list[str]] = {}
    for name in values:
        # A snapshot has one value of each field: it is judged as a whole.
        together.setdefault("snapshot" if by_field[name].history is History.SNAPSHOT else name, []).append(name)
    for names in together.values():
        found = sum(int((~np.isnan(values[name].values)).sum()) for name in names)
        far = [
            (by_field[name], value)
            for name in names
            for _, value in _implausible(by_field[name], values[name])
            if by_field[name].far_out(value)
        ]
        if len(far) > max(2, BROKEN_SHARE * found):
            one, value = far[0]
            raise ValueError(
                f"{len(far)} of {found} values are far outside their range, such as {one.field} {value:g},"
                f" plausible: {one.low:g} to {one.high:g} {one.unit}"
            )


def _implausible(one: Series, column: Column) -> list[tuple[int, float]]:
    """The slots with a value that is not plausible, and it. What is far out is never plausible."""
    given = column.where(~np.isnan(column.values))
    # A range that holds the least and the greatest value holds all of them.
    if not len(given.values) or (one.plausible(given.values.min()) and one.plausible(given.values.max())):
        return []
    pairs = zip(given.slots.tolist(), given.values.tolist(), strict=True)
    return [(slot, value) for slot, value in pairs if not one.plausible(value)]


def fill_elapsed(
    values: Columns, series: Iterable[Series], answered: Iterable[date], *, span: Interval, irish_stamps: bool = False
) -> None:
    """Put a null for each slot of the span that the answer left out, on the Irish days that it holds rows of.

    "Left out of a complete answer" means that the publisher had nothing; no row at all would mean "never fetched". A
    publisher that writes Irish time without an offset cannot say the second pass of October's doubled hour: with
    `irish_stamps`, it is not filled.
    """
    ordered = sorted(answered)
    for one in series:
        due = _slots(
            [day for day in ordered if day >= one.first_day and one.history is History.FULL],
            one.cadence,
            span,
            irish_stamps=irish_stamps,
        )
        told = values.get(one.field, NOTHING)
        if len(due) and not np.array_equal(told.slots, due):
            slots, first = np.unique(np.concatenate([told.slots, due]), return_index=True)
            values[one.field] = Column(slots, np.concatenate([told.values, np.full(len(due), np.nan)])[first])


def _slots(answered: list[date], cadence: timedelta, span: Interval, *, irish_stamps: bool) -> Ints:
    """The slots of these days, which ascend, that lie in the span."""
    if not answered:
        return NOTHING.slots
    whole = day_span(answered[0], answered[-1])
    step, start, end = cadence // timedelta(microseconds=1), max(whole.start, span.start), min(whole.end, span.end)
    slots = np.arange(-(-microseconds(start) // step) * step, microseconds(end), step, dtype=np.int64)
    missing = set(days(answered[0], answered[-1])).difference(answered)
    left_out = [day_span(day) for day in missing]
    left_out += second_passes(whole) if irish_stamps else []
    for one in left_out:
        slots = slots[~within(slots, one)]
    return slots


def within(instants: Ints, span: Interval) -> Bools:
    """Which of these instants lie in the span."""
    return (instants >= microseconds(span.start)) & (instants < microseconds(span.end))


def flags(values: Mapping[str, Column], series: Iterable[Series]) -> list[tuple[datetime, str]]:
    """The implausible values, sorted by field and time: the slot of each, and what it is in a phrase."""
    by_field = {one.field: one for one in series}
    found = []
    for name in sorted(values):
        one = by_field[name]
        for at, value in sorted(_implausible(one, values[name])):
            slot = from_microseconds(at)
            seen = f"{name} {value:g} {one.unit} at {slot:%Y-%m-%dT%H:%M:%SZ}"
            found.append((slot, f"{seen}, plausible: {one.low:g} to {one.high:g}"))
    return found


def table(values: Mapping[str, Column], *, fetched_at: datetime) -> pa.Table:
    """Columns `timestamp` (UTC, µs), `field` (dictionary), `value` (double), `fetched_at` (UTC, µs).

    Sorted by field and time.
    """
    names = sorted(values)
    columns = [values[name].sorted() for name in names]
    slots = np.concatenate([NOTHING.slots, *(one.slots for one in columns)])
    places = np.repeat(np.arange(len(names), dtype=np.int32), [len(one.slots) for one in columns])
    return pa.table(
        {
            "timestamp": _instants(slots),
            "field": pa.DictionaryArray.from_arrays(places, pa.array(names, pa.string())),
            "value": pa.array(np.concatenate([NOTHING.values, *(one.values for one in columns)]), from_pandas=True),
            "fetched_at": _instants(np.full(len(slots), microseconds(fetched_at))),
        }
    )


def _instants(found: Ints) -> pa.Array:
    return pa.Array.from_buffers(pa.timestamp("us", tz="UTC"), len(found), [None, pa.py_buffer(found)])
