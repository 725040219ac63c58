"""What a readings file holds of a series, as runs: all that a gap scan needs, and short enough to be remembered."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from include.domain.calendar import HOUR, Interval, microseconds
from include.domain.catalogue import FROZEN_SLOTS, FROZEN_TOGETHER
from include.domain.gaps import Held, Stretch
from include.domain.series import Series
from include.storage.parquet import in_microseconds, named

Array = np.ndarray[Any, Any]

MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = 1_000_000
"""In microseconds."""
KINDS: Final = (Held.VALUE, Held.NULL, Held.UNSETTLED, Held.WITHHELD)
"""By their numbers. Remembered: only ever added to."""
METHOD: Final = 1
"""Counted up whenever the same rows give another digest than before."""
SOME: Final = -1
"""In the place of a kind, for an hour that lacks some of its rows."""


class Same(NamedTuple):
    """Steps in a row of which the same is held: slots, or hours of a 5-second series."""

    start: int
    """Seconds since 1970."""
    steps: int
    kind: int
    """Its place in KINDS, or SOME."""
    lacking: int = 0
    """How many slots of an hour have no value."""


class Flat(NamedTuple):
    """Steps in a row that all have this value, other than zero."""

    start: int
    """Seconds since 1970."""
    steps: int
    value: float


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a readings file as arrays."""

    fields: list[str]
    code: Array
    """Which of the fields each row is of."""
    slot: Array
    """In microseconds since 1970, as are the times of fetching."""
    value: Array
    """NaN: null."""
    fetched: Array

    @classmethod
    def read(cls, rows: pa.Table) -> "Rows":
        """Those of a table."""
        return cls(
            *named(rows),
            in_microseconds(rows["timestamp"]),
            rows["value"].to_numpy(),
            in_microseconds(rows["fetched_at"]),
        )

    def of(self, series: Series, inside: Interval | None) -> tuple[Array, Array, Array]:
        """Slots ascending, values and times of fetching of a series' rows, or of those that lie inside a span."""
        slot, value, fetched = self.slot, self.value, self.fetched
        if self.fields != [series.field]:
            mine = self.code == (self.fields.index(series.field) if series.field in self.fields else -1)
            slot, value, fetched = slot[mine], value[mine], fetched[mine]
        if (slot[1:] <= slot[:-1]).any():
            # No file that was merged; of a slot that is there twice, the row that stands last.
            order = np.argsort(slot, kind="stable")
            order = order[np.append(np.diff(slot[order]) > 0, True)]
            slot, value, fetched = slot[order], value[order], fetched[order]
        if inside is None:
            return slot, value, fetched
        start, end = np.searchsorted(slot, [microseconds(inside.start), microseconds(inside.end)])
        return slot[start:end], value[start:end], fetched[start:end]


@dataclass(frozen=True, slots=True)
class Digest:
    """What is held of one series, ascending."""

    same: list[Same]
    flat: list[Flat]
    """Those long enough to be no measurement, and the first and last of all: they may go on in the next file."""

    @classmethod
    def of(cls, series: Series, rows: Rows, *, inside: Interval | None = None) -> "Digest":
        """That of a file's rows, or of those that lie inside a span."""
        slot, value, fetched = rows.of(series, inside)
        if not len(slot):
            return cls([], [])
        return _by_hour(series, slot, value, fetched) if by_hour(series) else _by_slot(series, slot, value, fetched)

    @classmethod
    def from_lists(cls, told: Sequence[Sequence[Sequence[Any]]]) -> "Digest":
        """What `listed` was."""
        same, flat = told
        return cls(
            [Same(*map(int, one)) for one in same], [Flat(int(one[0]), int(one[1]), float(one[2])) for one in flat]
        )

    @property
    def listed(self) -> list[list[Any]]:
        """As JSON has it."""
        return [self.same, self.flat]


def by_hour(series: Series) -> bool:
    """Whether its slots are counted by the hour."""
    return series.check_step != series.cadence


def rules(series: Series) -> str:
    """What a digest depends on beside the rows, the way it is made included."""
    told = (series.field, series.cadence, series.history, series.settles_after, series.frozen_after, _least(series))
    return f"{METHOD} {KINDS} {told}"


def united(series: Series, parts: Iterable[Digest]) -> Digest:
    """One digest of several, with what goes on from one to the next in one."""
    step = _step(series)
    same: list[Same] = []
    flat: list[Flat] = []
    for part in parts:
        same += part.same
        flat += part.flat
    return Digest(
        list(_joined(sorted(same), partial(_one_same, step))), list(_joined(sorted(flat), partial(_one_flat, step)))
    )


def overlapping[Of](series: Series, parts: Mapping[Of, Digest]) -> set[Of]:
    """Files that tell of the same steps: they hold parts of the same, and only their rows can tell."""
    step = _step(series)
    ordered = sorted(
        (one.start, one.start + one.steps * step, place) for place, of in enumerate(parts) for one in parts[of].same
    )
    twice: set[int] = set()
    last, by = 0, -1
    for start, end, place in ordered:
        if start < last:
            twice |= {place, by}
        if end > last:
            last, by = end, place
    return {of for place, of in enumerate(parts) if place in twice}


def stretches(series: Series, digest: Digest, *, inside: Interval) -> list[Stretch]:
    """The same in the domain's words, cut to a span."""
    step = _step(series)
    return [
        Stretch(span, None if kind == SOME else KINDS[kind], lacking if by_hour(series) and lacking else None)
        for start, steps, kind, lacking in digest.same
        if (span := _cut(start, steps * step, inside)) is not None
    ]


def flats(series: Series, digest: Digest, *, inside: Interval) -> list[Interval]:
    """Where values other than zero stay the same for too long, cut to a span."""
    step, least = _step(series), 1 if by_hour(series) else _least(series)
    if least is None:
        return []
    cut = (_cut(one.start, one.steps * step, inside) for one in digest.flat)
    return [span for span in cut if span is not None and (span.end - span.start) // timedelta(seconds=step) >= least]


def with_withheld(series: Series, digest: Digest, withheld: Array) -> Digest:
    """A digest in which the nulls of these slots (microseconds since 1970, ascending) are told to be withheld."""
    step = _step(series)
    slot = np.concatenate([one.start + np.arange(one.steps) * step for one in digest.same] or [np.empty(0, dtype=int)])
    kind = np.repeat([one.kind for one in digest.same], [one.steps for one in digest.same])
    kind[(kind != KINDS.index(Held.VALUE)) & np.isin(slot, withheld // SECOND, assume_unique=True)] = KINDS.index(
        Held.WITHHELD
    )
    return Digest(_same(slot, kind, step), digest.flat)


def _by_slot(series: Series, slot: Array, value: Array, fetched: Array) -> Digest:
    step, null = _step(series), np.isnan(value)
    settled = fetched - slot >= series.settles_after // MICROSECOND
    kind = np.where(null, np.where(settled, KINDS.index(Held.NULL), KINDS.index(Held.UNSETTLED)), 0)
    least, seconds = _least(series), slot // SECOND
    flat: list[Flat] = []
    if least is not None:
        first, last = _runs(seconds, value, step)
        kept = last - first + 1 >= least
        kept[[0, -1]] = True
        kept &= (value[first] != 0) & ~null[first]
        flat = [Flat(*one) for one in zip(*_lists(seconds[first], last - first + 1, value[first], kept), strict=True)]
    return Digest(_same(seconds, kind, step), flat)


def _by_hour(series: Series, slot: Array, value: Array, fetched: Array) -> Digest:
    expected, step = HOUR // series.cadence, _step(series)
    numbers = slot[[0, -1]] // (step * SECOND)
    hour = np.arange(numbers[0], numbers[1] + 1)
    first = np.searchsorted(slot, hour * step * SECOND)
    rows = np.diff(first, append=len(slot))
    hour, first, rows = hour[rows > 0], first[rows > 0], rows[rows > 0]
    null = np.flatnonzero(np.isnan(value))
    early = fetched[null] - slot[null] < series.settles_after // MICROSECOND
    of = np.searchsorted(first, null, side="right") - 1
    lacking = expected - rows + np.bincount(of, minlength=len(rows))
    unsettled = np.bincount(of[early], minlength=len(rows)) > 0
    kind = np.where(unsettled, KINDS.index(Held.UNSETTLED), KINDS.index(Held.NULL))
    kind = np.where(lacking == 0, KINDS.index(Held.VALUE), np.where(rows < expected, SOME, kind))
    low, high = (how.reduceat(value, first) for how in (np.minimum, np.maximum))
    still = np.where((lacking == 0) & (low == high) & (low != 0), low, np.nan)
    begin, end = _runs(hour, still, 1)
    kept = ~np.isnan(still[begin])
    flat = [Flat(*one) for one in zip(*_lists(hour[begin] * step, end - begin + 1, still[begin], kept), strict=True)]
    # An hour that is not whole stands by itself.
    begin, end = _runs(hour, np.where(lacking == 0, -1, hour), 1)
    columns = (hour[begin] * step, end - begin + 1, kind[begin], lacking[begin])
    return Digest([Same(*one) for one in zip(*(column.tolist() for column in columns), strict=True)], flat)


def _same(seconds: Array, kind: Array, step: int) -> list[Same]:
    first, last = _runs(seconds, kind, step)
    columns = (seconds[first], last - first + 1, kind[first])
    return [Same(*one) for one in zip(*(column.tolist() for column in columns), strict=True)]


def _lists(*columns: Array) -> Iterator[list[Any]]:
    """All but the last column, of the elements for which the last one is true."""
    return (column[columns[-1]].tolist() for column in columns[:-1])


def _runs(slot: Array, kind: Array, step: int) -> tuple[Array, Array]:
    """First and last row of each run of adjacent slots of one kind; NaN is a kind of its own each time."""
    if not len(slot):
        return np.empty(0, dtype=int), np.empty(0, dtype=int)
    breaks = np.flatnonzero((np.diff(slot) != step) | (kind[1:] != kind[:-1]))
    return np.concatenate(([0], breaks + 1)), np.concatenate((breaks, [len(slot) - 1]))


def _joined[Run: (Same, Flat)](ordered: Iterable[Run], join: Callable[[Run, Run], Run | None]) -> Iterator[Run]:
    """Runs, with those made one that `join` makes one."""
    before: Run | None = None
    for one in ordered:
        both = None if before is None else join(before, one)
        if before is not None and both is None:
            yield before
        before = both or one
    if before is not None:
        yield before


def _one_same(step: int, before: Same, one: Same) -> Same | None:
    goes_on = one.start == before.start + before.steps * step and one.kind == before.kind
    # An hour that is not whole stands by itself.
    return (
        Same(before.start, before.steps + one.steps, one.kind) if goes_on and not one.lacking | before.lacking else None
    )


def _one_flat(step: int, before: Flat, one: Flat) -> Flat | None:
    goes_on = one.start == before.start + before.steps * step and one.value == before.value
    return Flat(before.start, before.steps + one.steps, one.value) if goes_on else None


def _step(series: Series) -> int:
    return int(series.check_step.total_seconds())


def _least(series: Series) -> int | None:
    """Slots in a row with one value that are no measurement; None: it may well stay the same."""
    if series.frozen_after is None:
        return None
    together = (series.area, series.field) in FROZEN_TOGETHER
    return FROZEN_SLOTS if together else series.frozen_after // series.cadence


def _cut(start: int, length: int, inside: Interval) -> Interval | None:
    first, end = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(start + length, UTC)
    if first >= inside.start and end <= inside.end:
        return Interval(first, end)
    first, end = max(first, inside.start), min(end, inside.end)
    return Interval(first, end) if first < end else None
